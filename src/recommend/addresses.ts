/** Addresses that are no pods, as ipBlocks no wider than the contract allows (DESIGN section 6, "Outside out"). */
import {
  aggregateCidrs,
  cidrContains,
  cidrCovers,
  cidrOf,
  cidrsOverlap,
  compareCidrs,
  formatCidr,
  spanningCidr,
} from '../domain/cidr.ts';
import type { Cidr } from '../domain/cidr.ts';
import { compareIps, familyOf, widthOf } from '../domain/ip.ts';
import type { IpAddress, IpFamily } from '../domain/ip.ts';
import { publicSpace, scopeOf } from '../domain/special-ranges.ts';
import type { IpBlock } from '../netpol/policy.ts';
import type { ClusterInfo } from './cluster.ts';

/** Up to this many addresses stay exact; more are read by nobody. */
const MAX_EXACT_ADDRESSES = 8;
/** No prefix wider than this is drafted from addresses that were seen. IPv6: one LAN (RFC 4291 section 2.5.4). */
const WIDEST_PREFIX: Readonly<Record<IpFamily, number>> = { 4: 24, 6: 64 };

/** Ranges of pods and Services: declared ones, and every address known to be one. */
export function podAndServiceRanges(cluster: ClusterInfo): readonly Cidr[] {
  const single = [
    ...cluster.services.flatMap((service) => service.clusterIps),
    ...cluster.workloads
      .flatMap((workload) => workload.pods.filter((pod) => !pod.hostNetwork))
      .flatMap((pod) => pod.ips),
  ];
  return aggregateCidrs([
    ...single.map((ip) => cidrOf(ip)),
    ...cluster.nodes.flatMap((node) => node.podCidrs),
  ]);
}

/** Every range of the cluster: pods, Services, nodes and API servers. */
export function clusterRanges(cluster: ClusterInfo): readonly Cidr[] {
  const hosts = [
    ...cluster.nodes.flatMap((node) => node.addresses),
    ...cluster.apiServers.map((each) => each.ip),
  ];
  return aggregateCidrs([...podAndServiceRanges(cluster), ...hosts.map((ip) => cidrOf(ip))]);
}

/**
 * Blocks for addresses seen: exact up to 8, else per /24 (/64) the smallest prefix over them. A prefix that
 * would reach into `forbidden` falls back to the exact addresses in it.
 */
export function blocksOfSeen(addresses: readonly IpAddress[], forbidden: readonly Cidr[]): IpBlock[] {
  const distinct = [...new Set(addresses)].toSorted(compareIps);
  const exact = distinct.map((ip) => cidrOf(ip));
  const blocks = distinct.length <= MAX_EXACT_ADDRESSES ? exact : widened(distinct, forbidden);
  return blocks.toSorted(compareCidrs).map((block) => ({ cidr: formatCidr(block) }));
}

/** All public addresses of these families, less every special-purpose range and every range of this cluster. */
export function anyButPrivate(families: readonly IpFamily[], ranges: readonly Cidr[]): IpBlock[] {
  return families
    .toSorted((a, b) => a - b)
    .map((family) => {
      const { block, except } = publicSpace(family);
      const inside = ranges.filter((range) => cidrCovers(block, range));
      return { cidr: formatCidr(block), except: aggregateCidrs([...except, ...inside]).map(formatCidr) };
    });
}

export function isPublic(address: IpAddress): boolean {
  return scopeOf(address) === 'public';
}

export function familiesOf(addresses: readonly IpAddress[]): IpFamily[] {
  return [...new Set(addresses.map(familyOf))];
}

function widened(addresses: readonly IpAddress[], forbidden: readonly Cidr[]): Cidr[] {
  const byNetwork = Map.groupBy(addresses, (ip) => formatCidr(cidrOf(ip, WIDEST_PREFIX[familyOf(ip)])));
  return [...byNetwork.values()].flatMap((group) => {
    const block = spanningCidr(group);
    const isFree =
      block.length === widthOf(block.family) || !forbidden.some((range) => reaches(block, range, group));
    return isFree ? [block] : group.map((ip) => cidrOf(ip));
  });
}

/** Whether a block would allow addresses of a range beyond those that were seen themselves. */
function reaches(block: Cidr, range: Cidr, seen: readonly IpAddress[]): boolean {
  if (!cidrsOverlap(block, range)) return false;
  return range.length < widthOf(range.family) || !seen.some((ip) => cidrContains(range, ip));
}
