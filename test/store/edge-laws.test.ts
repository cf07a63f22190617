import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { edgeKeyText } from '../../src/domain/edge.ts';
import type { Edge, Evidence } from '../../src/domain/edge.ts';
import type { Identity } from '../../src/domain/identity.ts';
import { ip } from '../../src/domain/ip.ts';
import { openStore } from '../../src/store/store.ts';
import { evidenceKey, groups, mergedEvidence, modelled } from './edge-model.ts';
import type { ModelEdge } from './edge-model.ts';
import { DB, evidence, HOUR, NEXT_HOUR, WEB, workload } from './samples.ts';

const NODE: Identity = { kind: 'node', name: 'node-a', address: ip('192.168.100.1') };
const OUTSIDE: Identity = { kind: 'external', address: ip('93.184.215.14') };
const count = fc.integer({ min: 0, max: 9 });

/** Few distinct values, so that keys collide often. */
const row: fc.Arbitrary<Evidence> = fc
  .record({
    client: fc.constantFrom(WEB, OUTSIDE, NODE),
    server: fc.constantFrom(DB, workload('shop/api')),
    port: fc.constantFrom(53, 5432),
    protocol: fc.constantFrom('tcp', 'udp'),
    clientLease: fc.constantFrom(null, 'a', 'b'),
    serverLease: fc.constantFrom(null, 'a', 'c'),
    view: fc.record({ seen: fc.constantFrom(WEB, NODE), ownNode: fc.boolean() }),
    service: fc.constantFrom(null, { namespace: 'shop', name: 'db' }),
    witness: fc.constantFrom('node-a', 'node-b'),
    hour: fc.constantFrom(HOUR, NEXT_HOUR),
    opened: count,
    present: count,
    answered: count,
    bytes: fc.constantFrom(0, 1500, 2 ** 40),
    first: fc.integer({ min: 0, max: 5 }).map((slots) => HOUR + slots * 10_000 + slots),
    last: fc.integer({ min: 6, max: 9 }).map((slots) => HOUR + slots * 10_000),
  })
  .map(evidence);

const rows = fc.array(row, { maxLength: 40 });
const NUM_RUNS = { seed: 1, numRuns: 80 };

function recorded(calls: readonly (readonly Evidence[])[]): Edge[] {
  const store = openStore(':memory:');
  for (const call of calls) store.edges.record(call);
  const all = store.edges.all();
  store.close();
  return all;
}

test('order and grouping of evidence do not change the edges', () => {
  fc.assert(
    fc.property(rows, fc.infiniteStream(fc.nat()), fc.integer({ min: 1, max: 7 }), (given, order, size) => {
      const shuffled = given
        .map((item) => ({ item, at: order.next().value ?? 0 }))
        .toSorted((a, b) => a.at - b.at)
        .map(({ item }) => item);
      const calls = Array.from({ length: Math.ceil(given.length / size) }, (_, call) =>
        shuffled.slice(call * size, (call + 1) * size),
      );
      expect(recorded(calls)).toEqual(recorded([given]));
    }),
    NUM_RUNS,
  );
});

test('the edges agree with a naive model that keeps every row', () => {
  fc.assert(
    fc.property(rows, (given) => {
      expect(recorded([given]).map(withoutTestimony)).toEqual(modelled(given));
    }),
    NUM_RUNS,
  );
});

test('evidence of an edge is its rows, merged by key', () => {
  fc.assert(
    fc.property(rows, (given) => {
      const store = openStore(':memory:');
      store.edges.record(given);
      for (const [key, group] of groups(given, edgeKeyText)) {
        const expected = [...groups(group, evidenceKey).values()].map(mergedEvidence);
        const first = group[0] ?? evidence();
        const found = store.edges.evidenceOf(first);
        expect(found.map(evidenceKey).toSorted(), key).toEqual(expected.map(evidenceKey).toSorted());
        expect(found).toEqual(expect.arrayContaining(expected));
      }
      store.close();
    }),
    { seed: 1, numRuns: 40 },
  );
});

function withoutTestimony({ testimony: _testimony, ...edge }: Edge): ModelEdge {
  return edge;
}
