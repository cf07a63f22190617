/** The small pure parts: backoff, the server's clock, and what counts as an outage. */
import { describe, expect, test } from 'vitest';
import { ApiFailure } from '../../../src/kube/watch/api-failure.ts';
import { Reach } from '../../../src/kube/watch/reach.ts';
import { Backoff, DEFAULT_TIMING, nextWatchSeconds } from '../../../src/kube/watch/reflector-timing.ts';
import { ServerClock } from '../../../src/kube/watch/server-clock.ts';

describe('backoff', () => {
  const longest = { ...DEFAULT_TIMING, random: () => 1 - Number.EPSILON };
  const cut = new ApiFailure('cut', 'reset');

  test('doubles its bound from 0.8 s to 30 s, and starts again after a success', () => {
    const backoff = new Backoff(longest);
    const waits = Array.from({ length: 8 }, () => backoff.after(cut));
    expect(waits).toEqual([800, 1_600, 3_200, 6_400, 12_800, 25_600, 30_000, 30_000]);
    backoff.reset();
    expect(backoff.after(cut)).toBe(800);
  });

  test('spreads clients over the whole wait', () => {
    expect(new Backoff({ ...DEFAULT_TIMING, random: () => 0.25 }).after(cut)).toBe(200);
  });

  test('never waits less than the server asked for', () => {
    const busy = new ApiFailure('throttled', '429', { retryAfterMs: 7_000 });
    expect(new Backoff({ ...DEFAULT_TIMING, random: () => 0 }).after(busy)).toBe(7_000);
  });

  test('watches last from 5 to 10 minutes', () => {
    expect(nextWatchSeconds({ ...DEFAULT_TIMING, random: () => 0 })).toBe(300);
    expect(nextWatchSeconds(longest)).toBe(600);
  });
});

describe("the server's clock", () => {
  const date = (ms: number): string => new Date(ms).toUTCString();

  test('is unknown before an answer, and without a usable Date', () => {
    const clock = new ServerClock();
    clock.observe(undefined, 0, 10);
    clock.observe('yesterday', 0, 10);
    expect(clock.offsetMs).toBeNull();
  });

  test('is the median: one slow answer moves nothing', () => {
    const clock = new ServerClock();
    for (let second = 0; second < 9; second++)
      clock.observe(date(60_000 + second * 1_000), second * 1_000, second * 1_000 + 10);
    clock.observe(date(160_000), 9_000, 9_010);
    expect(clock.offsetMs).toBe(60_000 + 500 - 5);
  });

  test('takes nothing from answers that took long', () => {
    const clock = new ServerClock();
    clock.observe(date(60_000), 0, 6_000);
    expect(clock.offsetMs).toBeNull();
  });
});

describe('an outage', () => {
  const watchOf = (...kinds: string[]): { reach: Reach; outages: [number, number][] } => {
    const outages: [number, number][] = [];
    const reach = new Reach(0, (from, until) => outages.push([from, until]));
    for (const kind of kinds) reach.joined(kind);
    return { reach, outages };
  };

  test('lasts from the last thing read to the next, over all kinds', () => {
    const { reach, outages } = watchOf('Pod', 'Node');
    reach.read('Pod', 10);
    reach.read('Node', 20);
    reach.failed('Pod');
    reach.failed('Node');
    reach.failed('Pod');
    reach.read('Node', 90);
    reach.read('Pod', 95);
    expect(outages).toEqual([[20, 90]]);
  });

  test('is none while one kind is read', () => {
    const { reach, outages } = watchOf('Pod', 'Node');
    reach.failed('Pod');
    reach.read('Node', 20);
    reach.read('Pod', 30);
    expect(outages).toEqual([]);
  });

  test('at the start counts from the start', () => {
    const { reach, outages } = watchOf('Pod');
    reach.failed('Pod');
    reach.read('Pod', 40);
    expect(outages).toEqual([[0, 40]]);
  });
});
