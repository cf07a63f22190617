import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Edge } from '../../src/domain/edge.ts';
import { edgeKeyText } from '../../src/domain/edge.ts';
import type { Identity } from '../../src/domain/identity.ts';
import { ip } from '../../src/domain/ip.ts';
import type { EdgeFilter } from '../../src/store/edges.ts';
import { openStore } from '../../src/store/store.ts';
import type { Store } from '../../src/store/store.ts';
import { DB, evidence, HOUR, NEXT_HOUR, podLease, WEB, workload } from './samples.ts';

const NODE: Identity = { kind: 'node', name: 'node-a', address: ip('192.168.100.1') };
const OUTSIDE: Identity = { kind: 'external', address: ip('93.184.215.14') };

let store: Store;
beforeEach(() => {
  store = openStore(':memory:');
});
afterEach(() => store.close());

function onlyEdge(): Edge {
  const [edge, ...more] = store.edges.all();
  expect(more).toEqual([]);
  if (edge === undefined) throw new Error('there is no edge');
  return edge;
}

/** The keys of the whole list. */
function keys(filter: EdgeFilter): string[] {
  const { edges, next } = store.edges.list(filter, { limit: 100, after: null });
  expect(next).toBeNull();
  return edges.map(edgeKeyText);
}

describe('recording', () => {
  test('one row of evidence is one edge with everything it said', () => {
    store.edges.record([evidence({ service: { namespace: 'shop', name: 'db' }, present: 2, bytes: 700 })]);
    expect(onlyEdge()).toEqual({
      client: WEB,
      server: DB,
      protocol: 'tcp',
      port: 5432,
      hours: [{ hour: HOUR, opened: 1, present: 2, answered: 1, bytes: 700 }],
      firstSeen: HOUR,
      lastSeen: HOUR + 1000,
      views: [{ seen: WEB, ownNode: false }],
      services: [{ namespace: 'shop', name: 'db' }],
      witnesses: ['node-a'],
      testimony: { agreed: 2, oneSided: 0, disputed: 0 },
      clientPods: { names: ['pod/web-1/10.0.0.1/1'], count: 1 },
      serverPods: { names: ['pod/db-0/10.0.0.9/1'], count: 1 },
    });
  });

  test('the same key again: counts are summed, presence is the maximum, first and last widen', () => {
    const first = evidence({
      opened: 2,
      present: 5,
      answered: 1,
      bytes: 10,
      first: HOUR + 50,
      last: HOUR + 60,
    });
    const second = evidence({
      opened: 3,
      present: 4,
      answered: 3,
      bytes: 20,
      first: HOUR + 10,
      last: HOUR + 55,
    });
    store.edges.record([first]);
    store.edges.record([second]);
    const merged = { opened: 5, present: 5, answered: 4, bytes: 30 };
    expect(onlyEdge().hours).toEqual([{ hour: HOUR, ...merged }]);
    expect(store.edges.evidenceOf(first)).toEqual([
      { ...first, ...merged, first: HOUR + 10, last: HOUR + 60 },
    ]);
  });

  test('evidence outside every lease merges with its like, too', () => {
    const row = evidence({ client: OUTSIDE, clientLease: null });
    store.edges.record([row, row]);
    store.edges.record([row]);
    expect(store.edges.evidenceOf(row)).toEqual([{ ...row, opened: 3, answered: 3 }]);
  });

  test('a connection that two nodes saw counts once; hours come in order', () => {
    store.edges.record([evidence({ hour: NEXT_HOUR, opened: 7 }), evidence({ opened: 4 })]);
    store.edges.record([evidence({ witness: 'node-b', opened: 6 })]);
    expect(onlyEdge().hours.map(({ hour, opened }) => [hour, opened])).toEqual([
      [HOUR, 6],
      [NEXT_HOUR, 7],
    ]);
    expect(onlyEdge().witnesses).toEqual(['node-a', 'node-b']);
  });

  test('views and Services are distinct and sorted; evidence without a Service names none', () => {
    const views = [
      { seen: WEB, ownNode: false },
      { seen: NODE, ownNode: true },
      { seen: NODE, ownNode: false },
    ];
    const services = [{ namespace: 'shop', name: 'db' }, { namespace: 'shop', name: 'alias' }, null];
    store.edges.record(views.flatMap((view) => services.map((service) => evidence({ view, service }))));
    expect(onlyEdge().views).toEqual([views[2], views[1], views[0]]);
    expect(onlyEdge().services).toEqual([services[1], services[0]]);
  });

  test('all that one evidence needs is rolled back with it, and can be recorded again', () => {
    const row = evidence({ service: { namespace: 'shop', name: 'db' }, view: { seen: NODE, ownNode: true } });
    const failing = () =>
      store.transaction(() => {
        store.edges.record([row]);
        throw new Error('the day is over');
      });
    expect(failing).toThrow('the day is over');
    expect(store.edges.all()).toEqual([]);
    store.edges.record([row]);
    expect(store.edges.evidenceOf(row)).toEqual([row]);
  });

  test('one bad row keeps the whole call out', () => {
    const bad = evidence({ opened: 0.5 });
    expect(() => store.edges.record([evidence(), bad])).toThrow(/cannot store REAL value in INTEGER column/);
    expect(store.edges.all()).toEqual([]);
  });
});

describe('pods of an edge', () => {
  test('are named by their leases when these are known, and counted once a name', () => {
    store.leases.put([
      podLease('a', 'shop/web-1', '10.0.0.1'),
      podLease('b', 'shop/web-1', 'fd00::1'),
      podLease('c', 'shop/web-0', '10.0.0.2'),
    ]);
    store.edges.record(['a', 'b', 'c', 'unknown'].map((clientLease) => evidence({ clientLease })));
    expect(onlyEdge().clientPods).toEqual({ names: ['shop/web-0', 'shop/web-1', 'unknown'], count: 3 });
  });

  test('are a sample of the 16 smallest names, with the whole count', () => {
    const names = Array.from({ length: 20 }, (_, index) => `pod-${String(index).padStart(2, '0')}`);
    store.edges.record(names.toReversed().map((serverLease) => evidence({ serverLease })));
    expect(onlyEdge().serverPods).toEqual({ names: names.slice(0, 16), count: 20 });
  });

  test('are none at an end that is not a workload', () => {
    store.edges.record([evidence({ client: NODE, clientLease: 'node/node-a' })]);
    expect(onlyEdge().clientPods).toEqual({ names: [], count: 0 });
  });
});

describe('listing', () => {
  const rows = [
    evidence(),
    evidence({ client: workload('shop/api'), port: 6432 }),
    evidence({ server: workload('dns/coredns'), protocol: 'udp', port: 53 }),
    evidence({ client: workload('dns/web'), server: OUTSIDE, serverLease: null, port: 443 }),
    evidence({ client: NODE, server: workload('shop/api'), port: 8080 }),
  ];
  beforeEach(() => store.edges.record(rows));

  test.each<[EdgeFilter, number[]]>([
    [{}, [0, 1, 2, 3, 4]],
    [{ namespace: 'shop' }, [0, 1, 2, 4]],
    [{ namespace: 'dns' }, [2, 3]],
    [{ workload: 'web' }, [0, 2, 3]],
    [{ namespace: 'shop', workload: 'web' }, [0, 2]],
    [{ namespace: 'dns', workload: 'api' }, []],
    [{ protocol: 'udp' }, [2]],
    [{ port: 5432 }, [0]],
    [{ workload: 'api', port: 8080 }, [4]],
    [{ namespace: 'nowhere' }, []],
  ])('%j', (filter, expected) => {
    expect(keys(filter)).toEqual(expected.map((index) => edgeKeyText(rows[index] ?? evidence())).toSorted());
  });

  test.each([{}, { namespace: 'shop' }])(
    'pages of %j hold each edge once, also when edges come between',
    (filter) => {
      const whole = keys(filter);
      const paged: string[] = [];
      let after: string | null = null;
      let pages = 0;
      do {
        const page: ReturnType<Store['edges']['list']> = store.edges.list(filter, { limit: 2, after });
        paged.push(...page.edges.map(edgeKeyText));
        after = page.next;
        pages += 1;
        // It sorts before every other edge, so that paging by offset would show one twice.
        if (pages === 1) store.edges.record([evidence({ client: workload('aaa/first') })]);
      } while (after !== null && pages < 10);
      expect(paged).toEqual(whole);
      expect(pages).toBe(Math.ceil(whole.length / 2));
    },
  );

  test('the list is whole, in the order of the keys', () => {
    expect(store.edges.list({}, { limit: 5, after: null })).toEqual({ edges: store.edges.all(), next: null });
    expect(store.edges.all().map(edgeKeyText)).toEqual(rows.map(edgeKeyText).toSorted());
  });

  test.each([
    '',
    'x',
    '%%%',
    Buffer.from('edge1 ').toString('base64url'),
    Buffer.from('other').toString('base64'),
  ])('the cursor %j is refused', (after) => {
    expect(() => store.edges.list({}, { limit: 2, after })).toThrow(
      expect.objectContaining({ code: 'bad-cursor' }),
    );
  });

  test('evidence of an edge that does not exist is empty', () => {
    expect(store.edges.evidenceOf(evidence({ port: 1 }))).toEqual([]);
  });
});
