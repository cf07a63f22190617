import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { edgeKeyText } from '../../src/domain/edge.ts';
import type { Edge, Evidence, HourCounts } from '../../src/domain/edge.ts';
import { identityKey } from '../../src/domain/identity.ts';
import type { Identity } from '../../src/domain/identity.ts';
import { ip } from '../../src/domain/ip.ts';
import { compareText } from '../../src/domain/text-order.ts';
import { openStore } from '../../src/store/store.ts';
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
    first: fc.integer({ min: HOUR, max: HOUR + 5 }),
    last: fc.integer({ min: HOUR + 5, max: HOUR + 9 }),
  })
  .map(evidence);

const rows = fc.array(row, { maxLength: 40 });
const NUM_RUNS = { numRuns: 80 };

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
      expect(recorded([given])).toEqual(modelled(given));
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
    { numRuns: 40 },
  );
});

function modelled(given: readonly Evidence[]): Edge[] {
  return [...groups(given, edgeKeyText)]
    .toSorted(([a], [b]) => compareText(a, b))
    .map(([, group]) => modelEdge(group));
}

function modelEdge(group: readonly Evidence[]): Edge {
  const { client, server, protocol, port } = group[0] ?? evidence();
  const views = [...groups(group, viewText)].toSorted(([a], [b]) => compareText(a, b));
  const services = group.flatMap(({ service }) => (service === null ? [] : [service]));
  return {
    client,
    server,
    protocol,
    port,
    hours: [...groups(group, ({ hour }) => String(hour))]
      .toSorted(([a], [b]) => Number(a) - Number(b))
      .map(([hour, ofHour]) => ({ hour: Number(hour), ...modelHour(ofHour) })),
    firstSeen: Math.min(...group.map(({ first }) => first)),
    lastSeen: Math.max(...group.map(({ last }) => last)),
    views: views.map(([, [item]]) => item?.view ?? evidence().view),
    services: services.slice(0, 1),
    witnesses: [...new Set(group.map(({ witness }) => witness))].toSorted(compareText),
    clientPods: modelPods(
      client,
      group.map(({ clientLease }) => clientLease),
    ),
    serverPods: modelPods(
      server,
      group.map(({ serverLease }) => serverLease),
    ),
  };
}

const COLUMNS = ['opened', 'present', 'answered', 'bytes'] as const;

function modelHour(group: readonly Evidence[]): Omit<HourCounts, 'hour'> {
  const total = { opened: 0, present: 0, answered: 0, bytes: 0 };
  for (const pair of groups(
    group,
    ({ clientLease, serverLease }) => `${clientLease} ${serverLease}`,
  ).values()) {
    const witnesses = [...groups(pair, ({ witness }) => witness).values()].map((ofWitness) =>
      [...groups(ofWitness, evidenceKey).values()].map(mergedEvidence),
    );
    for (const column of COLUMNS) {
      const sums = witnesses.map((ofWitness) => ofWitness.reduce((sum, item) => sum + item[column], 0));
      total[column] += Math.max(...sums);
    }
  }
  return total;
}

function modelPods(end: Identity, leases: readonly (string | null)[]): Edge['clientPods'] {
  const names = end.kind === 'workload' ? [...new Set(leases)].filter((lease) => lease !== null) : [];
  return { names: names.toSorted(compareText), count: names.length };
}

function mergedEvidence(group: readonly Evidence[]): Evidence {
  const sum = (column: 'opened' | 'answered' | 'bytes') =>
    group.reduce((total, item) => total + item[column], 0);
  return evidence({
    ...group[0],
    opened: sum('opened'),
    answered: sum('answered'),
    bytes: sum('bytes'),
    present: Math.max(...group.map(({ present }) => present)),
    first: Math.min(...group.map(({ first }) => first)),
    last: Math.max(...group.map(({ last }) => last)),
  });
}

function viewText({ view }: Evidence): string {
  return `${identityKey(view.seen)} ${Number(view.ownNode)}`;
}

function evidenceKey(item: Evidence): string {
  const { clientLease, serverLease, view, service, witness, hour } = item;
  return JSON.stringify([edgeKeyText(item), clientLease, serverLease, view, service, witness, hour]);
}

function groups<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const grouped = new Map<string, T[]>();
  for (const item of items) grouped.set(keyOf(item), [...(grouped.get(keyOf(item)) ?? []), item]);
  return grouped;
}
