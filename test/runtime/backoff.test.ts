import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { fullJitterMs } from '../../src/runtime/backoff.ts';

const bounds = { leastMs: 500, mostMs: 30_000 };

it.each([
  [1, 0, 500],
  [1, 0.999999, 1000],
  [2, 0.999999, 2000],
  [5, 0.5, 8250],
  [6, 0.999999, 30_000],
  [1e9, 0.999999, 30_000],
])('failure %i with chance %d waits about %i ms', (failures, random, expected) => {
  expect(Math.round(fullJitterMs(failures, bounds, random))).toBe(expected);
});

it('stays within its bounds', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 1e6 }),
      fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      (failures, random) => {
        const ms = fullJitterMs(failures, bounds, random);
        expect(ms).toBeGreaterThanOrEqual(bounds.leastMs);
        expect(ms).toBeLessThanOrEqual(bounds.mostMs);
      },
    ),
    { seed: 1 },
  );
});
