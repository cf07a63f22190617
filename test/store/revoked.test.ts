/** What was revoked and waits is durable, and each moment ends its wait once. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ip } from '../../src/domain/ip.ts';
import type { RevokedMoment } from '../../src/store/revoked.ts';
import { openStore } from '../../src/store/store.ts';
import type { Store } from '../../src/store/store.ts';

let store: Store;
beforeEach(() => {
  store = openStore(':memory:');
});
afterEach(() => store.close());

function moment(second: number): RevokedMoment {
  const external = (address: string) => ({ kind: 'external' as const, address: ip(address) });
  return {
    evidence: {
      client: external('192.0.2.1'),
      server: external('192.0.2.2'),
      protocol: 'tcp',
      port: 80,
      clientLease: null,
      serverLease: null,
      view: { seen: external('192.0.2.1'), ownNode: false },
      service: null,
      witness: 'node-a',
      hour: 0,
      opened: 1,
      present: 0,
      answered: 1,
      bytes: 0,
      first: second,
      last: second,
      during: { start: second, end: second + 1000 },
    },
    addresses: { client: ip('192.0.2.1'), server: null },
  };
}

test('a group is ready from its time on, and what is left of it later again', () => {
  store.revoked.add([moment(1000), moment(2000)], { readyAt: 10, finalAt: 100 });
  store.revoked.add([], { readyAt: 10, finalAt: 100 });
  expect(store.inbox.counts().pending).toBe(1);
  expect(store.revoked.ready(9)).toEqual([]);
  const [group] = store.revoked.ready(10);
  expect(group).toMatchObject({ finalAt: 100, moments: [moment(1000), moment(2000)] });
  if (group === undefined) return;
  store.revoked.keep({ ...group, moments: [moment(2000)] }, 50);
  expect(store.revoked.ready(49)).toEqual([]);
  expect(store.revoked.ready(50)).toMatchObject([{ finalAt: 100, moments: [moment(2000)] }]);
  store.revoked.keep({ ...group, moments: [] }, 60);
  expect([store.revoked.ready(1000), store.inbox.counts().pending]).toEqual([[], 0]);
});

test('what is known of clocks is kept by node', () => {
  store.nodeClocks.put([
    { node: 'node-b', body: '1' },
    { node: 'node-a', body: '2' },
  ]);
  store.nodeClocks.put([{ node: 'node-b', body: '3' }]);
  expect(store.nodeClocks.all()).toEqual([
    { node: 'node-a', body: '2' },
    { node: 'node-b', body: '3' },
  ]);
});
