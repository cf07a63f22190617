import { afterEach, beforeEach, expect, test } from 'vitest';
import { edgeKeyText } from '../../src/domain/edge.ts';
import { openStore } from '../../src/store/store.ts';
import type { Store } from '../../src/store/store.ts';
import { HOUR, NEXT_HOUR, evidence, podLease } from './samples.ts';

let store: Store;
beforeEach(() => {
  store = openStore(':memory:');
});
afterEach(() => store.close());

const KEY = edgeKeyText(evidence());

function pages(limit: number) {
  const rows = [];
  for (let after: string | null = null, next: string | null = ''; next !== null; after = next) {
    const page = store.evidence.page(KEY, { limit, after });
    if (page === null) throw new Error('no such edge');
    expect(page.rows.length).toBeLessThanOrEqual(limit);
    rows.push(...page.rows);
    ({ next } = page);
  }
  return rows;
}

test('pages of any size hold every row once, by hour', () => {
  store.edges.record([
    evidence({ hour: NEXT_HOUR, first: NEXT_HOUR, last: NEXT_HOUR }),
    ...['node-a', 'node-b', 'node-c'].map((witness) => evidence({ witness })),
    evidence({ clientLease: 'pod/web-2/10.0.0.2/1' }),
    evidence({ service: { namespace: 'shop', name: 'db' } }),
    evidence({ port: 6379 }),
  ]);
  const all = pages(100);
  expect(all).toHaveLength(6);
  expect(all.map(({ hour }) => hour)).toEqual([...Array<number>(5).fill(HOUR), NEXT_HOUR]);
  for (const limit of [1, 2, 3, 5, 6]) expect(pages(limit)).toEqual(all);
  expect(all.reduce((sum, { opened }) => sum + opened, 0)).toBe(6);
});

test('a row names who held which address, as long as the lease is kept', () => {
  const client = podLease('pod/web-1/10.0.0.1/1', 'shop/web-1', '10.0.0.1');
  store.leases.put([client]);
  store.edges.record([evidence()]);
  expect(pages(10)).toMatchObject([
    {
      clientLease: { id: client.id, held: { ip: '10.0.0.1', holder: client.holder } },
      serverLease: { id: 'pod/db-0/10.0.0.9/1', held: null },
      witness: 'node-a',
      ownNode: false,
      service: null,
      opened: 1,
      answered: 1,
    },
  ]);
});

test('an end outside every lease has none', () => {
  store.edges.record([evidence({ clientLease: null })]);
  expect(pages(10)[0]?.clientLease).toBeNull();
});

test('an unknown edge has no page, and a cursor of nobody is refused', () => {
  expect(store.evidence.page(KEY, { limit: 1, after: null })).toBeNull();
  store.edges.record([evidence()]);
  for (const after of ['', 'x', 'MSAyIDM', Buffer.from('1 2 3 4 5 6 x').toString('base64url')])
    expect(() => store.evidence.page(KEY, { limit: 1, after })).toThrow(/cursor/);
});
