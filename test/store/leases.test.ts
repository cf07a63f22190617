import { afterEach, beforeEach, expect, test } from 'vitest';
import { ip } from '../../src/domain/ip.ts';
import type { Lease } from '../../src/domain/lease.ts';
import { openStore } from '../../src/store/store.ts';
import type { Store } from '../../src/store/store.ts';
import { evidence, podLease } from './samples.ts';

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

test('those that had not ended are read a few at a time, each once', () => {
  const many = Array.from({ length: 5_003 }, (_, index) =>
    podLease(`many-${index}`, `shop/many-${index}`, '10.0.0.3', { from: index, heldFrom: index }),
  );
  store.leases.put([first, second, ...many]);
  const sources = { from: 'created', heldFrom: 'observed', heldUntil: null, until: null } as const;
  const sourced = { ...elsewhere, sources };
  store.leases.put([sourced, { ...sourced, id: 'd' }]);
  const all = [...store.leases.endingAfter(200)];
  expect(all.map(({ id }) => id).toSorted()).toEqual(
    ['a', 'b', 'c', 'd', ...many.map(({ id }) => id)].toSorted(),
  );
  expect(all.find(({ id }) => id === 'd')).toEqual({ ...sourced, id: 'd' });
  expect([...store.leases.endingAfter(201)]).toHaveLength(all.length - 1);
});

test('what ended is forgotten unless an edge rests on it', () => {
  const old = { from: 10, heldFrom: 10, heldUntil: 20, until: 20 };
  const [client, server, idle] = ['one', 'two', 'idle'].map((id) =>
    podLease(id, `shop/${id}`, '10.0.0.4', old),
  );
  store.leases.put([first, second, client, server, idle].filter((each) => each !== undefined));
  store.edges.record([evidence({ clientLease: 'one', serverLease: 'two' })]);
  expect(store.leases.forgetBefore(200)).toBe(1);
  expect(store.leases.all().map(({ id }) => id)).toEqual(['a', 'b', 'one', 'two']);
  expect(store.leases.forgetBefore(201)).toBe(1);
  expect(store.leases.all().map(({ id }) => id)).toEqual(['b', 'one', 'two']);
  // Told again after that, it is there again.
  store.leases.put([first]);
  expect(store.leases.around(ip('10.0.0.1'), null).map(({ id }) => id)).toEqual(['a', 'b']);
});
