/** Disjoint address ranges that answer quickly whether a block reaches into one of them. */
import { aggregateCidrs, cidrOf, cidrsOverlap, compareCidrs } from '../domain/cidr.ts';
import type { Cidr } from '../domain/cidr.ts';
import type { IpAddress } from '../domain/ip.ts';

export class RangeIndex {
  /** Sorted, and none holds another. */
  readonly ranges: readonly Cidr[];

  constructor(blocks: Iterable<Cidr>) {
    this.ranges = aggregateCidrs(blocks);
  }

  has(address: IpAddress): boolean {
    return this.overlapping(cidrOf(address)).length > 0;
  }

  /** The ranges that share an address with `block`: what it holds, or the one that holds it. */
  overlapping(block: Cidr): readonly Cidr[] {
    let low = 0;
    let high = this.ranges.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const range = this.ranges[middle];
      if (range !== undefined && compareCidrs(range, block) < 0) low = middle + 1;
      else high = middle;
    }
    // The range before may be a wider one that holds the block.
    const start = Math.max(low - 1, 0);
    const found: Cidr[] = [];
    for (let at = start; at < this.ranges.length; at++) {
      const range = this.ranges[at];
      if (range === undefined) break;
      if (cidrsOverlap(range, block)) found.push(range);
      else if (at >= low) break;
    }
    return found;
  }
}
