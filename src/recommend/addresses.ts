/** Addresses that are no pods, as ipBlocks no wider than the contract allows (DESIGN section 6, "Outside out"). */
import {
  aggregateCidrs,
  cidrContains,
  cidrOf,
  compareCidrs,
  formatCidr,
  parseCidr,
  spanningCidr,
} from '../domain/cidr.ts';
import type { Cidr } from '../domain/cidr.ts';
import { compareIps, familyOf, widthOf } from '../domain/ip.ts';
import type { IpAddress, IpFamily } from '../domain/ip.ts';
import { publicSpace, scopeOf } from '../domain/special-ranges.ts';
import type { IpBlock } from '../netpol/policy.ts';
import type { ClusterInfo } from './cluster.ts';
import { ownAddressesOf } from './policy-world.ts';
import { RangeIndex } from './range-index.ts';

/** Up to this many addresses stay exact; more are read by nobody. */
const MAX_EXACT_ADDRESSES = 8;
/** No prefix wider than this is drafted from addresses that were seen. IPv6: one LAN (RFC 4291 section 2.5.4). */
const WIDEST_PREFIX: Readonly<Record<IpFamily, number>> = { 4: 24, 6: 64 };

/** Ranges of pods and Services: declared ones, and every address known to be one. */
export function podAndServiceRanges(cluster: ClusterInfo): RangeIndex {
  const single = [
    ...cluster.services.flatMap((service) => service.clusterIps),
    ...cluster.workloads
      .flatMap((workload) => workload.pods.filter((pod) => !pod.hostNetwork))
      .flatMap((pod) => pod.ips),
  ];
  return new RangeIndex([
    ...single.map((ip) => cidrOf(ip)),
    ...cluster.nodes.flatMap((node) => node.podCidrs),
  ]);
}

/** Every range of the cluster: pods, Services, nodes and API servers. */
export function clusterRanges(cluster: ClusterInfo, podsAndServices: RangeIndex): RangeIndex {
  const hosts = [...cluster.nodes.flatMap(ownAddressesOf), ...cluster.apiServers.map((each) => each.ip)];
  return new RangeIndex([...podsAndServices.ranges, ...hosts.map((ip) => cidrOf(ip))]);
}

/** Every address by itself. */
export function exactBlocks(addresses: readonly IpAddress[]): IpBlock[] {
  return [...new Set(addresses)].toSorted(compareIps).map((ip) => ({ cidr: formatCidr(cidrOf(ip)) }));
}

/**
 * Blocks for addresses seen: exact up to 8, else per /24 (/64) the smallest prefix over them. A prefix that
 * would reach into `forbidden` falls back to the exact addresses in it.
 */
export function blocksOfSeen(addresses: readonly IpAddress[], forbidden: RangeIndex): IpBlock[] {
  const distinct = [...new Set(addresses)];
  return distinct.length <= MAX_EXACT_ADDRESSES ? exactBlocks(distinct) : prefixBlocks(distinct, forbidden);
}

/** As `blocksOfSeen`, but null where a prefix would reach into `forbidden`. */
export function freeBlocksOfSeen(addresses: readonly IpAddress[], forbidden: RangeIndex): IpBlock[] | null {
  const distinct = [...new Set(addresses)];
  if (distinct.length <= MAX_EXACT_ADDRESSES) return exactBlocks(distinct);
  const prefixes = prefixesOver(distinct);
  if (prefixes.some(({ block, over }) => reaches(block, forbidden, over))) return null;
  return printed(prefixes.map(({ block }) => block));
}

/** Per /24 (/64) the smallest prefix over the addresses, or the addresses where it would reach into `forbidden`. */
export function prefixBlocks(addresses: readonly IpAddress[], forbidden: RangeIndex): IpBlock[] {
  const blocks = prefixesOver([...new Set(addresses)]).flatMap(({ block, over }) =>
    reaches(block, forbidden, over) ? over.map((ip) => cidrOf(ip)) : [block],
  );
  return printed(blocks);
}

/** All public addresses of these families, less every special-purpose range and every range of this cluster. */
export function anyButPrivate(families: readonly IpFamily[], ranges: RangeIndex): IpBlock[] {
  return families
    .toSorted((a, b) => a - b)
    .map((family) => {
      const { block, except } = publicSpace(family);
      const inside = ranges.overlapping(block).filter((range) => range.length > block.length);
      return { cidr: formatCidr(block), except: aggregateCidrs([...except, ...inside]).map(formatCidr) };
    });
}

export function isPublic(address: IpAddress): boolean {
  return scopeOf(address) === 'public';
}

export function familiesOf(addresses: readonly IpAddress[]): IpFamily[] {
  return [...new Set(addresses.map(familyOf))];
}

/** Whether a block of a draft holds the address. */
export function blockHolds(block: IpBlock, address: IpAddress): boolean {
  const holds = (text: string): boolean => {
    const parsed = parseCidr(text);
    return parsed !== null && cidrContains(parsed, address);
  };
  return holds(block.cidr) && !(block.except ?? []).some(holds);
}

function prefixesOver(addresses: readonly IpAddress[]): { block: Cidr; over: IpAddress[] }[] {
  const byNetwork = Map.groupBy(addresses, (ip) => formatCidr(cidrOf(ip, WIDEST_PREFIX[familyOf(ip)])));
  return [...byNetwork.values()].map((over) => ({ block: spanningCidr(over), over }));
}

/** Whether a block would allow addresses of a range beyond those that were seen themselves. */
function reaches(block: Cidr, forbidden: RangeIndex, seen: readonly IpAddress[]): boolean {
  if (block.length === widthOf(block.family)) return false;
  return forbidden
    .overlapping(block)
    .some((range) => range.length < widthOf(range.family) || !seen.some((ip) => cidrContains(range, ip)));
}

function printed(blocks: readonly Cidr[]): IpBlock[] {
  return blocks.toSorted(compareCidrs).map((block) => ({ cidr: formatCidr(block) }));
}
