/** Which nodes could have seen what was told, and what their silence means. */
import { expect, test } from 'vitest';
import { HOUR_MS, isDisputed, isOneSided } from '../../src/domain/edge.ts';
import type { Evidence, Testimony } from '../../src/domain/edge.ts';
import type { Identity } from '../../src/domain/identity.ts';
import { ip } from '../../src/domain/ip.ts';
import type { NodeWindow } from '../../src/store/node-windows.ts';
import { openStore } from '../../src/store/store.ts';
import { evidence, HOUR, podLease } from './samples.ts';

const MINUTE_MS = 60_000;
/** Minutes after HOUR. */
const NOW = 50;

type NodeIdentity = Identity & { readonly kind: 'node' };

const node = (name: string, address: string): NodeIdentity => ({ kind: 'node', name, address: ip(address) });
const NODE_A = node('node-a', '192.168.100.1');
const NODE_B = node('node-b', '192.168.100.2');
const NODE_C = node('node-c', '192.168.100.3');
const OUTSIDE: Identity = { kind: 'external', address: ip('93.184.215.14') };

/** Pods by lease: web-1 and web-2 on node-a, db-0 on node-b, db-1 on node-a, db-2 nobody knows where. */
const HOSTS: Readonly<Record<string, string>> = {
  'web-1': 'node-a',
  'web-2': 'node-a',
  'db-0': 'node-b',
  'db-1': 'node-a',
  'db-2': '',
};

/** Told of web-1 -> db-0 after so many minutes. */
function told(witness: string, minutes: number, given: Partial<Evidence> = {}): Evidence {
  const first = HOUR + minutes * MINUTE_MS;
  return evidence({
    clientLease: 'web-1',
    serverLease: 'db-0',
    witness,
    hour: first - (first % HOUR_MS),
    first,
    last: first,
    ...given,
  });
}

/** `node` put its address in the client's place. */
const rewritten = (by: NodeIdentity, given: Partial<Evidence> = {}): Evidence =>
  told(by.name, 10, { view: { seen: by, ownNode: false }, ...given });

const fromNode = (client: Identity, witness: string, given: Partial<Evidence> = {}): Evidence =>
  told(witness, 10, { client, clientLease: 'node', ...given });

/** `web-1` dialled a port of this node. */
const toNode = (server: Identity, witness: string): Evidence =>
  told(witness, 10, { server, serverLease: 'node', port: 30080 });

/** Minutes after HOUR. */
function watched(name: string, from = -5, until = NOW, dropped = 0): NodeWindow {
  const [start, end] = [HOUR + from * MINUTE_MS, HOUR + until * MINUTE_MS];
  return { node: name, start, end, dropped, skipped: {} };
}

const ALL_WATCHED = [watched('node-a'), watched('node-b'), watched('node-c')];

/** Of the edge to `db`'s port 5432 from the client of the first row. */
function testimonyOf(rows: readonly Evidence[], windows: readonly NodeWindow[] = ALL_WATCHED): Testimony {
  const store = openStore(':memory:');
  try {
    for (const [lease, host] of Object.entries(HOSTS)) {
      const held = podLease(lease, `shop/${lease}`, '10.0.0.1');
      store.leases.put([{ ...held, holder: { ...held.holder, node: host } as typeof held.holder }]);
    }
    store.edges.record(rows);
    store.nodeWindows.add(windows);
    const client = JSON.stringify(rows[0]?.client);
    const edge = store.edges
      .all()
      .find((each) => each.port === 5432 && JSON.stringify(each.client) === client);
    if (edge === undefined) throw new Error('there is no such edge');
    return edge.testimony;
  } finally {
    store.close();
  }
}

const agreed = { agreed: 1, oneSided: 0, disputed: 0 };
const oneSided = { agreed: 0, oneSided: 1, disputed: 0 };
const disputed = { agreed: 0, oneSided: 0, disputed: 1 };
const pending = { agreed: 0, oneSided: 0, disputed: 0 };

test.each<[string, Evidence[], Testimony]>([
  ['what both nodes tell is agreed', [told('node-a', 10), told('node-b', 10)], agreed],
  ['what the client’s node alone tells is disputed', [told('node-a', 10)], disputed],
  ['what the server’s node alone tells as well', [told('node-b', 10)], disputed],
  ['on one node there is one witness', [told('node-a', 10, { serverLease: 'db-1' })], agreed],
  ['a pod that may be anywhere disputes nothing', [told('node-a', 10, { serverLease: 'db-2' })], agreed],
  [
    'outside the cluster nobody watches',
    [told('node-b', 10, { client: OUTSIDE, clientLease: null })],
    agreed,
  ],
  ['a node’s own traffic has two witnesses', [fromNode(NODE_A, 'node-a')], disputed],
  ['a node’s own traffic, agreed', [fromNode(NODE_A, 'node-a'), fromNode(NODE_A, 'node-b')], agreed],
  ['a node and its own pod have one', [fromNode(NODE_B, 'node-b')], agreed],
])('%s', (_what, rows, expected) => {
  expect(testimonyOf(rows)).toEqual(expected);
});

test('each pair of leases and each hour is weighed by itself', () => {
  const rows = [
    ...['node-a', 'node-b'].map((witness) => told(witness, 10, { opened: 4, present: 1 })),
    told('node-a', 10, { clientLease: 'web-2', opened: 2, present: 3 }),
    told('node-a', -2, { opened: 5 }),
  ];
  expect(testimonyOf(rows)).toEqual({ agreed: 4, oneSided: 0, disputed: 8 });
});

test('two nodes may put one connection into two hours', () => {
  expect(testimonyOf([told('node-a', -0.1), told('node-b', 0.1)])).toEqual({ ...agreed, agreed: 2 });
  expect(testimonyOf([told('node-a', -1), told('node-b', 1)])).toEqual({ ...disputed, disputed: 2 });
});

test('what was only found alive opened earlier, when both nodes saw it', () => {
  const alive = told('node-a', 10, { opened: 0, answered: 0, present: 1 });
  const opening = ['node-a', 'node-b'].map((witness) => told(witness, -4));
  expect(testimonyOf([alive, ...opening])).toEqual({ ...agreed, agreed: 2 });
  expect(testimonyOf([alive])).toEqual(disputed);
});

const A = watched('node-a');
test.each<[string, NodeWindow[], Testimony]>([
  ['a node that nobody watched', [A], oneSided],
  ['a node that lost events then', [A, watched('node-b', -5, NOW, 1)], oneSided],
  [
    'a node that lost events in another hour',
    [A, watched('node-b', -5, 0, 1), watched('node-b', 0)],
    disputed,
  ],
  ['an agent that started later', [A, watched('node-b', 11)], oneSided],
  ['an agent that was away then', [A, watched('node-b', -5, 8), watched('node-b', 12)], oneSided],
  [
    'an agent that was away earlier and later',
    [A, watched('node-b', 5, 20), watched('node-b', 25)],
    disputed,
  ],
  ['an agent that stopped before', [A, watched('node-b', -5, 8)], oneSided],
  ['an agent whose batch is late', [watched('node-a', -5, 11), watched('node-b', -5, 10)], pending],
  ['a batch that was just taken in', [watched('node-a', -5, 11), watched('node-b', -5, 10.3)], pending],
  ['a batch in which it would have been', [watched('node-a', -5, 11), watched('node-b', -5, 10.6)], disputed],
])('the silence of %s', (_what, windows, expected) => {
  expect(testimonyOf([told('node-a', 10)], windows)).toEqual(expected);
});

test('of what goes on, only the time watched can be disputed, and that is enough', () => {
  const row = told('node-a', 10, { last: HOUR + 40 * MINUTE_MS });
  expect(testimonyOf([row], [A, watched('node-b', -5, 20)])).toEqual(disputed);
  expect(testimonyOf([row], [A, watched('node-b', -5, 20), watched('node-b', 30)])).toEqual(oneSided);
  expect(testimonyOf([row], [A, watched('node-b', 20)])).toEqual(oneSided);
});

test.each<[string, Evidence[], Testimony]>([
  ['rewritten by its node', [rewritten(NODE_A), fromNode(NODE_A, 'node-b')], agreed],
  ['rewritten by its node, and never received', [rewritten(NODE_A)], disputed],
  [
    'from outside through a node port',
    [rewritten(NODE_A, { client: OUTSIDE, clientLease: null }), fromNode(NODE_A, 'node-b')],
    agreed,
  ],
  [
    'from outside through a node port, and never received',
    [rewritten(NODE_A, { client: OUTSIDE, clientLease: null })],
    disputed,
  ],
  [
    'through a third node’s port',
    [rewritten(NODE_C), toNode(NODE_C, 'node-a'), fromNode(NODE_C, 'node-b')],
    agreed,
  ],
  [
    'through a third node’s port, which the client’s node never saw dialled',
    [rewritten(NODE_C), fromNode(NODE_C, 'node-b')],
    disputed,
  ],
  ['through a port of the server’s node', [told('node-b', 10), toNode(NODE_B, 'node-a')], agreed],
  ['through a port of another node', [told('node-b', 10), toNode(NODE_C, 'node-a')], disputed],
  [
    'rewritten to an address that nobody knows',
    [rewritten(NODE_A, { view: { seen: OUTSIDE, ownNode: false } })],
    disputed,
  ],
])('%s', (_what, rows, expected) => {
  expect(testimonyOf(rows)).toEqual(expected);
});

test('an edge is disputed when all of it is, and one-sided when nothing of it is agreed', () => {
  const of = (testimony: Testimony): boolean[] => [isDisputed({ testimony }), isOneSided({ testimony })];
  expect(of(disputed)).toEqual([true, false]);
  expect(of(oneSided)).toEqual([false, true]);
  expect(of({ ...oneSided, disputed: 9 })).toEqual([false, true]);
  expect(of({ agreed: 1, oneSided: 9, disputed: 9 })).toEqual([false, false]);
  expect(of(pending)).toEqual([false, false]);
});
