/** The live side as the server drives it: watch events and batches in, edges out, only when the kubelets have reported. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { edgeKeyText } from '../../src/domain/edge.ts';
import { ip } from '../../src/domain/ip.ts';
import { Live } from '../../src/server/live.ts';
import { openStore } from '../../src/store/store.ts';
import type { Store } from '../../src/store/store.ts';
import type { Batch } from '../../src/wire/batch.ts';
import { flow } from '../world.ts';

const START = Date.parse('2026-11-21T23:00:00Z');
const KNOWN = { nodeCidrs: [], controlPlaneCidrs: [] };
let folder: string;
let store: Store;
let live: Live;
let now = START;

beforeEach(() => {
  now = START;
  folder = mkdtempSync(join(tmpdir(), 'netscribe-live-'));
  open();
});
afterEach(async () => {
  await close();
  rmSync(folder, { recursive: true });
});

function open(): void {
  store = openStore(join(folder, 'server.db'));
  live = new Live(store, { timing: { slackMs: 2000, deadlineMs: 60_000 }, now: () => now });
}

async function close(): Promise<void> {
  await live.close();
  store.close();
}

function listed(...objects: readonly unknown[]): void {
  for (const object of objects) expect(live.event({ observedAt: now, type: 'ADDED', object })).toBeNull();
  live.synced();
}

function seconds(after: number): string {
  return new Date(START + after * 1000).toISOString().replace('.000', '');
}

const node = {
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name: 'node-a', uid: 'a', creationTimestamp: seconds(-900) },
  spec: { podCIDR: '10.244.1.0/24' },
  status: {},
};

function pod(name: string, podIP: string, started: number, nodeName = 'node-a'): unknown {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace: 'shop',
      uid: name,
      creationTimestamp: seconds(started),
      labels: { app: name },
    },
    spec: { nodeName, containers: [{ name: 'main' }] },
    status: {
      phase: 'Running',
      podIP,
      startTime: seconds(started),
      conditions: [
        { type: 'PodReadyToStartContainers', status: 'True', lastTransitionTime: seconds(started) },
      ],
    },
  };
}

const otherNode = { ...node, metadata: { ...node.metadata, name: 'node-b', uid: 'b' } };

const web = pod('web', '10.244.1.2', -600);
const db = pod('db', '10.244.1.3', -600);

function batch(sequence: number, second: number): Batch {
  return {
    version: 1,
    nodeUid: '',
    nodeName: 'node-a',
    bootId: '',
    epoch: 'ab'.repeat(16),
    sequence,
    windowStart: START + second * 1000,
    windowEnd: START + second * 1000 + 1000,
    sentAt: START + second * 1000 + 1000,
    readLagMs: 50,
    source: { kind: 'netlink', accounting: false, timestamps: false },
    losses: { dropped: 0, skipped: {} },
    flows: [flow('10.244.1.2:41000 > 10.244.1.3:5432 tcp', { second: START / 1000 + second })],
  };
}

function edges(): string[] {
  return store.edges
    .all()
    .map((edge) => `${edgeKeyText(edge)} ${edge.hours.reduce((sum, hour) => sum + hour.opened, 0)}`);
}

const WEB_TO_DB = 'workload:shop/Pod/web -> workload:shop/Pod/db:5432/tcp';

describe('flows wait for the kubelets', () => {
  test('and become edges when the frontier has passed their second', async () => {
    listed(node, web, db);
    live.nodeLease('node-a', START, { observedAt: START, isNews: false });
    now = START + 6000;
    await live.accept(batch(1, 5));
    expect([live.settle(), edges()]).toEqual([0, []]);
    live.nodeLease('node-a', START + 7000, { observedAt: START + 7000, isNews: false });
    expect([live.settle(), edges()]).toEqual([0, []]);
    live.nodeLease('node-a', START + 9500, { observedAt: START + 9500, isNews: false });
    expect([live.settle(), edges()]).toEqual([1, [`${WEB_TO_DB} 1`]]);
    expect(store.inbox.counts()).toEqual({ accepted: 1, pending: 0 });
    expect(live.analysed(KNOWN).recommendation.outcomes.map((outcome) => outcome.kind)).toEqual([
      'draft',
      'draft',
    ]);
  });

  test('a pod that was replaced meanwhile gets nothing of its successor', async () => {
    live.nodeLease('node-a', START, { observedAt: START, isNews: true });
    listed(node, web, db);
    now = START + 6000;
    await live.accept(batch(1, 5));
    const gone = {
      ...(db as { metadata: object }),
      metadata: {
        ...(db as { metadata: object }).metadata,
        deletionTimestamp: seconds(31),
        deletionGracePeriodSeconds: 30,
      },
    };
    live.event({ observedAt: START + 4000, type: 'MODIFIED', object: gone });
    live.event({ observedAt: START + 4000, type: 'DELETED', object: gone });
    live.event({ observedAt: START + 6000, type: 'ADDED', object: pod('cache', '10.244.1.3', 4) });
    live.nodeLease('node-a', START + 20_000, { observedAt: START + 20_000, isNews: false });
    live.settle();
    expect(edges()).toEqual(['workload:shop/Pod/web -> workload:shop/Pod/cache:5432/tcp 1']);
  });

  test('only what is on a node whose kubelet is silent waits longer, and is edges when it speaks again', async () => {
    const away = pod('away', '10.244.2.9', -600, 'node-b');
    listed(node, otherNode, web, db, away);
    live.nodeLease('node-b', START, { observedAt: START, isNews: false });
    now = START + 40_000;
    const both = batch(1, 5);
    const silent = flow('10.244.1.2:41000 > 10.244.2.9:5432 tcp', { second: START / 1000 + 5 });
    await live.accept({ ...both, sentAt: now, flows: [...both.flows, silent] });
    live.nodeLease('node-a', now, { observedAt: now, isNews: false });
    expect([live.settle(), edges()]).toEqual([1, [`${WEB_TO_DB} 1`]]);
    expect([live.settle(), store.inbox.counts()]).toEqual([0, { accepted: 1, pending: 1 }]);
    now = START + 50_000;
    live.nodeLease('node-a', now, { observedAt: now, isNews: false });
    live.nodeLease('node-b', now, { observedAt: now, isNews: false });
    expect(live.settle()).toBe(1);
    expect(edges()).toEqual(['workload:shop/Pod/web -> workload:shop/Pod/away:5432/tcp 1', `${WEB_TO_DB} 1`]);
    expect(store.inbox.counts()).toEqual({ accepted: 1, pending: 0 });
    expect(store.unattributed.list()).toEqual([]);
    expect(store.nodeWindows.list()).toHaveLength(1);
  });

  test('a node whose clock is 5 s ahead speaks of what was 5 s ago', async () => {
    listed(node, web, db);
    now = START + 6000;
    await live.accept({ ...batch(1, 10), sentAt: now + 5_000 });
    live.nodeLease('node-a', START + 14_500, { observedAt: START + 9_500, isNews: false });
    expect(live.settle()).toBe(1);
    const [edge] = store.edges.all();
    expect(edge?.firstSeen).toBe(START + 5_000 - 75);
  });

  test('but not for ever: after the deadline they are kept as unattributed, with the reason', async () => {
    listed(node, web, db);
    live.nodeLease('node-a', START, { observedAt: START, isNews: false });
    now = START + 6000;
    await live.accept(batch(1, 5));
    now = START + 70_000;
    expect([live.settle(), edges()]).toEqual([1, []]);
    expect(store.unattributed.list()).toMatchObject([{ reason: 'frontier', count: 1 }]);
  });
});

test('a server that was away counts nothing twice, and still knows who held what before', async () => {
  listed(node, web, db);
  now = START + 6000;
  await live.accept(batch(1, 5));
  live.nodeLease('node-a', START + 9500, { observedAt: START + 9500, isNews: false });
  live.settle();
  now = START + 9000;
  await live.accept(batch(2, 8));
  await close();
  open();
  now = START + 20_000;
  listed(node, web);
  await live.accept(batch(1, 5));
  await live.accept(batch(2, 8));
  live.nodeLease('node-a', START + 19_000, { observedAt: START + 19_000, isNews: false });
  expect(live.settle()).toBe(1);
  // db vanished while nobody looked: whether it still held its address in second 8 nobody can say.
  expect(edges()).toEqual([`${WEB_TO_DB} 1`]);
  expect(store.unattributed.list()).toEqual([]);
  now = START + 80_000;
  live.settle();
  expect(store.unattributed.list()).toMatchObject([{ reason: 'ambiguous', end: 'server', count: 1 }]);
  expect(store.leases.around(ip('10.244.1.2'), null)).toHaveLength(1);
});

test('a restart with everything still there goes on as if nothing had been', async () => {
  listed(node, web, db);
  live.settle();
  await close();
  open();
  now = START + 6000;
  listed(node, web, db);
  await live.accept(batch(1, 5));
  live.nodeLease('node-a', START + 9500, { observedAt: START + 9500, isNews: false });
  live.settle();
  expect(edges()).toEqual([`${WEB_TO_DB} 1`]);
  expect(store.leases.all().filter((lease) => lease.holder.kind === 'pod')).toHaveLength(2);
});

test('a restart reads what was told before by the clock that it was told by: no bound of a node 2 s ahead widens', async () => {
  live.nodeLease('node-a', START + 2000, { observedAt: START, isNews: true });
  // By its node's clock it started 2 s ago, and by ours 4 s ago.
  listed(node, web, pod('db', '10.244.1.3', -2));
  live.settle();
  const before = store.leases.all();
  await close();
  open();
  now = START + 5000;
  listed(node, web, pod('db', '10.244.1.3', -2));
  live.settle();
  expect(store.leases.all()).toEqual(before);
});

test('a time in which nobody watched is one still after a restart', async () => {
  listed(node, web, db);
  now = START + 10_000;
  live.kindUnwatched('Pod', START + 4000);
  live.kindSynced('Pod');
  now = START + 13_000;
  await live.accept(batch(1, 12));
  live.nodeLease('node-a', START + 16_500, { observedAt: START + 16_500, isNews: false });
  live.settle();
  await close();
  open();
  now = START + 20_000;
  listed(node, web, db);
  const [lease] = store.leases.around(ip('10.244.1.3'), null);
  const holder = lease?.holder ?? { kind: 'node' as const, name: '' };
  const unwatched = [5, 11, 15].map((second) => {
    const interval = { start: START + second * 1000, end: START + second * 1000 + 1 };
    return live.attribution().unwatchedDuring(interval, holder) !== null;
  });
  expect(unwatched).toEqual([true, false, true]);
});

describe('what a late fact contradicts', () => {
  test('is taken back: the connection goes to whoever held the address, and is counted', async () => {
    listed(node, web, db);
    now = START + 6000;
    await live.accept(batch(1, 5));
    live.nodeLease('node-a', START + 9500, { observedAt: START + 9500, isNews: false });
    live.settle();
    expect(edges()).toEqual([`${WEB_TO_DB} 1`]);
    // Its kubelet held back that db ended before, and that cache had its address since.
    now = START + 60_000;
    live.event({ observedAt: now, type: 'MODIFIED', object: ended(db, 2) });
    live.event({ observedAt: now, type: 'ADDED', object: pod('cache', '10.244.1.3', 3) });
    live.settle();
    expect(edges()).toEqual(['workload:shop/Pod/web -> workload:shop/Pod/cache:5432/tcp 1']);
    expect(store.withdrawn.list()).toMatchObject([{ outcome: 'attributed-anew', count: 1 }]);
  });

  test('is lost where nobody can tell any more, with the reason', async () => {
    listed(node, web, db);
    now = START + 6000;
    await live.accept(batch(1, 5));
    live.nodeLease('node-a', START + 9500, { observedAt: START + 9500, isNews: false });
    live.settle();
    now = START + 60_000;
    // Both could have held it in second 5.
    live.event({ observedAt: now, type: 'MODIFIED', object: ended(db, 5) });
    live.event({ observedAt: now, type: 'ADDED', object: pod('cache', '10.244.1.3', 5) });
    live.settle();
    expect([edges(), store.unattributed.list(), store.inbox.counts().pending]).toEqual([[], [], 1]);
    now += 60_000;
    live.settle();
    expect(store.unattributed.list()).toMatchObject([{ reason: 'ambiguous', end: 'server', count: 1 }]);
    expect(store.withdrawn.list()).toMatchObject([{ outcome: 'ambiguous', count: 1 }]);
    expect(store.inbox.counts().pending).toBe(0);
  });

  test('waits for the next fact, over a restart of the server: the end of the one came before the start of the other', async () => {
    listed(node, web, db);
    now = START + 6000;
    await live.accept(batch(1, 5));
    live.nodeLease('node-a', START + 9500, { observedAt: START + 9500, isNews: false });
    live.settle();
    expect(edges()).toEqual([`${WEB_TO_DB} 1`]);
    now = START + 50_000;
    live.event({ observedAt: now, type: 'MODIFIED', object: ended(db, 2) });
    live.settle();
    expect([edges(), store.unattributed.list()]).toEqual([[], []]);
    await close();
    open();
    now = START + 60_000;
    listed(node, web, ended(db, 2), pod('cache', '10.244.1.3', 3));
    live.settle();
    expect(edges()).toEqual(['workload:shop/Pod/web -> workload:shop/Pod/cache:5432/tcp 1']);
    expect(store.withdrawn.list()).toMatchObject([{ outcome: 'attributed-anew', count: 1 }]);
    expect([store.unattributed.list(), store.inbox.counts().pending]).toEqual([[], 0]);
  });
});

/** The pod as its kubelet reports it once its sandbox is gone. */
function ended(object: unknown, after: number): unknown {
  const running = object as { metadata: object; status: object };
  return {
    ...running,
    metadata: { ...running.metadata, deletionTimestamp: seconds(after + 30), deletionGracePeriodSeconds: 30 },
    status: {
      ...running.status,
      phase: 'Succeeded',
      conditions: [
        { type: 'PodReadyToStartContainers', status: 'False', lastTransitionTime: seconds(after) },
      ],
      containerStatuses: [
        {
          name: 'main',
          state: { terminated: { startedAt: seconds(-590), finishedAt: seconds(after) } },
        },
      ],
    },
  };
}
