/** The API server's clock: bounds that hold, and get narrower with each answer. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ServerClock } from '../../src/kube/watch/server-clock.ts';

const date = (ms: number): string => new Date(ms).toUTCString();

test('the true offset lies within the bounds, whatever the round trips and fractions of seconds', () => {
  const answer = fc.record({
    at: fc.integer({ min: 0, max: 300_000 }),
    way: fc.nat(2_000),
    back: fc.nat(2_000),
  });
  fc.assert(
    fc.property(
      fc.integer({ min: -5_000_000, max: 5_000_000 }),
      fc.array(answer, { minLength: 1, maxLength: 40 }),
      (offset, answers) => {
        const clock = new ServerClock();
        for (const { at, way, back } of answers) {
          const sentAt = 1_700_000_000_000 + at;
          clock.observe(date(sentAt + way + offset), sentAt, sentAt + way + back);
        }
        const reading = clock.reading;
        expect(reading).not.toBeNull();
        // Half a millisecond is lost to whole numbers.
        expect(Math.abs((reading?.offsetMs ?? 0) - offset)).toBeLessThanOrEqual(
          (reading?.uncertaintyMs ?? 0) + 1,
        );
      },
    ),
    { seed: 11, numRuns: 500 },
  );
});

describe('the bounds', () => {
  test('are half a second after one answer, and less after several in different parts of a second', () => {
    const clock = new ServerClock();
    clock.observe(date(10_000), 10_000, 10_010);
    expect(clock.reading).toEqual({ offsetMs: 495, uncertaintyMs: 505, measuredAt: 10_010 });
    for (let index = 1; index < 10; index++) {
      const sentAt = 10_000 + index * 1_100;
      clock.observe(date(sentAt), sentAt, sentAt + 10);
    }
    expect(clock.reading?.uncertaintyMs).toBeLessThan(70);
  });

  test('cover both of two servers that disagree', () => {
    const clock = new ServerClock();
    for (let index = 0; index < 8; index++) {
      const sentAt = index * 1_000;
      clock.observe(date(sentAt + (index % 2 === 0 ? 0 : 30_000)), sentAt, sentAt + 10);
    }
    const { offsetMs = 0, uncertaintyMs = 0 } = clock.reading ?? {};
    expect(offsetMs - uncertaintyMs).toBeLessThanOrEqual(1_000);
    expect(offsetMs + uncertaintyMs).toBeGreaterThanOrEqual(29_990);
  });
});
