import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ClockBounds } from '../../src/identity/attribute.ts';
import { NodeClocks } from '../../src/server/node-clocks.ts';

const START = 1_700_000_000_000;
const MINUTE_MS = 60_000;

/** Batches every 10 s of a node whose clock is ahead; each was under way for what `underWay` says. */
function hear(
  clocks: NodeClocks,
  given: { readonly aheadMs: number; readonly underWay: readonly number[]; readonly from?: number },
): ClockBounds {
  const from = given.from ?? START;
  given.underWay.forEach((delay, index) => {
    const sent = from + index * 10_000;
    clocks.learn('node-a', sent + given.aheadMs, sent + delay);
  });
  return clocks.boundsOf('node-a');
}

/** What must be added to the node's time to have ours lies within the bounds. */
function hold({ earliestMs, latestMs }: ClockBounds, aheadMs: number): boolean {
  return earliestMs <= -aheadMs && -aheadMs <= latestMs;
}

describe('over a restart of the server', () => {
  test('a clock is known as it was, by what it may have moved meanwhile', () => {
    const before = new NodeClocks();
    const bounds = hear(before, { aheadMs: 2_000, underWay: [30, 5, 60] });
    const kept = before.takeChanged();
    expect(before.takeChanged()).toEqual([]);
    const soon = new NodeClocks();
    soon.restore(kept, START + 30_000);
    expect(soon.boundsOf('node-a')).toEqual(bounds);
    const later = new NodeClocks();
    later.restore(kept, START + 20_060 + 3_600_000);
    expect(later.boundsOf('node-a')).toEqual({
      earliestMs: bounds.earliestMs - 1800,
      latestMs: bounds.latestMs + 1800,
    });
  });

  test('its first words are not taken for a step, and after two minutes the long silence is forgotten', () => {
    const before = new NodeClocks();
    hear(before, { aheadMs: 2_000, underWay: [30, 5, 60] });
    const clocks = new NodeClocks();
    const from = START + 3_600_000;
    clocks.restore(before.takeChanged(), from);
    // It has drifted by a second.
    const minutes = (count: number): number[] => Array.from({ length: count * 6 }, () => 20);
    expect(hold(hear(clocks, { aheadMs: 1_000, underWay: [700], from }), 1_000)).toBe(true);
    const bounds = hear(clocks, { aheadMs: 1_000, underWay: minutes(3), from: from + 10_000 });
    expect(bounds).toEqual({ earliestMs: -1_230, latestMs: -880 });
  });

  test('of a clock that was not heard for months nothing is known', () => {
    const clocks = new NodeClocks();
    clocks.restore([{ node: 'node-a', least: 0, heardAt: START }], START + 90 * 86_400_000);
    expect(clocks.readingOf('node-a')).toEqual({ offsetMs: 0, uncertaintyMs: 5_000 });
  });
});

describe('the bounds of a node clock', () => {
  test('hold however slow some batches were', () => {
    expect(hear(new NodeClocks(), { aheadMs: 0, underWay: [900, 20, 4_000] })).toEqual({
      earliestMs: -230,
      latestMs: 120,
    });
  });

  test('follow a clock that is 2 s ahead or behind', () => {
    expect(hear(new NodeClocks(), { aheadMs: 2_000, underWay: [30, 5, 60] })).toEqual({
      earliestMs: -2_245,
      latestMs: -1_895,
    });
    expect(hold(hear(new NodeClocks(), { aheadMs: -2_000, underWay: [30, 5, 60] }), -2_000)).toBe(true);
  });

  test('follow a clock that was set back after three batches, and one that was set forward at once', () => {
    const clocks = new NodeClocks();
    hear(clocks, { aheadMs: 5_000, underWay: [10, 10] });
    expect(hold(hear(clocks, { aheadMs: 0, underWay: [20, 30], from: START + MINUTE_MS }), 0)).toBe(false);
    expect(hold(hear(clocks, { aheadMs: 0, underWay: [30], from: START + 2 * MINUTE_MS }), 0)).toBe(true);
    expect(hold(hear(clocks, { aheadMs: 7_000, underWay: [30], from: START + 3 * MINUTE_MS }), 7_000)).toBe(
      true,
    );
  });

  test('hold while messages wait for a busy server, though each of them is a step late', () => {
    const clocks = new NodeClocks();
    for (let second = 0; second < 10; second++)
      clocks.learn('node-a', START + second * 1000, START + second * 1000 + 10);
    // Busy for six seconds, and then for two seconds after each message.
    for (let second = 10; second < 16; second++)
      clocks.learn('node-a', START + second * 1000, START + 16_000);
    expect(hold(clocks.boundsOf('node-a'), 0)).toBe(true);
    for (let second = 16; second < 30; second++)
      clocks.learn('node-a', START + second * 1000, START + 18_000 + (second - 16) * 2000);
    expect(hold(clocks.boundsOf('node-a'), 0)).toBe(true);
  });

  test('follow a clock that drifts by half a millisecond a second, either way', () => {
    for (const sign of [1, -1]) {
      const clocks = new NodeClocks();
      for (let minute = 0; minute < 60; minute++) {
        const aheadMs = sign * minute * 30;
        const bounds = hear(clocks, { aheadMs, underWay: [10], from: START + minute * MINUTE_MS });
        expect(hold(bounds, aheadMs)).toBe(true);
      }
    }
  });

  test('are of one node; a node that sent nothing is taken for right', () => {
    const clocks = new NodeClocks();
    hear(clocks, { aheadMs: 9_000, underWay: [10] });
    expect(clocks.boundsOf('node-b')).toEqual({ earliestMs: 0, latestMs: 0 });
  });
});

test('whatever the offset, the bounds hold once a batch was fast', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: -600_000, max: 600_000 }),
      fc.array(fc.integer({ min: 0, max: 900 }), { maxLength: 8 }),
      fc.integer({ min: 0, max: 250 }),
      (aheadMs, slow, fast) => {
        expect(hold(hear(new NodeClocks(), { aheadMs, underWay: [...slow, fast] }), aheadMs)).toBe(true);
      },
    ),
    { numRuns: 2_000, seed: 1 },
  );
});
