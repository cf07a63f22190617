/** Explanations over the whole live side: objects and batches in, the API out, from a real database. */
import type { FastifyInstance } from 'fastify';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { z } from 'zod';
import { apiSources } from '../../src/server/api-sources.ts';
import { buildApp } from '../../src/server/app.ts';
import { NO_WATCH } from '../../src/server/watch-report.ts';
import { coverageJson } from '../../src/wire/coverage-json.ts';
import { edgesPage, evidencePage } from '../../src/wire/api.ts';
import { leasesPage } from '../../src/wire/lease-verdict-json.ts';
import { unattributedPage } from '../../src/wire/unattributed-json.ts';
import { batch, DB, KNOWN, LiveShop, NODE, START, WEB } from './live-shop.ts';

let shop: LiveShop;
let app: FastifyInstance;

beforeEach(() => {
  shop = new LiveShop();
  const { live, store } = shop;
  const sources = apiSources(store, () => live.analysed(KNOWN), {
    watch: () => NO_WATCH,
    attribution: () => live.attribution(),
  });
  app = buildApp(sources, { logger: false, version: '0' });
  shop.listed(NODE, WEB, DB);
});
afterEach(async () => {
  await app.close();
  await shop.close();
});

/** A second of connections of web to db and to an address that no pod ever had. */
async function told(second: number): Promise<void> {
  await shop.live.accept(
    batch(second, second, [
      '10.244.1.2:41000 > 10.244.1.3:5432 tcp',
      '10.244.1.2:41001 > 10.244.1.99:80 tcp',
    ]),
  );
}

async function read<T extends z.ZodType>(url: string, schema: T): Promise<z.output<T>> {
  const response = await app.inject({ url });
  expect(response.statusCode, response.body).toBe(200);
  return schema.parse(response.json());
}

test('a verdict waits for the kubelet as flows do, and then names what edges rest on', async () => {
  const url = `/api/v1/leases?ip=10.244.1.2&at=${START + 5000}`;
  shop.heartbeats(START, START + 6000);
  await told(5);
  shop.live.settle();
  expect((await read(url, leasesPage)).verdict).toMatchObject({ kind: 'unknown', reason: 'frontier' });
  shop.heartbeats(START + 7500, START + 9500);
  shop.now = START + 10_000;
  shop.live.settle();
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
  shop.now = START + 6000;
  await told(5);
  shop.live.nodeLease('node-a', START + 9500, { observedAt: START + 9500, isNews: false });
  shop.live.settle();
  expect((await read('/api/v1/unattributed?since=1h', unattributedPage)).items).toEqual([]);
  // Its pod was not told within the deadline.
  shop.now = START + 70_000;
  shop.live.settle();
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
  shop.now = START + 6000;
  shop.store.unattributed.add([
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
  shop.store.withdrawn.add([
    { outcome: 'attributed-anew', hour: START - 3_600_000, count: 5 },
    { outcome: 'attributed-anew', hour: START, count: 7 },
  ]);
  await told(5);
  shop.live.nodeLease('node-a', START + 9500, { observedAt: START + 9500, isNews: false });
  shop.live.settle();
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
