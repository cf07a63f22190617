import { expect, test } from 'vitest';
import { openStore } from '../../src/store/store.ts';
import { HOUR, podLease } from './samples.ts';

const MINUTE = 60_000;

test('pods that may have held an address in a time, with the bounds of their leases', () => {
  const store = openStore(':memory:');
  const bounds = (from: number, heldUntil: number | null, until: number | null) => ({
    from: HOUR + from * MINUTE,
    heldFrom: HOUR + from * MINUTE + 1000,
    heldUntil: heldUntil === null ? null : HOUR + heldUntil * MINUTE,
    until: until === null ? null : HOUR + until * MINUTE,
  });
  store.leases.put([
    podLease('over', 'shop/over-1', '10.0.0.1', bounds(0, 8, 9)),
    podLease('going', 'shop/going-1', '10.0.0.2', bounds(0, 8, 10)),
    podLease('lost', 'shop/lost-1', '10.0.0.3', bounds(0, 9, null)),
    podLease('living', 'shop/living-1', '10.0.0.4', bounds(0, null, null)),
    podLease('next', 'shop/next-1', '10.0.0.5', bounds(20, null, null)),
    { ...podLease('node', 'shop/x-1', '10.0.0.6'), holder: { kind: 'node', name: 'node-a' } },
  ]);
  const lives = store.podLives.during({ start: HOUR + 10 * MINUTE, end: HOUR + 20 * MINUTE });
  expect(lives.toSorted((a, b) => a.from - b.from || a.uid.localeCompare(b.uid))).toEqual([
    {
      workload: { namespace: 'shop', kind: 'Deployment', name: 'going-1' },
      uid: 'uid-of-going-1',
      node: 'node-a',
      ...bounds(0, 8, 10),
    },
    expect.objectContaining({ uid: 'uid-of-living-1', heldUntil: null, until: null }),
  ]);
  store.close();
});
