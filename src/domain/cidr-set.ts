/** Address blocks prepared for the question whether any of thousands holds an address. */
import { aggregateCidrs, lastOf } from './cidr.ts';
import type { Cidr } from './cidr.ts';
import { ipToBits, ipv4Bits } from './ip.ts';
import type { IpAddress } from './ip.ts';

/** From the first to the last address, as integers. */
interface Span<T> {
  readonly first: T;
  readonly last: T;
}

export class CidrSet {
  /** The fewest that hold the same addresses, sorted. */
  readonly blocks: readonly Cidr[];
  readonly #v4: readonly Span<number>[];
  readonly #v6: readonly Span<bigint>[];

  constructor(blocks: Iterable<Cidr>) {
    this.blocks = aggregateCidrs(blocks);
    this.#v4 = this.blocks
      .filter(({ family }) => family === 4)
      .map((block) => ({ first: Number(block.first), last: Number(lastOf(block)) }));
    this.#v6 = this.blocks
      .filter(({ family }) => family === 6)
      .map((block) => ({ first: block.first, last: lastOf(block) }));
  }

  has(address: IpAddress): boolean {
    const bits = ipv4Bits(address);
    return bits >= 0
      ? isWithin(this.#v4, bits)
      : this.#v6.length > 0 && isWithin(this.#v6, ipToBits(address));
  }
}

/** `spans` are sorted and disjoint. */
function isWithin<T extends number | bigint>(spans: readonly Span<T>[], bits: T): boolean {
  let low = 0;
  let high = spans.length;
  // The first that ends no earlier.
  while (low < high) {
    const middle = (low + high) >>> 1;
    const span = spans[middle];
    if (span !== undefined && span.last < bits) low = middle + 1;
    else high = middle;
  }
  const span = spans[low];
  return span !== undefined && span.first <= bits;
}
