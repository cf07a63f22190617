/** Ranges of IP addresses, which need not be prefixes: what is left of a block once others are cut out of it. */
import type { Cidr } from './cidr.ts';
import { formatIp, widthOf } from './ip.ts';
import type { IpFamily } from './ip.ts';

/** The addresses `first` to `last` of one family, both included, as unsigned integers; `first <= last`. */
export interface AddressRange {
  readonly family: IpFamily;
  readonly first: bigint;
  readonly last: bigint;
}

/** `10.0.0.0-10.0.0.255`; a single address alone: `10.0.0.7`. */
export function formatAddressRange({ family, first, last }: AddressRange): string {
  const from = formatBits(family, first);
  return first === last ? from : `${from}-${formatBits(family, last)}`;
}

/** IPv4 before IPv6, then by first address, then shorter before longer. */
export function compareAddressRanges(a: AddressRange, b: AddressRange): number {
  if (a.family !== b.family) return a.family - b.family;
  if (a.first !== b.first) return a.first < b.first ? -1 : 1;
  return a.last < b.last ? -1 : a.last > b.last ? 1 : 0;
}

/** The fewest ranges that hold exactly the addresses of `ranges`: sorted, disjoint, with a gap between any two. */
export function mergeAddressRanges(ranges: Iterable<AddressRange>): AddressRange[] {
  const merged: AddressRange[] = [];
  for (const range of [...ranges].toSorted(compareAddressRanges)) {
    const top = merged.at(-1);
    if (top === undefined || top.family !== range.family || range.first > top.last + 1n) merged.push(range);
    else if (range.last > top.last) merged[merged.length - 1] = { ...top, last: range.last };
  }
  return merged;
}

/** The fewest prefixes that hold exactly the addresses of `ranges`, sorted. */
export function rangesToCidrs(ranges: Iterable<AddressRange>): Cidr[] {
  const prefixes: Cidr[] = [];
  for (const { family, first: start, last } of mergeAddressRanges(ranges)) {
    for (let first = start; first <= last;) {
      const hostBits = widestAt(first, last, widthOf(family));
      prefixes.push({ family, first, length: widthOf(family) - hostBits });
      first += 1n << BigInt(hostBits);
    }
  }
  return prefixes;
}

/** How many host bits the widest prefix has that starts at `first` and ends at or before `last`. */
function widestAt(first: bigint, last: bigint, width: number): number {
  let bits = 0;
  while (bits < width) {
    const size = 1n << BigInt(bits + 1);
    if (first % size !== 0n || first + size - 1n > last) return bits;
    bits += 1;
  }
  return bits;
}

/** An IPv4-mapped bound of an IPv6 range keeps its IPv6 form, for the range goes on beyond the mapped addresses. */
function formatBits(family: IpFamily, bits: bigint): string {
  const text = formatIp(family, bits);
  return family === 6 && !text.includes(':') ? `::ffff:${text}` : text;
}
