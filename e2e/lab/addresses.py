"""python3 e2e/lab/addresses.py > examples/online-boutique/addresses.json

1,000 fixed addresses, each with its class, so that a test can measure the width of every ipBlock of a draft. The same
bytes on every run. The ranges are written down here from IANA's registries and checked against Python's own ipaddress
module; nothing is shared with the product's tables, so that one mistake cannot hide another.
"""

import ipaddress
import json
import random

COUNT = 1000
SEED = 20261121

# iana.org/assignments/iana-ipv4-special-registry and iana-ipv6-special-registry; True: globally reachable. Multicast has
# registries of its own; it stands here because no unicast connection goes there.
SPECIAL = {
    "0.0.0.0/8": False, "100.64.0.0/10": False, "127.0.0.0/8": False, "169.254.0.0/16": False,
    "192.0.0.0/24": False, "192.0.0.9/32": True, "192.0.0.10/32": True, "192.0.0.170/31": False,
    "192.0.2.0/24": False, "192.31.196.0/24": True, "192.52.193.0/24": True, "192.88.99.0/24": True,
    "192.175.48.0/24": True, "198.18.0.0/15": False, "198.51.100.0/24": False, "203.0.113.0/24": False,
    "224.0.0.0/4": True, "240.0.0.0/4": False, "255.255.255.255/32": False,
    "::/128": False, "::1/128": False, "64:ff9b::/96": True, "64:ff9b:1::/48": False,
    "100::/64": False, "100:0:0:1::/64": False, "2001::/23": False, "2001:1::1/128": True, "2001:1::2/128": True,
    "2001:1::3/128": True, "2001:2::/48": False, "2001:3::/32": True, "2001:4:112::/48": True, "2001:10::/28": False,
    "2001:20::/28": True, "2001:30::/28": True, "2001:db8::/32": False, "2002::/16": True, "2620:4f:8000::/48": True,
    "3fff::/20": False, "5f00::/16": False, "fe80::/10": False, "ff00::/8": True,
}
PRIVATE = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"]
CLUSTER = ["10.244.0.0/16", "10.96.0.0/16", "fd00:244::/32", "fd00:96::/112"]
POD_RANGES = ["10.244.1.0/24", "10.244.2.0/24", "fd00:244:1::/64", "fd00:244:2::/64"]
NODES = ["192.168.100.1", "192.168.100.2", "fd00:100::1", "fd00:100::2"]
# 168.63.129.16 (Azure) lies in public space and 100.100.100.200 (Alibaba Cloud) in shared space: no range tells them.
METADATA = ["169.254.169.254", "fd00:ec2::254", "168.63.129.16", "100.100.100.200"]
OUTSIDE = ["192.168.100.50", "192.168.100.25", "192.168.100.53", "93.184.215.14", "fd00:100::50", "192.168.100.10"]
SERVICES = [
    "10.96.0.1", "10.96.0.10", "10.96.12.31", "10.96.44.7", "10.96.80.154", "10.96.201.66", "10.96.9.90",
    "10.96.150.3", "10.96.150.4", "10.96.33.218", "10.96.71.12", "10.96.118.40", "10.96.5.179", "10.96.62.25",
    "fd00:96::62:19", "10.96.0.11", "10.96.20.25", "10.96.20.32", "10.96.20.88",
]
LOCAL_DNS = ["169.254.20.10"]
# The only unicast space IANA has opened; what lies beyond it and is no special range belongs to no class and is left out.
GLOBAL_UNICAST = ["0.0.0.0/0", "2000::/3"]


def within(address, ranges):
    return any(address in ipaddress.ip_network(one) for one in ranges)


def class_of(address):
    """The class of an address; None for unassigned IPv6 space, and for IPv4-mapped addresses: a packet has no such form."""
    if address.version == 6 and address.ipv4_mapped:
        return None
    if str(address) in METADATA:
        return "metadata"
    if str(address) in NODES:
        return "node"
    if within(address, CLUSTER):
        return "cluster"
    if within(address, PRIVATE):
        return "private-lan"
    if within(address, SPECIAL):
        return "special"
    return "public" if within(address, GLOBAL_UNICAST) else None


def is_reachable_special(address):
    """Whether the narrowest special range of an address is marked as globally reachable."""
    holding = [ipaddress.ip_network(one) for one in SPECIAL if address in ipaddress.ip_network(one)]
    return SPECIAL[str(max(holding, key=lambda one: one.prefixlen))]


def check(address, kind):
    """Python's module must agree. Versions of it that lack a younger range call that global."""
    if kind == "public":
        assert address.is_global and not address.is_multicast and not address.is_reserved, address
    if kind in ("private-lan", "cluster", "node"):
        assert address.is_private and not address.is_global, address
    younger = ["192.0.0.0/24", "3fff::/20", "5f00::/16", "64:ff9b:1::/48", "100:0:0:1::/64"]
    if kind == "special" and address.is_global and not within(address, younger):
        assert is_reachable_special(address), address


def shifted(address, by):
    number = int(address) + by
    if not 0 <= number < 2**address.max_prefixlen:
        return None
    return type(address)(number)


def candidates():
    """Every address of interest, then random ones without end."""
    parse = ipaddress.ip_address
    for one in NODES + METADATA + OUTSIDE + SERVICES + LOCAL_DNS:
        for by in (0, -1, 1):
            yield shifted(parse(one), by)
    for one in NODES + OUTSIDE:
        for by in (-3, -2, 2, 3, 4, 8, 16, 64):
            yield shifted(parse(one), by)
    for one in list(SPECIAL) + PRIVATE + CLUSTER + POD_RANGES + ["192.168.100.0/24", "fd00:100::/64"]:
        network = ipaddress.ip_network(one)
        for end, steps in ((network[0], (-2, -1, 0, 1)), (network[-1], (-1, 0, 1, 2))):
            for by in steps:
                yield shifted(end, by)
    for node in (1, 2):
        for last in [*range(1, 20), *range(192, 199)]:
            yield parse(f"10.244.{node}.{last}")
            yield parse(f"fd00:244:{node}::{last:x}")
    source = random.Random(SEED)
    for one in PRIVATE * 12 + list(SPECIAL):
        network = ipaddress.ip_network(one)
        yield network[source.randrange(network.num_addresses)]
    while True:
        yield ipaddress.IPv4Address(source.getrandbits(32))
        yield ipaddress.IPv6Address((1 << 125) | source.getrandbits(125))


def main():
    chosen = {}
    for address in candidates():
        kind = None if address is None else class_of(address)
        if kind is None or address in chosen:
            continue
        check(address, kind)
        row = {"address": str(address), "class": kind}
        if kind == "special" and is_reachable_special(address):
            row["note"] = "special-purpose by its registry, though globally reachable"
        chosen[address] = row
        if len(chosen) == COUNT:
            break
    rows = sorted(chosen, key=lambda one: (one.version, int(one)))
    print("[\n" + ",\n".join(" " + json.dumps(chosen[one]) for one in rows) + "\n]")


main()
