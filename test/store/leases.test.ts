import { afterEach, beforeEach, expect, test } from 'vitest';
import { ip } from '../../src/domain/ip.ts';
import type { Lease } from '../../src/domain/lease.ts';
import { openStore } from '../../src/store/store.ts';
import type { Store } from '../../src/store/store.ts';
import { podLease } from './samples.ts';

let store: Store;
beforeEach(() => {
  store = openStore(':memory:');
});
afterEach(() => store.close());

const first = podLease('a', 'shop/web-1', '10.0.0.1', {
  from: 100,
  heldFrom: 150,
  heldUntil: 180,
  until: 200,
});
const second = podLease('b', 'shop/db-0', '10.0.0.1', { from: 190, heldFrom: 250 });
const elsewhere = podLease('c', 'shop/db-1', '10.0.0.2', { from: 0, heldFrom: 0 });

test.each([
  [99, []],
  [100, ['a']],
  [189, ['a']],
  [190, ['a', 'b']],
  [200, ['a', 'b']],
  [201, ['b']],
  [1_000_000, ['b']],
  [null, ['a', 'b']],
])('around %s the address was held by %s', (at, ids) => {
  store.leases.put([second, first, elsewhere]);
  expect(store.leases.around(ip('10.0.0.1'), at).map(({ id }) => id)).toEqual(ids);
});

test('leases of every kind of holder come back as they were, by address and from', () => {
  const others: Lease[] = [
    { ...elsewhere, id: 'n', holder: { kind: 'node', name: 'node-a' }, ip: ip('192.168.100.1') },
    { ...elsewhere, id: 'k', holder: { kind: 'apiserver', ports: [6443] }, ip: ip('192.168.100.1') },
    {
      ...elsewhere,
      id: 's',
      ip: ip('fd00::10'),
      holder: { kind: 'service', namespace: 'shop', name: 'db', ports: [{ protocol: 'tcp', port: 5432 }] },
    },
  ];
  store.leases.put([...others, second, first]);
  expect(store.leases.all()).toEqual([first, second, others[1], others[0], others[2]]);
});

test('a lease that is put again is replaced', () => {
  store.leases.put([second]);
  const closed = { ...second, heldUntil: 300, until: 310 };
  store.leases.put([closed]);
  expect(store.leases.all()).toEqual([closed]);
});
