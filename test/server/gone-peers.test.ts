/** A server that restarts while peers have no pods: what runs now and then is drafted from its template, what is gone is told. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Draft } from '../../src/recommend/draft.ts';
import { recommendationFor } from '../../src/server/analysis.ts';
import type { AskedDrafts } from '../../src/server/routes/asked-drafts.ts';
import { Live } from '../../src/server/live.ts';
import { openStore } from '../../src/store/store.ts';
import type { Store } from '../../src/store/store.ts';
import { flow } from '../world.ts';

const START = Date.parse('2026-11-21T23:00:00Z');
const KNOWN = { nodeCidrs: [], controlPlaneCidrs: [] };
const TIME = new Date(START - 900_000).toISOString().replace('.000', '');

interface Owner {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
}

const owned = ({ apiVersion, kind, name }: Owner) => ({
  ownerReferences: [{ apiVersion, kind, name, uid: `${kind}/${name}`, controller: true }],
});

function object({ apiVersion, kind, name }: Owner, more: object = {}, owner: Owner | null = null) {
  const metadata = { name, namespace: 'shop', uid: `${kind}/${name}`, creationTimestamp: TIME };
  return { apiVersion, kind, metadata: { ...metadata, ...(owner !== null && owned(owner)) }, ...more };
}

const of = (apiVersion: string, kind: string, name: string): Owner => ({ apiVersion, kind, name });
const template = (app: string) => ({
  metadata: { labels: { app } },
  spec: { containers: [{ name: 'main' }] },
});

function pod(app: string, podIP: string, owner: Owner): unknown {
  const { metadata, ...rest } = object(
    of('v1', 'Pod', `${app}-1`),
    {
      spec: { nodeName: 'node-a', containers: [{ name: 'main' }] },
      status: {
        phase: 'Running',
        podIP,
        startTime: TIME,
        conditions: [{ type: 'PodReadyToStartContainers', status: 'True', lastTransitionTime: TIME }],
      },
    },
    owner,
  );
  return { ...rest, metadata: { ...metadata, labels: { app } } };
}

const node = {
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name: 'node-a', uid: 'a', creationTimestamp: TIME },
  spec: { podCIDR: '10.244.1.0/24' },
  status: {},
};

function deployment(app: string, replicas: number): unknown[] {
  const spec = { replicas, selector: { matchLabels: { app } }, template: template(app) };
  const [owner, set] = [of('apps/v1', 'Deployment', app), of('apps/v1', 'ReplicaSet', `${app}-5d8f`)];
  return [object(owner, { spec }), object(set, {}, owner)];
}
const setOf = (app: string) => of('apps/v1', 'ReplicaSet', `${app}-5d8f`);

const cronJob = object(of('batch/v1', 'CronJob', 'report'), {
  spec: { schedule: '0 3 * * *', jobTemplate: { spec: { template: template('report') } } },
});
const job = object(of('batch/v1', 'Job', 'report-29'), {}, of('batch/v1', 'CronJob', 'report'));

const db = [...deployment('db', 1), pod('db', '10.244.1.2', setOf('db'))];
const running = [
  ...deployment('worker', 1),
  pod('worker', '10.244.1.3', setOf('worker')),
  cronJob,
  job,
  pod('report', '10.244.1.4', of('batch/v1', 'Job', 'report-29')),
];
const old = [...deployment('old', 1), pod('old', '10.244.1.5', setOf('old'))];

let folder: string;
let store: Store;
let live: Live;

function start(...objects: readonly unknown[]): void {
  store = openStore(join(folder, 'server.db'));
  live = new Live(store, { timing: { slackMs: 2000, deadlineMs: 60_000 }, now: () => START + 60_000 });
  live.nodeLease('node-a', START, { observedAt: START, isNews: true });
  for (const each of objects)
    expect(live.event({ observedAt: START, type: 'ADDED', object: each })).toBeNull();
  for (let at = START + 1000; at < START + 60_000; at += 1000)
    live.nodeLease('node-a', at, { observedAt: at, isNews: true });
  live.synced();
}

async function restart(...objects: readonly unknown[]): Promise<void> {
  await live.close();
  store.close();
  start(...objects);
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'netscribe-gone-'));
  start(node, ...db, ...running, ...old);
  await live.accept({
    version: 1,
    nodeUid: '',
    nodeName: 'node-a',
    bootId: '',
    epoch: 'ab'.repeat(16),
    sequence: 1,
    windowStart: START + 5000,
    windowEnd: START + 6000,
    sentAt: START + 6000,
    readLagMs: 50,
    source: { kind: 'netlink', accounting: false, timestamps: false },
    losses: { dropped: 0, skipped: {} },
    flows: [3, 4, 5].map((last) =>
      flow(`10.244.1.${last}:41000 > 10.244.1.2:5432 tcp`, { second: START / 1000 + 5 }),
    ),
  });
  expect(live.settle()).toBe(1);
});
afterAll(async () => {
  await live.close();
  store.close();
  rmSync(folder, { recursive: true });
});

function outcome(options: AskedDrafts['options'] = {}) {
  const { outcomes } = recommendationFor(live.analysed(KNOWN), { include: [], options });
  const found = outcomes.find(({ workload: { name } }) => ['db', 'shop'].includes(name));
  return found ?? expect.fail('no outcome for shop/db');
}

function draft(options: AskedDrafts['options'] = {}): Draft {
  const found = outcome(options);
  return found.kind === 'draft' ? found : expect.fail(found.sentence);
}

const clients = ({ policy }: Draft) =>
  policy.spec.ingress?.flatMap(({ from }) => from?.map((peer) => peer.podSelector?.matchLabels) ?? []);

const [WORKER, REPORT, OLD] = [{ app: 'worker' }, { app: 'report' }, { app: 'old' }];

describe('while everything runs', () => {
  test('each client has its rule', () => {
    expect(clients(draft())).toEqual([OLD, REPORT, WORKER]);
  });
});

describe('after a restart, without a pod of any client', () => {
  test('a Deployment of no replicas and a CronJob between its runs are drafted from their templates', async () => {
    await restart(node, ...db, ...deployment('worker', 0), ...deployment('old', 0), cronJob);
    expect(clients(draft())).toEqual([OLD, REPORT, WORKER]);
  });

  test('a Deployment that was deleted leaves no draft for who it talked to, which says how to go on', async () => {
    await restart(node, ...db, ...deployment('worker', 0), cronJob);
    expect(outcome()).toMatchObject({
      kind: 'omitted',
      code: 'peer-not-selectable',
      sentence:
        'it talks to shop/old (its object and pods are gone), which no selector can name; label them, or leave them out with exclude=peer=NAMESPACE/NAME, or all that are gone for good with gone=leave-out',
    });
  });

  test('a person may leave out what is gone: the draft names it', async () => {
    await restart(node, ...db, ...deployment('worker', 0), cronJob);
    const left = draft({ gone: 'leave-out' });
    expect(clients(left)).toEqual([REPORT, WORKER]);
    expect(left.leftOut).toEqual([
      {
        edge: 'workload:shop/Deployment/old -> workload:shop/Deployment/db:5432/tcp',
        reason: 'gone',
        option: 'gone=leave-out',
      },
    ]);
    expect(left.caveats.map(({ sentence }) => sentence)).toContain(
      'recorded connections with shop/old are left out by gone=leave-out; the draft denies them unless another rule allows them',
    );
  });

  test('a policy for a whole namespace needs nothing of what is gone from it', async () => {
    await restart(node, ...db, ...deployment('worker', 0), cronJob);
    const whole = draft({ granularity: 'namespace' });
    expect([clients(whole), whole.leftOut]).toEqual([[undefined], []]);
  });
});

test('who comes back under its name has its rule again', async () => {
  await restart(node, ...db, ...deployment('worker', 0), ...deployment('old', 1), cronJob);
  expect(clients(draft())).toEqual([OLD, REPORT, WORKER]);
});
