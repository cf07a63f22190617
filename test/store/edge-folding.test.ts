/** What the server's node tells of a node's address is what that node told of the clients behind it, and counts once. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { edgeKeyText, HOUR_MS } from '../../src/domain/edge.ts';
import type { Edge, Evidence } from '../../src/domain/edge.ts';
import type { Identity } from '../../src/domain/identity.ts';
import { ip } from '../../src/domain/ip.ts';
import { openStore } from '../../src/store/store.ts';
import type { Store } from '../../src/store/store.ts';
import { modelled } from './edge-model.ts';
import { evidence, HOUR, NEXT_HOUR, podLease, WEB } from './samples.ts';

const NODE: Identity = { kind: 'node', name: 'node-a', address: ip('192.168.100.1') };
const OTHER_NODE: Identity = { kind: 'node', name: 'node-c', address: ip('192.168.100.3') };
const OUTSIDE: Identity = { kind: 'external', address: ip('93.184.215.14') };
const NODE_LEASE = 'node/node-a/192.168.100.1';

/** By node-a, which put its address in the client's place. */
const rewritten = (given: Partial<Evidence> = {}): Evidence =>
  evidence({ view: { seen: NODE, ownNode: false }, witness: 'node-a', ...given });

/** By node-b, on which the server is. */
const received = (given: Partial<Evidence> = {}): Evidence =>
  evidence({ client: NODE, clientLease: NODE_LEASE, witness: 'node-b', ...given });

/** Edges as `who: opened/present by witnesses`. */
function shown(rows: readonly Evidence[]): string[] {
  const store = openStore(':memory:');
  try {
    // The other order must say the same.
    const backwards = openStore(':memory:');
    store.edges.record(rows);
    for (const row of rows.toReversed()) backwards.edges.record([row]);
    expect(backwards.edges.all()).toEqual(store.edges.all());
    backwards.close();
    return store.edges.all().map((edge) => {
      const counts = edge.hours.map(({ opened, present }) => `${opened}/${present}`).join(' ');
      const client = edge.client.kind === 'workload' ? edge.client.workload.name : edge.client.kind;
      return `${client}: ${counts} by ${edge.witnesses.join(' ')}`;
    });
  } finally {
    store.close();
  }
}

describe('a client that its node rewrites', () => {
  test.each<[string, Evidence[], string[]]>([
    ['is one edge with two witnesses', [rewritten(), received()], ['web: 1/0 by node-a node-b']],
    [
      'from outside through a node port as well',
      [rewritten({ client: OUTSIDE, clientLease: null }), received()],
      ['external: 1/0 by node-a node-b'],
    ],
    [
      'leaves to the node what it opened itself beside',
      [rewritten({ opened: 2 }), received({ opened: 5 })],
      ['node: 3/0 by node-b', 'web: 2/0 by node-a node-b'],
    ],
    [
      'and what was present beyond all clients behind the address',
      [
        rewritten({ opened: 0, present: 2 }),
        rewritten({ opened: 0, present: 3, client: OUTSIDE, clientLease: null }),
        received({ opened: 0, present: 6 }),
      ],
      ['external: 0/3 by node-a node-b', 'node: 0/1 by node-b', 'web: 0/2 by node-a node-b'],
    ],
    [
      'several clients are summed',
      [
        rewritten({ opened: 2 }),
        rewritten({ opened: 3, client: OUTSIDE, clientLease: null }),
        received({ opened: 5 }),
      ],
      ['external: 3/0 by node-a node-b', 'web: 2/0 by node-a node-b'],
    ],
    [
      'does not hide what the node tells of itself, and the other is no witness of that',
      [rewritten({ opened: 4 }), received({ opened: 3 }), received({ opened: 2, witness: 'node-a' })],
      ['node: 2/0 by node-a', 'web: 4/0 by node-a node-b'],
    ],
    [
      'two records of it under two Services are one',
      [
        rewritten({ opened: 3 }),
        received(),
        received({ opened: 2, service: { namespace: 'shop', name: 'db' } }),
      ],
      ['web: 3/0 by node-a node-b'],
    ],
    [
      'is not another port',
      [rewritten(), received({ port: 1 })],
      ['node: 1/0 by node-b', 'web: 1/0 by node-a'],
    ],
    [
      'nor another protocol',
      [rewritten(), received({ protocol: 'udp' })],
      ['node: 1/0 by node-b', 'web: 1/0 by node-a'],
    ],
    [
      'nor another pod of the server',
      [rewritten(), received({ serverLease: 'other' })],
      ['node: 1/0 by node-b', 'web: 1/0 by node-a'],
    ],
    [
      'nor another hour',
      [rewritten(), received({ hour: NEXT_HOUR })],
      ['node: 1/0 by node-b', 'web: 1/0 by node-a'],
    ],
    [
      'nor another node',
      [rewritten(), received({ client: OTHER_NODE })],
      ['node: 1/0 by node-b', 'web: 1/0 by node-a'],
    ],
    [
      'nor what only the server’s own node could have rewritten',
      [rewritten({ witness: 'node-b' }), received()],
      ['node: 1/0 by node-b', 'web: 1/0 by node-b'],
    ],
  ])('%s', (_what, rows, expected) => {
    expect(shown(rows)).toEqual(expected);
  });
});

test('what was folded shows through nothing: neither views, nor Services, nor pages', () => {
  const store = openStore(':memory:');
  const service = { namespace: 'shop', name: 'db' };
  store.edges.record([
    rewritten({ opened: 3 }),
    received({ opened: 3, service }),
    received({ witness: 'node-a', view: { seen: NODE, ownNode: true } }),
  ]);
  const page = store.edges.list({ port: 5432 }, { limit: 1, after: null });
  expect(page.edges).toMatchObject([
    { client: NODE, views: [{ seen: NODE, ownNode: true }], services: [], witnesses: ['node-a'] },
  ]);
  const rest = store.edges.list({ port: 5432 }, { limit: 9, after: page.next });
  expect(rest.edges).toMatchObject([{ client: WEB, views: [{ seen: NODE, ownNode: false }], services: [] }]);
  store.close();
});

test('a page is full although edges before its end were folded away', () => {
  const store = openStore(':memory:');
  const ports = [5001, 5002, 5003, 5004, 5005];
  store.edges.record(ports.slice(0, 4).flatMap((port) => [rewritten({ port }), received({ port })]));
  store.edges.record([received({ port: 5005 })]);
  expect(store.edges.all().map(({ client, port }) => [client.kind, port])).toEqual([
    ['node', 5005],
    ...ports.slice(0, 4).map((port) => ['workload', port]),
  ]);
  const first = store.edges.list({}, { limit: 3, after: null });
  const second = store.edges.list({}, { limit: 3, after: first.next });
  expect([...first.edges, ...second.edges]).toEqual(store.edges.all());
  expect([first.edges.length, second.edges.length, second.next]).toEqual([3, 2, null]);
  store.close();
});

const SERVERS = new Map([
  ['db-0', '10.0.0.9'],
  ['db-1', '10.0.0.10'],
]);

const moments = fc.array(
  fc.record({
    end: fc.constantFrom(
      { client: WEB, clientLease: 'web-1' },
      { client: OUTSIDE, clientLease: null },
      { client: NODE, clientLease: NODE_LEASE },
    ),
    isRewritten: fc.boolean(),
    serverLease: fc.constantFrom(...SERVERS.keys()),
    witness: fc.constantFrom('node-a', 'node-b'),
    isLate: fc.boolean(),
    opened: fc.nat({ max: 3 }),
    present: fc.nat({ max: 3 }),
    answered: fc.nat({ max: 3 }),
    recorded: fc.nat({ max: 3 }),
    /** Withdrawn so many calls after it was recorded, perhaps never. */
    lives: fc.nat({ max: 6 }),
  }),
  { maxLength: 16 },
);

test('any order and grouping of recording and withdrawing gives the same edges, those of the naive model', () => {
  fc.assert(
    fc.property(moments, (given) => {
      const all = given
        .filter(({ opened, present, answered }) => opened + present + answered > 0)
        .map(({ end, isRewritten, isLate, recorded, lives, ...row }, index) => {
          const first = (isLate ? NEXT_HOUR : HOUR) + index;
          const seen = isRewritten ? NODE : end.client;
          return {
            recorded,
            gone: recorded + lives,
            row: evidence({
              ...row,
              ...end,
              view: { seen, ownNode: false },
              hour: first - (first % HOUR_MS),
              first,
              last: first,
              during: { start: first, end: first + 1000 },
            }),
          };
        });
      const left = all.filter(({ gone }) => gone > 3).map(({ row }) => row);
      const stepwise = withStore((store) => {
        for (const step of [0, 1, 2, 3]) {
          store.edges.record(all.filter(({ recorded }) => recorded === step).map(({ row }) => row));
          const gone = new Set(all.filter((each) => each.gone === step).map(({ row }) => row.first));
          store.edges.withdraw(
            [...SERVERS.values()]
              .flatMap((address) => store.edges.restingOn(ip(address), ALL_TIME))
              .filter((each) => gone.has(each.evidence.first)),
          );
        }
        return store.edges.all();
      });
      const atOnce = withStore((store) => {
        store.edges.record(left.toReversed());
        return store.edges.all();
      });
      expect(stepwise).toEqual(atOnce);
      expect(stepwise.map(essence)).toEqual(modelled(left).map(essence));
    }),
    { numRuns: 80, seed: 5 },
  );
});

const ALL_TIME = { from: 0, until: Number.MAX_SAFE_INTEGER };

/** Pods are named by their leases where the leases are known, which the model knows nothing of. */
function essence({ hours, views, witnesses, ...key }: Omit<Edge, 'testimony'>): unknown {
  return { key: edgeKeyText(key), hours, views, witnesses, first: key.firstSeen, last: key.lastSeen };
}

function withStore<T>(work: (store: Store) => T): T {
  const store = openStore(':memory:');
  try {
    for (const [lease, address] of SERVERS) store.leases.put([podLease(lease, `shop/${lease}`, address)]);
    return work(store);
  } finally {
    store.close();
  }
}
