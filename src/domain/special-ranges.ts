/**
 * Address ranges that are not the public internet, from IANA's special-purpose registries
 * (iana-ipv4-special-registry, iana-ipv6-special-registry; RFC 6890 and its updates), plus multicast
 * and the addresses at which clouds serve instance metadata and node services.
 */
import { cidr, cidrContains } from './cidr.ts';
import type { Cidr } from './cidr.ts';
import { familyOf } from './ip.ts';
import type { IpAddress } from './ip.ts';

/** RFC 1918 and RFC 4193: addresses inside an organisation, drafted exactly rather than as "public". */
const LOCAL_NETWORKS = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7'];

const SPECIAL_PURPOSE = [
  '0.0.0.0/8', // "this network", RFC 791
  '100.64.0.0/10', // shared address space, RFC 6598 (holds Alibaba's metadata 100.100.100.200)
  '127.0.0.0/8', // loopback, RFC 1122
  '169.254.0.0/16', // link local, RFC 3927 (holds metadata 169.254.169.254 and node-local DNS)
  '192.0.0.0/24', // IETF protocol assignments, RFC 6890 (holds Oracle's metadata 192.0.0.192)
  '192.0.2.0/24', // documentation, RFC 5737
  '192.31.196.0/24', // AS112-v4, RFC 7535
  '192.52.193.0/24', // AMT, RFC 7450
  '192.88.99.0/24', // deprecated 6to4 relay anycast, RFC 7526
  '192.175.48.0/24', // direct delegation AS112, RFC 7534
  '198.18.0.0/15', // benchmarking, RFC 2544
  '198.51.100.0/24', // documentation, RFC 5737
  '203.0.113.0/24', // documentation, RFC 5737
  '224.0.0.0/4', // multicast, RFC 5771
  '240.0.0.0/4', // reserved, RFC 1112, and limited broadcast
  '168.63.129.16/32', // Azure's node services: inside public space, yet served by the host
];

/** IPv6: only 2000::/3 is global unicast; these are the special blocks inside it. */
const SPECIAL_IN_GLOBAL_V6 = [
  '2001::/23', // IETF protocol assignments, RFC 2928 (Teredo, benchmarking, ORCHID)
  '2001:db8::/32', // documentation, RFC 3849
  '2002::/16', // 6to4, RFC 3056
  '2620:4f:8000::/48', // direct delegation AS112, RFC 7534
  '3fff::/20', // documentation, RFC 9637
];

/** IPv4 addresses by a translator: a short prefix is all of IPv4. */
const TRANSLATED = [
  '64:ff9b::/96', // RFC 6052
  '64:ff9b:1::/48', // the same within an organisation, RFC 8215
];

/** Reached by a node of its own cloud alone, or standing for quite another address: nothing is told of one by its neighbour. */
const UNLIKE_THEIR_NEIGHBOURS = [
  '169.254.0.0/16', // link local: metadata of most clouds, of AWS's tasks and pods, node-local DNS
  'fe80::/10', // link local: metadata of OpenStack
  '100.100.100.200/32', // Alibaba's metadata
  '168.63.129.16/32', // Azure's node services
  '192.0.0.0/24', // Oracle's metadata 192.0.0.192
  'fd00:ec2::/32', // AWS's metadata, pod identity, DNS and time over IPv6
  'fd20:ce::254/128', // Google's metadata
  'fd00:c1::a9fe:a9fe/128', // Oracle's metadata
  'fd00:100::100:200/128', // Alibaba's metadata
  'fd00:42::42/128', // Scaleway's metadata
  'fd00:a9fe:a9fe::1/128', // Akamai's metadata
  ...TRANSLATED,
];

const localNetworks = LOCAL_NETWORKS.map(cidr);
const unlikeTheirNeighbours: readonly Cidr[] = UNLIKE_THEIR_NEIGHBOURS.map(cidr);
const specialV4: readonly Cidr[] = [...LOCAL_NETWORKS, ...SPECIAL_PURPOSE]
  .map(cidr)
  .filter((block) => block.family === 4);
const specialV6: readonly Cidr[] = SPECIAL_IN_GLOBAL_V6.map(cidr);
const globalV6 = cidr('2000::/3');
const linkLocal = ['169.254.0.0/16', 'fe80::/10'].map(cidr);
const loopback = ['127.0.0.0/8', '::1/128'].map(cidr);
const translated = TRANSLATED.map(cidr);
const groups = ['224.0.0.0/4', '255.255.255.255/32', 'ff00::/8'].map(cidr);

export type AddressScope = 'loopback' | 'link-local' | 'group' | 'local-network' | 'special' | 'public';

/** What kind of place an address is. `group` is multicast or broadcast; `special` is any other non-public range. */
export function scopeOf(address: IpAddress): AddressScope {
  if (within(loopback, address)) return 'loopback';
  if (within(linkLocal, address)) return 'link-local';
  if (within(groups, address)) return 'group';
  if (within(localNetworks, address)) return 'local-network';
  const isPublic =
    familyOf(address) === 4
      ? !within(specialV4, address)
      : cidrContains(globalV6, address) && !within(specialV6, address);
  return isPublic ? 'public' : 'special';
}

/**
 * The public internet of one family as a block and what must be cut out of it: for IPv4 everything less
 * the special ranges, for IPv6 global unicast less the special ranges inside it.
 */
export function publicSpace(family: 4 | 6): { readonly block: Cidr; readonly except: readonly Cidr[] } {
  return family === 4
    ? { block: cidr('0.0.0.0/0'), except: specialV4 }
    : { block: globalV6, except: specialV6 };
}

/**
 * Ranges of which each address is a place of its own: link-local ones, those of cloud metadata, and IPv4 addresses as a
 * translator writes them. A prefix over some of them would allow others that have nothing to do with them.
 */
export function standsAlone(address: IpAddress): boolean {
  return within(unlikeTheirNeighbours, address);
}

/** Whether it is an IPv4 address as a translator writes it for hosts that speak IPv6 only (RFC 6052, RFC 8215). */
export function isTranslated(address: IpAddress): boolean {
  return within(translated, address);
}

/** The ranges of `standsAlone`. */
export function rangesOfLoners(): readonly Cidr[] {
  return unlikeTheirNeighbours;
}

function within(blocks: readonly Cidr[], address: IpAddress): boolean {
  return blocks.some((block) => cidrContains(block, address));
}
