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
import { publicSpace, rangesOfLoners, scopeOf, standsAlone } from '../domain/special-ranges.ts';
import type { IpBlock } from '../netpol/policy.ts';
import { RangeIndex } from './range-index.ts';

/** Up to this many addresses stay exact; more are read by nobody. */
const MAX_EXACT_ADDRESSES = 8;
/** No prefix wider than this is drafted from addresses that were seen. IPv6: one LAN (RFC 4291 section 2.5.4). */
export const WIDEST_PREFIX: Readonly<Record<IpFamily, number>> = { 4: 24, 6: 64 };

const LONERS = new RangeIndex(rangesOfLoners());

/** Every address by itself. */
export function exactBlocks(addresses: readonly IpAddress[]): IpBlock[] {
  return [...new Set(addresses)].toSorted(compareIps).map((ip) => ({ cidr: formatCidr(cidrOf(ip)) }));
}

/**
 * Blocks for addresses seen: exact up to 8, else per /24 (/64) the smallest prefix over them. A prefix that would reach into
 * `forbidden` falls back to the exact addresses in it, and what stands alone (link-local, metadata) is exact and counts for nothing.
 */
export function blocksOfSeen(addresses: readonly IpAddress[], forbidden: RangeIndex): IpBlock[] {
  return areFew(addresses) ? exactBlocks(addresses) : prefixBlocks(addresses, forbidden);
}

/** Whether `blocksOfSeen` would have had a prefix reach into `forbidden`. */
export function isRefused(addresses: readonly IpAddress[], forbidden: RangeIndex): boolean {
  if (areFew(addresses)) return false;
  return prefixesOver(addresses).some(({ block, over }) => reaches(block, forbidden, over));
}

/** Per /24 (/64) the smallest prefix over the addresses, or the addresses where it would reach into `forbidden`. */
export function prefixBlocks(addresses: readonly IpAddress[], forbidden: RangeIndex): IpBlock[] {
  const blocks = prefixesOver(addresses).flatMap(({ block, over }) =>
    reaches(block, forbidden, over) || reaches(block, LONERS, over) ? over.map((ip) => cidrOf(ip)) : [block],
  );
  const alone = [...new Set(addresses.filter(standsAlone))].map((ip) => cidrOf(ip));
  return [...blocks, ...alone].toSorted(compareCidrs).map((block) => ({ cidr: formatCidr(block) }));
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

function areFew(addresses: readonly IpAddress[]): boolean {
  return new Set(addresses.filter((ip) => !standsAlone(ip))).size <= MAX_EXACT_ADDRESSES;
}

/** Of those that do not stand alone. */
function prefixesOver(addresses: readonly IpAddress[]): { block: Cidr; over: IpAddress[] }[] {
  const distinct = [...new Set(addresses)].filter((ip) => !standsAlone(ip));
  const byNetwork = Map.groupBy(distinct, (ip) => formatCidr(cidrOf(ip, WIDEST_PREFIX[familyOf(ip)])));
  return [...byNetwork.values()].map((over) => ({ block: spanningCidr(over), over }));
}

/** Whether a block would allow addresses of a range beyond those that were seen themselves. */
function reaches(block: Cidr, forbidden: RangeIndex, seen: readonly IpAddress[]): boolean {
  // There is nothing else in it.
  if (BigInt(seen.length) === 1n << BigInt(widthOf(block.family) - block.length)) return false;
  return forbidden
    .overlapping(block)
    .some((range) => range.length < widthOf(range.family) || !seen.some((ip) => cidrContains(range, ip)));
}
