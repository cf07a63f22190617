import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ALL_PORTS, intersectRanges, mergeRanges, subtractRanges } from '../../src/domain/port-range.ts';
import type { PortRange } from '../../src/domain/port-range.ts';

/** Mostly a few low ports, so that ranges touch, overlap and nest; sometimes the edges of the port space. */
const port = fc.oneof(fc.integer({ min: 1, max: 24 }), fc.constantFrom(1, 2, 65_534, 65_535));
const range = fc.tuple(port, port).map(([a, b]): PortRange => ({ from: Math.min(a, b), to: Math.max(a, b) }));
const ranges = fc.array(range, { maxLength: 6 });
const PROBES = [...Array.from({ length: 26 }, (_, index) => index + 1), 65_533, 65_534, 65_535];

function holds(list: readonly PortRange[], probe: number): boolean {
  return list.some(({ from, to }) => from <= probe && probe <= to);
}

describe('mergeRanges', () => {
  test('adjacent ranges join, ranges with a gap do not', () => {
    expect(
      mergeRanges([
        { from: 82, to: 90 },
        { from: 80, to: 81 },
        { from: 92, to: 92 },
      ]),
    ).toEqual([
      { from: 80, to: 90 },
      { from: 92, to: 92 },
    ]);
  });

  test('holds the same ports, sorted and with a gap between any two, and leaves its input alone', () => {
    fc.assert(
      fc.property(ranges, (list) => {
        const before = structuredClone(list);
        const merged = mergeRanges(list);
        expect(list).toEqual(before);
        for (const probe of PROBES) expect(holds(merged, probe)).toBe(holds(list, probe));
        for (const [index, { from, to }] of merged.entries()) {
          expect(from).toBeLessThanOrEqual(to);
          expect(from).toBeGreaterThan((merged[index - 1]?.to ?? -1) + 1);
        }
      }),
      { seed: 1 },
    );
  });

  test('merging twice, in any order, changes nothing', () => {
    fc.assert(
      fc.property(ranges, (list) => {
        expect(mergeRanges(mergeRanges(list))).toEqual(mergeRanges(list));
        expect(mergeRanges(list.toReversed())).toEqual(mergeRanges(list));
      }),
      { seed: 1 },
    );
  });
});

describe('intersectRanges', () => {
  test('holds a port if and only if both lists do, and is merged', () => {
    fc.assert(
      fc.property(ranges, ranges, (a, b) => {
        const common = intersectRanges(a, b);
        for (const probe of PROBES) expect(holds(common, probe)).toBe(holds(a, probe) && holds(b, probe));
        expect(common).toEqual(mergeRanges(common));
      }),
      { seed: 1 },
    );
  });

  test('is commutative and associative, with all ports as its neutral and none as its zero element', () => {
    fc.assert(
      fc.property(ranges, ranges, ranges, (a, b, c) => {
        expect(intersectRanges(a, b)).toEqual(intersectRanges(b, a));
        expect(intersectRanges(intersectRanges(a, b), c)).toEqual(intersectRanges(a, intersectRanges(b, c)));
        expect(intersectRanges(a, ALL_PORTS)).toEqual(mergeRanges(a));
        expect(intersectRanges(a, [])).toEqual([]);
      }),
      { seed: 1 },
    );
  });
});

describe('subtractRanges', () => {
  test('holds exactly the ports of the first list that the second does not, merged', () => {
    fc.assert(
      fc.property(ranges, ranges, (a, b) => {
        const left = subtractRanges(a, b);
        for (const probe of PROBES) expect(holds(left, probe)).toBe(holds(a, probe) && !holds(b, probe));
        expect(mergeRanges(left)).toEqual(left);
      }),
      { seed: 7, numRuns: 1000 },
    );
  });

  test('of every port, one leaves two ranges', () => {
    expect(subtractRanges(ALL_PORTS, [{ from: 80, to: 80 }])).toEqual([
      { from: 1, to: 79 },
      { from: 81, to: 65_535 },
    ]);
  });
});
