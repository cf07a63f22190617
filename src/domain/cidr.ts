/**
 * CIDR prefixes as values: parse, compare, contain, subtract and cover. Host bits are masked, because
 * objects written before validation was strict still carry them (`10.1.2.3/8` means `10.0.0.0/8`).
 */
import { familyOf, formatIp, ipToBits, parseIp, widthOf } from './ip.ts';
import type { IpAddress, IpFamily } from './ip.ts';

export interface Cidr {
  readonly family: IpFamily;
  /** First address as an integer, host bits zero. */
  readonly first: bigint;
  /** Prefix length: 0-32 or 0-128. */
  readonly length: number;
}

/**
 * `text` as a prefix, or null when it is not one. A bare address is not a prefix. A prefix of IPv4-mapped addresses
 * is the IPv4 prefix it maps (`::ffff:10.0.0.0/104` means `10.0.0.0/8`); one shorter than /96 is an IPv6 prefix,
 * whose length counts the bits of IPv6. Go's net.ParseCIDR, by which Kubernetes reads blocks, has the same meaning.
 */
export function parseCidr(text: string): Cidr | null {
  const slash = text.indexOf('/');
  const address = slash < 0 ? null : parseIp(text.slice(0, slash));
  const digits = text.slice(slash + 1);
  if (address === null || !/^(0|[1-9][0-9]{0,2})$/.test(digits)) return null;
  const family = text.includes(':') ? 6 : 4;
  const length = Number(digits);
  if (length > widthOf(family)) return null;
  if (family === familyOf(address)) return cidrOf(address, length);
  return length >= 96 ? cidrOf(address, length - 96) : masked(6, MAPPED_FIRST | ipToBits(address), length);
}

/** ::ffff:0:0 as an integer (RFC 4291 section 2.5.5.2). */
const MAPPED_FIRST = 0xffffn << 32n;

/** `text` as a prefix; for literals in code and tests. Throws a RangeError on anything else. */
export function cidr(text: string): Cidr {
  const parsed = parseCidr(text);
  if (parsed === null) throw new RangeError(`not a CIDR: ${JSON.stringify(text)}`);
  return parsed;
}

/** The prefix of this length that holds `address`; without a length, the address alone. */
export function cidrOf(address: IpAddress, length?: number): Cidr {
  const family = familyOf(address);
  return masked(family, ipToBits(address), length ?? widthOf(family));
}

export function formatCidr(block: Cidr): string {
  return `${formatIp(block.family, block.first)}/${block.length}`;
}

/** The last address of the block as an integer. */
export function lastOf(block: Cidr): bigint {
  return block.first | ((1n << BigInt(widthOf(block.family) - block.length)) - 1n);
}

export function cidrContains(block: Cidr, address: IpAddress): boolean {
  if (familyOf(address) !== block.family) return false;
  const shift = BigInt(widthOf(block.family) - block.length);
  return ipToBits(address) >> shift === block.first >> shift;
}

/** Whether every address of `inner` lies in `outer`. */
export function cidrCovers(outer: Cidr, inner: Cidr): boolean {
  return (
    outer.family === inner.family &&
    outer.length <= inner.length &&
    outer.first === masked(inner.family, inner.first, outer.length).first
  );
}

export function cidrsOverlap(a: Cidr, b: Cidr): boolean {
  return cidrCovers(a, b) || cidrCovers(b, a);
}

/** IPv4 before IPv6, then by first address, then wider before narrower. */
export function compareCidrs(a: Cidr, b: Cidr): number {
  if (a.family !== b.family) return a.family - b.family;
  if (a.first !== b.first) return a.first < b.first ? -1 : 1;
  return a.length - b.length;
}

/** The fewest blocks that hold exactly the addresses of `blocks`, sorted. */
export function aggregateCidrs(blocks: Iterable<Cidr>): Cidr[] {
  const merged: Cidr[] = [];
  for (const block of [...blocks].toSorted(compareCidrs)) {
    const top = merged.at(-1);
    if (top !== undefined && cidrCovers(top, block)) continue;
    merged.push(block);
    joinSiblings(merged);
  }
  return merged;
}

/** The narrowest block that holds every given address. Throws a RangeError without addresses and on mixed families. */
export function spanningCidr(addresses: readonly IpAddress[]): Cidr {
  const [head, ...rest] = addresses;
  if (head === undefined) throw new RangeError('no address to span');
  let block = cidrOf(head);
  for (const address of rest) {
    if (familyOf(address) !== block.family)
      throw new RangeError('addresses of two families have no common block');
    while (!cidrContains(block, address)) block = masked(block.family, block.first, block.length - 1);
  }
  return block;
}

function joinSiblings(sorted: Cidr[]): void {
  for (;;) {
    const right = sorted.at(-1);
    const left = sorted.at(-2);
    if (left === undefined || right === undefined || left.length !== right.length || left.length === 0)
      return;
    const parent = masked(left.family, left.first, left.length - 1);
    if (left.first !== parent.first || !cidrCovers(parent, right) || left.family !== right.family) return;
    sorted.splice(-2, 2, parent);
  }
}

function masked(family: IpFamily, bits: bigint, length: number): Cidr {
  const shift = BigInt(widthOf(family) - length);
  return { family, first: (bits >> shift) << shift, length };
}
