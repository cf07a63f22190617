/** What waits for a fact is looked at again the later the longer it has waited, and once more when the wait is over. */
import { expect, test } from 'vitest';
import { lookAgainAt } from '../../src/server/ledger.ts';

/** Of a wait of 300 s, looked at every 20 s at the soonest. */
function again(ageS: number): number {
  const now = 1_000_000;
  const since = now - ageS * 1000;
  return (lookAgainAt(since, { now, finalBefore: now - 300_000, retryMs: 20_000 }) - since) / 1000;
}

test.each([
  [10, 30],
  [40, 60],
  [100, 150],
  [199, 298.5],
  [250, 300],
  [300, 300],
])('what is %d s old is looked at when it is %d s old', (ageS, nextS) => {
  expect(again(ageS)).toBe(nextS);
});
