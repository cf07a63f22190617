/** Explanations over the whole live side: objects and batches in, the API out, from a real database. */
import type { FastifyInstance } from 'fastify';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { z } from 'zod';
import { apiSources } from '../../src/server/api-sources.ts';
import { buildApp } from '../../src/server/app.ts';
import { Live } from '../../src/server/live.ts';
import { NO_WATCH } from '../../src/server/watch-report.ts';
import { openStore } from '../../src/store/store.ts';
import type { Store } from '../../src/store/store.ts';
import { coverageJson } from '../../src/wire/coverage-json.ts';
import { edgesPage, evidencePage } from '../../src/wire/api.ts';
import { leasesPage } from '../../src/wire/lease-verdict-json.ts';
import { unattributedPage } from '../../src/wire/unattributed-json.ts';
import { flow } from '../world.ts';

const START = Date.parse('2026-11-21T23:00:00Z');
const KNOWN = { nodeCidrs: [], controlPlaneCidrs: [] };
let store: Store;
let live: Live;
let app: FastifyInstance;
let now = START;

beforeEach(() => {
  now = START;
  store = openStore(':memory:');
  live = new Live(store, { timing: { slackMs: 2000, deadlineMs: 60_000 }, now: () => now });
  const sources = apiSources(store, () => live.analysed(KNOWN), {
    watch: () => NO_WATCH,
    attribution: () => live.attribution(),
  });
  app = buildApp(sources, { logger: false, version: '0' });
  for (const object of [NODE, pod('web', '10.244.1.2'), pod('db', '10.244.1.3')])
    expect(live.event({ observedAt: now, type: 'ADDED', object })).toBeNull();
  live.synced();
});
afterEach(async () => {
  await app.close();
  await live.close();
  store.close();
});

function seconds(after: number): string {
  return new Date(START + after * 1000).toISOString().replace('.000', '');
}

const NODE = {
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name: 'node-a', uid: 'a', creationTimestamp: seconds(-900) },
  spec: { podCIDR: '10.244.1.0/24' },
  status: {},
};

function pod(name: string, podIP: string): unknown {
  const at = seconds(-600);
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'shop', uid: name, creationTimestamp: at, labels: { app: name } },
    spec: { nodeName: 'node-a', containers: [{ name: 'main' }] },
    status: {
      phase: 'Running',
      podIP,
      startTime: at,
      conditions: [{ type: 'PodReadyToStartContainers', status: 'True', lastTransitionTime: at }],
    },
  };
}

/** A second of connections of web to db and to an address that no pod ever had. */
async function told(second: number): Promise<void> {
  await live.accept({
    version: 1,
    nodeUid: '',
    nodeName: 'node-a',
    bootId: '',
    epoch: 'ab'.repeat(16),
    sequence: second,
    windowStart: START + second * 1000,
    windowEnd: START + second * 1000 + 1000,
    sentAt: START + second * 1000 + 1000,
    readLagMs: 50,
    source: { kind: 'netlink', accounting: false, timestamps: false },
    losses: { dropped: 0, skipped: {} },
    flows: ['10.244.1.2:41000 > 10.244.1.3:5432 tcp', '10.244.1.2:41001 > 10.244.1.99:80 tcp'].map((text) =>
      flow(text, { second: START / 1000 + second }),
    ),
  });
}

async function read<T extends z.ZodType>(url: string, schema: T): Promise<z.output<T>> {
  const response = await app.inject({ url });
  expect(response.statusCode, response.body).toBe(200);
  return schema.parse(response.json());
}

test('a verdict waits for the kubelet as flows do, and then names what edges rest on', async () => {
  const url = `/api/v1/leases?ip=10.244.1.2&at=${START + 5000}`;
  live.nodeLease('node-a', START, { observedAt: START, isNews: false });
  now = START + 6000;
  await told(5);
  live.settle();
  expect((await read(url, leasesPage)).verdict).toMatchObject({ kind: 'unknown', reason: 'frontier' });
  live.nodeLease('node-a', START + 9500, { observedAt: START + 9500, isNews: false });
  now = START + 10_000;
  live.settle();
  const { verdict } = await read(url, leasesPage);
  expect(verdict).toMatchObject({ kind: 'exact', reason: 'surely-held' });
  const [edge] = (await read('/api/v1/edges', edgesPage)).items;
  const evidence = await read(
    `/api/v1/edges/evidence?key=${encodeURIComponent(edge?.key ?? '')}`,
    evidencePage,
  );
  expect(evidence.items).toMatchObject([
    {
      hour: '2026-11-21T23:00:00.000Z',
      clientLease: {
        id: verdict?.leases[0],
        ip: '10.244.1.2',
        title: 'pod shop/web of shop/web',
        node: 'node-a',
      },
      serverLease: { ip: '10.244.1.3', node: 'node-a' },
      witness: 'node-a',
      opened: 1,
    },
  ]);
});

test('what had no name is told with its reason, in unattributed and in coverage', async () => {
  now = START + 6000;
  await told(5);
  live.nodeLease('node-a', START + 9500, { observedAt: START + 9500, isNews: false });
  live.settle();
  expect((await read('/api/v1/unattributed?since=1h', unattributedPage)).items).toEqual([]);
  // Its pod was not told within the deadline.
  now = START + 70_000;
  live.settle();
  const { items } = await read('/api/v1/unattributed?since=1h', unattributedPage);
  expect(items).toMatchObject([
    {
      reason: 'pod-never-seen',
      end: 'server',
      count: 1,
      examples: [{ flow: '10.244.1.2 > 10.244.1.99:80/tcp', at: '2026-11-21T23:00:04.925Z' }],
    },
  ]);
  const { unattributed } = await read('/api/v1/coverage', coverageJson);
  expect(unattributed).toEqual([
    { reason: 'pod-never-seen', end: 'server', count: 1, example: '10.244.1.2 > 10.244.1.99:80/tcp' },
  ]);
});

test('hours before those asked for are not counted', async () => {
  now = START + 6000;
  store.unattributed.add([
    {
      reason: 'ambiguous',
      end: 'client',
      hour: START - 3_600_000,
      count: 2,
      example: 'old',
      at: START - 3_600_000,
    },
    { reason: 'ambiguous', end: 'client', hour: START, count: 3, example: 'new', at: START },
  ]);
  store.withdrawn.add([
    { outcome: 'attributed-anew', hour: START - 3_600_000, count: 5 },
    { outcome: 'attributed-anew', hour: START, count: 7 },
  ]);
  await told(5);
  live.nodeLease('node-a', START + 9500, { observedAt: START + 9500, isNews: false });
  live.settle();
  const recent = await read(
    '/api/v1/unattributed?reason=ambiguous&since=2026-11-21T23:30:00Z',
    unattributedPage,
  );
  expect(recent.items).toMatchObject([{ count: 3, examples: [{ flow: 'new' }] }]);
  expect(recent.withdrawn).toMatchObject([{ outcome: 'attributed-anew', count: 7 }]);
  const all = await read('/api/v1/unattributed?reason=ambiguous', unattributedPage);
  expect(all.items).toMatchObject([
    { count: 5, examples: [{ flow: 'new' }, { flow: 'old' }], hours: [{ count: 2 }, { count: 3 }] },
  ]);
  expect(all.withdrawn).toMatchObject([{ count: 12 }]);
});
