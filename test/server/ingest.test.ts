/** What agents are answered, over real HTTP and a real database (DESIGN section 3). */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { buildIngestApp } from '../../src/server/ingest-app.ts';
import { listenAnywhere } from '../../src/server/listen.ts';
import type { Listening } from '../../src/server/listen.ts';
import { metricsText } from '../../src/runtime/metrics-text.ts';
import { Live } from '../../src/server/live.ts';
import { StoringHealth } from '../../src/server/storing.ts';
import { openStore } from '../../src/store/store.ts';
import type { Store } from '../../src/store/store.ts';
import type { Batch } from '../../src/wire/batch.ts';
import { flow } from '../world.ts';

const EPOCH = 'ab'.repeat(16);
let folder: string;
let store: Store;
let live: Live;
let server: Listening;
let now = 1_795_000_000_000;

beforeEach(async () => {
  now = 1_795_000_000_000;
  folder = mkdtempSync(join(tmpdir(), 'netscribe-ingest-'));
  await start();
});
afterEach(async () => {
  await stop();
  rmSync(folder, { recursive: true });
});

async function start(): Promise<void> {
  store = openStore(join(folder, 'server.db'));
  live = new Live(store, { timing: { slackMs: 2000, deadlineMs: 60_000 }, now: () => now });
  live.event({ observedAt: now, type: 'ADDED', object: node('node-a', 'uid-a') });
  live.synced();
  const accepting = {
    generation: store.generation,
    accept: (each: Batch) => live.accept(each),
    notReady: () => (live.isSynced ? null : 'not listed'),
  };
  server = await listenAnywhere(buildIngestApp(accepting, { logger: false }), { host: '127.0.0.1', port: 0 });
}

async function stop(): Promise<void> {
  await server.close();
  await live.close();
  store.close();
}

function node(name: string, uid: string): unknown {
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, uid, creationTimestamp: '2026-11-21T22:00:00Z' },
    spec: {},
    status: {},
  };
}

function batch(detail: Partial<Batch> = {}): Batch {
  return {
    version: 1,
    nodeUid: '',
    nodeName: 'node-a',
    bootId: '',
    epoch: EPOCH,
    sequence: 1,
    windowStart: now - 10_000,
    windowEnd: now,
    sentAt: now,
    readLagMs: 50,
    source: { kind: 'netlink', accounting: false, timestamps: false },
    losses: { dropped: 0, skipped: {} },
    flows: [flow('10.0.0.1:41000 > 10.0.0.2:80 tcp', { second: Math.floor(now / 1000) - 5 })],
    ...detail,
  };
}

async function post(
  body: string | Uint8Array<ArrayBuffer>,
  headers: Record<string, string> = {},
): Promise<{ status: number; retryAfter: string | null; body: Record<string, unknown> }> {
  const response = await fetch(`${server.url}/api/v1/batches`, {
    method: 'POST',
    body,
    headers: { 'content-type': 'application/json', ...headers },
  });
  return {
    status: response.status,
    retryAfter: response.headers.get('retry-after'),
    body: (await response.json()) as Record<string, unknown>,
  };
}

function send(detail: Partial<Batch> = {}): ReturnType<typeof post> {
  return post(JSON.stringify(batch(detail)));
}

describe('a batch', () => {
  test('that is new is answered when it is durable, with the generation; a duplicate gets the same 200', async () => {
    const first = await send();
    expect(first).toMatchObject({
      status: 200,
      body: { generation: store.generation, acknowledged: { epoch: EPOCH, sequence: 1 } },
    });
    expect(await send()).toEqual(first);
    expect(store.inbox.counts()).toEqual({ accepted: 1, pending: 1 });
  });

  test.each([
    ['gzip', gzipSync],
    ['zstd', zstdCompressSync],
  ])('may come in %s, and out of order', async (encoding, compress) => {
    const answers = await Promise.all(
      [3, 1, 2].map((sequence) =>
        post(compress(JSON.stringify(batch({ sequence }))), { 'content-encoding': encoding }),
      ),
    );
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(store.inbox.counts().accepted).toBe(3);
  });

  test('of a node that the watch does not know is asked to come back, then refused', async () => {
    expect(await send({ nodeName: 'node-x' })).toMatchObject({
      status: 503,
      retryAfter: '5',
      body: { code: 'unknown-node' },
    });
    now += 11 * 60_000;
    expect(await send({ nodeName: 'node-x' })).toMatchObject({ status: 403, body: { code: 'node-refused' } });
    live.event({ observedAt: now, type: 'ADDED', object: node('node-x', 'uid-x') });
    expect(await send({ nodeName: 'node-x' })).toMatchObject({ status: 200 });
  });

  test('that names another uid than its node has is refused', async () => {
    expect(await send({ nodeUid: 'uid-b' })).toMatchObject({ status: 403, body: { code: 'wrong-node' } });
    expect(await send({ nodeUid: 'uid-a' })).toMatchObject({ status: 200 });
  });

  test('of an older epoch is refused, also by a server that was restarted', async () => {
    const newer = 'cd'.repeat(16);
    await send();
    expect(await send({ epoch: newer })).toMatchObject({ status: 200 });
    expect(await send({ sequence: 2 })).toMatchObject({ status: 409, body: { code: 'stale-epoch' } });
    await stop();
    await start();
    expect(await send({ sequence: 2 })).toMatchObject({ status: 409, body: { code: 'stale-epoch' } });
    expect(await send({ epoch: newer, sequence: 2 })).toMatchObject({ status: 200 });
    expect(store.inbox.counts().accepted).toBe(3);
  });
});

describe('what is no batch', () => {
  test.each<[string, string | Uint8Array<ArrayBuffer>, Record<string, string>, number, string]>([
    ['not JSON', '{"version":', {}, 400, 'malformed-batch'],
    ['JSON of another shape', '{"version":1}', {}, 400, 'malformed-batch'],
    ['nothing', '', {}, 400, 'malformed-batch'],
    ['gzip that is none', 'plain', { 'content-encoding': 'gzip' }, 400, 'malformed-batch'],
    ['zstd that is none', 'plain', { 'content-encoding': 'zstd' }, 400, 'malformed-batch'],
    ['an encoding nobody knows', '{}', { 'content-encoding': 'br' }, 415, 'unsupported-encoding'],
    ['another media type', '{}', { 'content-type': 'text/plain' }, 415, 'unsupported-encoding'],
  ])('%s', async (_, body, headers, status, code) => {
    expect(await post(body, headers)).toMatchObject({ status, body: { code } });
    expect(store.inbox.counts().accepted).toBe(0);
  });

  test.each([
    ['gzip', gzipSync],
    ['zstd', zstdCompressSync],
  ])('a bomb in %s is cut off at the bound', async (encoding, compress) => {
    const bomb = compress(Buffer.alloc(200 << 20));
    expect(bomb.length).toBeLessThan(1 << 20);
    expect(await post(bomb, { 'content-encoding': encoding })).toMatchObject({
      status: 413,
      body: { code: 'batch-too-large' },
    });
    expect(store.inbox.counts().accepted).toBe(0);
  });

  test('a body of 100 MB is never taken', async () => {
    const large = await post(Buffer.alloc(100 << 20, ' ')).catch((error: unknown) => error);
    // The server may answer or cut the connection while the client is still sending; it never stores.
    expect(large instanceof Error || (large as { status: number }).status === 413).toBe(true);
    expect(store.inbox.counts().accepted).toBe(0);
    expect(await send()).toMatchObject({ status: 200 });
  });

  test('a flow with a fractional time or a foreign address is told where', async () => {
    const wrong = await post(
      JSON.stringify({ ...batch(), flows: [{ ...batch().flows[0], client: 'nowhere' }] }),
    );
    expect(wrong).toMatchObject({
      status: 400,
      body: { code: 'malformed-batch', detail: expect.stringContaining('flows.0.client') as unknown },
    });
  });
});

test('a server that has not listed the cluster is not ready and asks agents to come back', async () => {
  const fresh = new Live(store, { timing: { slackMs: 2000, deadlineMs: 60_000 }, now: () => now });
  await expect(fresh.accept(batch())).rejects.toMatchObject({ code: 'unknown-node' });
  expect(fresh.settle()).toBe(0);
});

test('a disk that fills up is said as 507, and what was acknowledged stays', async () => {
  await stop();
  store = openStore(join(folder, 'small.db'), { maxBytes: 300_000 });
  live = new Live(store, { timing: { slackMs: 2000, deadlineMs: 60_000 }, now: () => now });
  live.event({ observedAt: now, type: 'ADDED', object: node('node-a', 'uid-a') });
  live.synced();
  const storing = new StoringHealth(() => now);
  const accept = (each: Batch) => storing.ofBatch(live.accept(each));
  const watch = {
    readiness: () => ({ waitingFor: [], troubles: [], behindMs: null }),
    degraded: () => storing.degraded,
    metrics: () => metricsText([storing.metrics]),
  };
  server = await listenAnywhere(
    buildIngestApp({ generation: store.generation, accept, notReady: () => null }, { logger: false, watch }),
    { host: '127.0.0.1', port: 0 },
  );
  const flows = Array.from({ length: 200 }, (_, index) => flow(`10.0.${index}.1:41000 > 10.0.0.2:80 tcp`));
  let acknowledged = 0;
  let answer = await send({ sequence: 1, flows });
  for (let sequence = 2; answer.status === 200 && sequence < 100; sequence++) {
    acknowledged++;
    answer = await send({ sequence, flows });
  }
  expect(answer).toMatchObject({ status: 507, body: { code: 'disk-full' } });
  expect(store.inbox.counts().accepted).toBe(acknowledged);
  now += 90_000;
  const ready = await fetch(`${server.url}/readyz`);
  expect(ready.status).toBe(200);
  expect(await ready.json()).toMatchObject({
    status: 'ready',
    degraded: [{ what: 'batches', code: 'disk-full', forMs: 90_000 }],
  });
  expect(await (await fetch(`${server.url}/metrics`)).text()).toContain(
    'netscribe_storing_failed_seconds{what="batches",code="disk-full"} 90\n',
  );
});
