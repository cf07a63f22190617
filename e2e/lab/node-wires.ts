// The wires of pods that are not on a routed veth: on their node's bridge, or behind a second pass through conntrack.
import { DNS_ADDRESS, LOCAL_DNS_ADDRESS } from './world.ts';
import { runIn, run } from './shell.ts';
import type { PodAddresses, Topology } from './topology.ts';
import { NODES } from './world.ts';
import type { NodeName } from './world.ts';

const BRIDGE = 'pods0';

/** The conntrack zone of the pod with two entries, and its interfaces: towards the pod, and the pair that leads back into the node. */
export const SECOND_ZONE = { zone: 7, interfaces: ['vzone', 'zin'] } as const;

/** The last /26 of a node's pod range lies on its bridge: 10.244.1.192 for 10.244.1.0/24. */
export function bridgeAddresses(node: NodeName, number: number): PodAddresses {
  const { podRangeV4, podRangeV6 } = NODES[node];
  const last = 194 + number;
  return {
    ipv4: podRangeV4.replace(/\.0\/24$/, `.${last}`),
    ipv6: podRangeV6.replace(/::\/64$/, `::b:${last.toString(16)}`),
  };
}

/** The IPv4 address of a node on its bridge. */
export function bridgeAddress(node: NodeName): string {
  return gateways(node).ipv4;
}

/**
 * Makes a node's bridge, which has the first address of the pod range, as bridge CNIs give it. Frames between its pods pass
 * the node's IPv4 and IPv6 hooks, as kubelet's documentation asks of a bridge.
 */
export function addBridge(topology: Topology, node: NodeName): void {
  const { podRangeV4, podRangeV6 } = NODES[node];
  const gateway = gateways(node);
  topology.ip(node, [
    `link add ${BRIDGE} type bridge`,
    `link set ${BRIDGE} up`,
    `addr add ${gateway.ipv4}/32 dev ${BRIDGE}`,
    `route add ${podRangeV4.replace(/\.0\/24$/, '.192/26')} dev ${BRIDGE} src ${gateway.ipv4}`,
    `-6 addr add ${gateway.ipv6}/128 dev ${BRIDGE} nodad`,
    `-6 route add ${podRangeV6.replace(/::\/64$/, '::b:0/112')} dev ${BRIDGE}`,
  ]);
  runIn(topology.namespace(node), 'sysctl', [
    '-qw',
    'net.bridge.bridge-nf-call-iptables=1',
    'net.bridge.bridge-nf-call-ip6tables=1',
  ]);
}

/** Gives a node the addresses of its DNS cache, on a bridge without ports: no packet ever leaves by it. */
export function addLocalDns(topology: Topology, node: NodeName): void {
  topology.ip(node, [
    'link add nodelocaldns type bridge',
    'link set nodelocaldns up',
    ...[LOCAL_DNS_ADDRESS, DNS_ADDRESS].map((each) => `addr add ${each}/32 dev nodelocaldns`),
  ]);
}

/** Makes a pod on the bridge of its node. */
export function addBridgePod(
  topology: Topology,
  name: string,
  { node, addresses, port }: { node: NodeName; addresses: PodAddresses; port: string },
): void {
  const gateway = gateways(node);
  addVeth(topology, name, { node, port });
  topology.ip(node, [`link set ${port} master ${BRIDGE} up`]);
  topology.ip(name, [
    'link set eth0 up',
    `addr add ${addresses.ipv4}/26 dev eth0`,
    `route add ${gateway.ipv4}/32 dev eth0`,
    `route add default via ${gateway.ipv4}`,
    `-6 addr add ${addresses.ipv6}/112 dev eth0 nodad`,
    `-6 route add ${gateway.ipv6}/128 dev eth0`,
    `-6 route add default via ${gateway.ipv6} dev eth0`,
  ]);
}

/**
 * Makes a pod whose packets pass its node's conntrack twice, as with Open vSwitch: from its interface they are routed in one
 * zone into a veth pair, and come out of it into the same node in the ordinary zone. One connection is two entries. IPv4 only.
 */
export function addTwoZonePod(
  topology: Topology,
  name: string,
  { node, addresses }: { node: NodeName; addresses: PodAddresses },
): void {
  const [towardsPod, inner] = SECOND_ZONE.interfaces;
  const ends = { inner: '169.254.77.1', outer: '169.254.77.2' };
  const hardware = { inner: '02:00:00:00:77:01', outer: '02:00:00:00:77:02' };
  addVeth(topology, name, { node, port: towardsPod });
  topology.ip(node, [
    `link add ${inner} address ${hardware.inner} type veth peer name zout address ${hardware.outer}`,
    ...[towardsPod, inner, 'zout'].map((each) => `link set ${each} up`),
    `addr add 169.254.1.1/32 dev ${towardsPod} scope link`,
    `neigh add ${ends.outer} lladdr ${hardware.outer} dev ${inner} nud permanent`,
    `neigh add ${ends.inner} lladdr ${hardware.inner} dev zout nud permanent`,
    `route add default via ${ends.outer} dev ${inner} onlink table 107`,
    `route add ${addresses.ipv4}/32 dev ${towardsPod} table 108`,
    `route add ${addresses.ipv4}/32 via ${ends.inner} dev zout onlink src ${NODES[node].ipv4}`,
    `rule add iif ${towardsPod} lookup 107`,
    `rule add iif ${inner} lookup 108`,
  ]);
  topology.ip(name, [
    'link set eth0 up',
    `addr add ${addresses.ipv4}/32 dev eth0`,
    'route add 169.254.1.1/32 dev eth0',
    'route add default via 169.254.1.1',
    `-6 addr add ${addresses.ipv6}/128 dev eth0 nodad`,
  ]);
}

function gateways(node: NodeName): PodAddresses {
  const { podRangeV4, podRangeV6 } = NODES[node];
  return {
    ipv4: podRangeV4.replace(/\.0\/24$/, '.1'),
    ipv6: podRangeV6.replace(/::\/64$/, '::1'),
  };
}

function addVeth(topology: Topology, name: string, { node, port }: { node: NodeName; port: string }): void {
  topology.addNamespace(name);
  const ends = ['netns', topology.namespace(name), 'type', 'veth', 'peer', 'name', port, 'netns'];
  run('ip', ['link', 'add', 'eth0', ...ends, topology.namespace(node)]);
}
