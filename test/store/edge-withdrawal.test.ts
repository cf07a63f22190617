/** Evidence that is taken back leaves the store as if it had never been recorded. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { HOUR_MS } from '../../src/domain/edge.ts';
import type { Edge, Evidence } from '../../src/domain/edge.ts';
import { ip } from '../../src/domain/ip.ts';
import { openStore } from '../../src/store/store.ts';
import type { Store } from '../../src/store/store.ts';
import { DB, evidence, HOUR, podLease, WEB, workload } from './samples.ts';

const ALL_TIME = { from: 0, until: Number.MAX_SAFE_INTEGER };
const CLIENT = 'pod/web-1/10.0.0.1/1';
const SERVER = 'pod/db-0/10.0.0.9/1';
const WEB_IP = '10.0.0.1';
const DB_IP = '10.0.0.9';
const OUTSIDE = ip('93.184.215.14');

/** One moment of evidence at `HOUR + at` ms. */
function moment(at: number, given: Partial<Evidence> = {}): Evidence {
  const instant = HOUR + at;
  return evidence({
    hour: Math.floor(instant / HOUR_MS) * HOUR_MS,
    first: instant,
    last: instant,
    during: { start: instant - 50, end: instant + 1000 },
    ...given,
  });
}

function withStore<T>(work: (store: Store) => T): T {
  const store = openStore(':memory:');
  try {
    store.leases.put([podLease(CLIENT, 'shop/web-1', WEB_IP), podLease(SERVER, 'shop/db-0', DB_IP)]);
    return work(store);
  } finally {
    store.close();
  }
}

const moments = fc.array(
  fc.record({
    at: fc.oneof(fc.nat({ max: 9 }), fc.nat({ max: 2 * HOUR_MS })),
    client: fc.constantFrom(WEB, workload('shop/api')),
    protocol: fc.constantFrom('tcp', 'udp'),
    clientLease: fc.constantFrom(CLIENT, 'pod/web-2/10.0.0.2/1', null),
    witness: fc.constantFrom('node-a', 'node-b'),
    ownNode: fc.boolean(),
    seenAs: fc.constantFrom(null, ip('192.168.100.1'), ip('fd00::1')),
    opened: fc.nat({ max: 3 }),
    present: fc.nat({ max: 3 }),
    answered: fc.nat({ max: 3 }),
    bytes: fc.constantFrom(0, 700, 2 ** 40),
    batch: fc.nat({ max: 3 }),
  }),
  { maxLength: 20 },
);

test('what is left after a withdrawal is what would be there without it', () => {
  fc.assert(
    fc.property(moments, (rows) => {
      const all = rows
        .filter(({ opened, present, answered }) => opened + present + answered > 0)
        .map(({ at, client, ownNode, seenAs, batch, ...rest }) => ({
          batch,
          row: moment(at, {
            ...rest,
            client,
            view: { seen: client, ownNode },
            ...(seenAs !== null && { seenAs }),
          }),
        }));
      const record = (store: Store, chosen: typeof all): void => {
        for (const batch of [0, 1, 2, 3])
          store.edges.record(chosen.filter((each) => each.batch === batch).map(({ row }) => row));
      };
      const [after, expected] = [
        withStore((store) => {
          record(store, all);
          const found = store.edges.restingOn(ip(DB_IP), ALL_TIME);
          expect(found).toHaveLength(all.length);
          store.edges.withdraw(found.filter((each) => isTaken(each.evidence)));
          return contents(store);
        }),
        withStore((store) => {
          record(
            store,
            all.filter(({ row }) => !isTaken(row)),
          );
          return contents(store);
        }),
      ];
      expect(after).toEqual(expected);
    }),
    { numRuns: 300, seed: 6 },
  );
});

/** Half of all instants, so that rows of evidence lose a part. */
function isTaken(row: Evidence): boolean {
  return row.first % 2 === 1;
}

test('a part of one row of evidence is withdrawn by time', () => {
  withStore((store) => {
    const rows = [0, 10_000, 20_000].map((at) => moment(at, { opened: 2, present: at === 10_000 ? 9 : 1 }));
    store.edges.record(rows);
    store.edges.withdraw(store.edges.restingOn(ip(WEB_IP), { from: HOUR + 9_000, until: HOUR + 12_000 }));
    expect(store.edges.all().map(({ hours }) => hours)).toEqual([
      [{ hour: HOUR, opened: 4, present: 1, answered: 2, bytes: 0 }],
    ]);
  });
});

describe('what is found', () => {
  test('is what was recorded, with the interval it was resolved in and the address seen', () => {
    withStore((store) => {
      const row = moment(5_000, {
        seenAs: ip('192.168.100.1'),
        view: { seen: { kind: 'node', name: 'node-a', address: ip('192.168.100.1') }, ownNode: false },
        service: { namespace: 'shop', name: 'db' },
        bytes: 2 ** 45,
      });
      store.edges.record([row]);
      expect(store.edges.restingOn(ip(DB_IP), ALL_TIME).map((each) => each.evidence)).toEqual([row]);
    });
  });

  test('rests on one of the leases and was resolved within the time; its end is excluded', () => {
    withStore((store) => {
      store.edges.record([moment(5_000)]);
      const count = (address: string, from: number, until: number): number =>
        store.edges.restingOn(ip(address), { from: HOUR + from, until: HOUR + until }).length;
      expect(count(WEB_IP, 0, 10_000)).toBe(1);
      expect(count('10.0.0.77', 0, 10_000)).toBe(0);
      expect(count(WEB_IP, 6_000, 10_000)).toBe(0);
      expect(count(WEB_IP, 5_999, 10_000)).toBe(1);
      expect(count(WEB_IP, 0, 4_950)).toBe(0);
      expect(count(WEB_IP, 0, 4_951)).toBe(1);
    });
  });

  test('includes what was taken for an address outside the cluster', () => {
    withStore((store) => {
      store.edges.record([
        moment(0, { client: { kind: 'external', address: OUTSIDE }, clientLease: null }),
        moment(0),
      ]);
      expect(store.edges.restingOn(OUTSIDE, ALL_TIME).map(({ addresses }) => addresses)).toEqual([
        { client: OUTSIDE, server: ip(DB_IP) },
      ]);
    });
  });

  test('is nothing that was forgotten, and the edge stays', () => {
    withStore((store) => {
      store.edges.record([moment(5_000)]);
      expect(store.edges.forgetMoments(HOUR + 6_000)).toBe(0);
      expect(store.edges.forgetMoments(HOUR + 6_001)).toBe(1);
      expect(store.edges.restingOn(ip(WEB_IP), ALL_TIME)).toEqual([]);
      expect(store.edges.all()).toHaveLength(1);
    });
  });
});

test('an edge that is gone can be recorded again', () => {
  withStore((store) => {
    store.edges.record([moment(0)]);
    store.edges.withdraw(store.edges.restingOn(ip(WEB_IP), ALL_TIME));
    expect(store.edges.all()).toEqual([]);
    store.edges.record([moment(1_000)]);
    expect(store.edges.all().map(({ server, firstSeen }) => ({ server, firstSeen }))).toEqual([
      { server: DB, firstSeen: HOUR + 1_000 },
    ]);
  });
});

function contents(store: Store): { edges: Edge[]; evidence: Evidence[] } {
  const edges = store.edges.all();
  return { edges, evidence: edges.flatMap((edge) => store.edges.evidenceOf(edge)) };
}
