import { expect, test } from 'vitest';
import { Live } from '../../src/server/live.ts';
import { openStore } from '../../src/store/store.ts';
import { evidence, HOUR, podLease } from '../store/samples.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

test('what nothing rests on any more is forgotten, an hour after the start and then once a day', () => {
  const store = openStore(':memory:');
  let now = HOUR;
  const ended = (id: string, ageMs: number): ReturnType<typeof podLease> =>
    podLease(id, `shop/${id}`, '10.0.0.1', {
      from: now - ageMs - HOUR_MS,
      heldFrom: now - ageMs - HOUR_MS,
      heldUntil: now - ageMs,
      until: now - ageMs,
    });
  store.leases.put([ended('old', 8 * DAY_MS), ended('needed', 9 * DAY_MS), ended('young', 6.5 * DAY_MS)]);
  store.edges.record([evidence({ clientLease: 'needed', serverLease: null })]);
  store.unattributed.add(
    [40, 20].map((days) => ({
      reason: 'ambiguous',
      end: 'client' as const,
      hour: now - days * DAY_MS,
      count: 1,
      example: 'x',
      at: now - days * DAY_MS,
    })),
  );
  const live = new Live(store, { timing: { slackMs: 20_000, deadlineMs: 60_000 }, now: () => now });
  live.synced();
  const kept = (): unknown[] => [
    store.leases
      .all()
      .map(({ id }) => id)
      .toSorted(),
    store.unattributed.list().length,
  ];
  live.settle();
  expect(kept()).toEqual([['needed', 'old', 'young'], 2]);
  now += HOUR_MS;
  live.settle();
  expect(kept()).toEqual([['needed', 'young'], 1]);
  now += 23 * HOUR_MS;
  live.settle();
  expect(kept()).toEqual([['needed', 'young'], 1]);
  now += HOUR_MS;
  live.settle();
  expect(kept()).toEqual([['needed'], 1]);
  store.close();
});
