import { expect, it } from 'vitest';
import { drainDelayMs } from '../../../src/conntrack/netlink/drain-delay.ts';

/** The delay on a node with so many events a second, whatever it was before. */
function delayAt(perSecond: number): number {
  let delayMs = 50;
  for (let look = 0; look < 10; look++) delayMs = drainDelayMs((perSecond * delayMs) / 1000, delayMs);
  return Math.round(delayMs);
}

it.each([
  ['a quiet node is seldom looked at', 0, 200],
  ['so is one that makes 20,000 events a second', 20_000, 200],
  ['one that makes more is looked at before the queue holds 4,000', 40_000, 100],
  ['and the most that a machine makes every 50 ms', 125_000, 50],
])('%s', (_, perSecond, delayMs) => {
  expect(delayAt(perSecond)).toBe(delayMs);
});

it('a burst just behind a look is no reason to divide by nothing', () => {
  expect(drainDelayMs(100_000, 0)).toBe(50);
});
