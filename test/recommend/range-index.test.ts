/** The index of ranges answers as looking at every range would. */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { cidrOf, cidrsOverlap, formatCidr } from '../../src/domain/cidr.ts';
import { formatIp } from '../../src/domain/ip.ts';
import { RangeIndex } from '../../src/recommend/range-index.ts';

/** Blocks that lie close together, of both families. */
const block = fc
  .tuple(
    fc.constantFrom(4 as const, 6 as const),
    fc.integer({ min: 0, max: 1023 }),
    fc.integer({ min: 0, max: 12 }),
  )
  .map(([family, low, free]) => {
    const address = formatIp(family, (family === 4 ? 0x0a00_0000n : 0xfd00n << 112n) + BigInt(low));
    return cidrOf(address, (family === 4 ? 32 : 128) - free);
  });

test('overlapping: every range that shares an address with the block, and no other', () => {
  let met = 0;
  fc.assert(
    fc.property(fc.array(block, { maxLength: 30 }), block, (blocks, asked) => {
      const index = new RangeIndex(blocks);
      const expected = index.ranges.filter((range) => cidrsOverlap(range, asked));
      met += expected.length;
      expect(index.overlapping(asked).map(formatCidr)).toEqual(expected.map(formatCidr));
    }),
    { numRuns: 2000, seed: 20_261_122 },
  );
  expect(met).toBeGreaterThan(1000);
});
