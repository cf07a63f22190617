/** What the server says of its watch: to probes, to Prometheus and to the API, from a real watch on a real HTTP API server. */
import type { FastifyInstance } from 'fastify';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { watchCluster } from '../../src/kube/watch/cluster-watch.ts';
import type { ClusterWatch } from '../../src/kube/watch/cluster-watch.ts';
import { metricsText } from '../../src/runtime/metrics-text.ts';
import { buildIngestApp } from '../../src/server/ingest-app.ts';
import { watchMetrics } from '../../src/server/watch-metrics.ts';
import { watchReadinessOf, watchReportOf } from '../../src/server/watch-report.ts';
import { FakeApiServer } from '../fake-api-server/server.ts';
import { QUICK, anonymousTransport, podObject, until } from '../kube/watch/following.ts';

let api: FakeApiServer;
let watch: ClusterWatch;
let app: FastifyInstance;

beforeEach(async () => {
  api = new FakeApiServer({ bookmarkMs: 20 });
  await api.listen();
  api.put(podObject('shop/web'));
});

afterEach(async () => {
  await app.close();
  await watch.close();
  await api.close();
});

function start(): void {
  watch = watchCluster(
    anonymousTransport(api.url),
    { event: () => undefined, nodeLease: () => undefined, synced: () => undefined, outage: () => undefined },
    {
      signal: new AbortController().signal,
      now: Date.now,
      log: { info: () => undefined, warn: () => undefined },
      timing: QUICK,
    },
  );
  app = buildIngestApp(
    {
      generation: 'a',
      accept: () => Promise.resolve(),
      notReady: () => (watch.synced ? null : 'the cluster has not been listed yet'),
    },
    {
      logger: false,
      watch: {
        readiness: () => watchReadinessOf(watchReportOf(watch, Date.now()), Date.now()),
        degraded: () => [],
        metrics: () => metricsText(watchMetrics(watch, Date.now())),
      },
    },
  );
}

interface Ready {
  readonly status: string;
  readonly waitingFor: readonly string[];
  readonly troubles: readonly { readonly kind: string; readonly code: string; readonly forMs: number }[];
  readonly behindMs: number | null;
}

async function ready(): Promise<{ code: number; body: Ready }> {
  const response = await app.inject('/readyz');
  return { code: response.statusCode, body: response.json<Ready>() };
}

describe('/readyz', () => {
  test('names the kinds that are waited for and why, and is 503', async () => {
    api.faults.answers.push({ status: 403, kind: 'CronJob', message: 'User "secret" cannot list' });
    start();
    await until(() => watch.status().filter(({ synced }) => synced).length === watch.status().length - 1);
    const { code, body } = await ready();
    expect(code).toBe(503);
    expect(body).toMatchObject({
      status: 'the cluster has not been listed yet',
      waitingFor: ['CronJob'],
      troubles: [{ kind: 'CronJob', code: 'forbidden' }],
      behindMs: null,
    });
    expect(JSON.stringify(body)).not.toContain('secret');
  });

  test('does not wait for kinds that some clusters lack, and says that they are missing', async () => {
    for (const kind of ['APIService', 'CustomResourceDefinition', 'MutatingWebhookConfiguration'])
      api.faults.answers.push({ status: kind === 'APIService' ? 404 : 403, kind });
    start();
    await until(() => watch.synced);
    await until(() => watch.status().filter(({ trouble }) => trouble !== null).length === 3);
    const { code, body } = await ready();
    expect(code).toBe(200);
    expect(body.waitingFor).toEqual([]);
    expect(body.troubles.map((each) => `${each.kind} ${each.code}`)).toEqual([
      'MutatingWebhookConfiguration forbidden',
      'APIService not-found',
      'CustomResourceDefinition forbidden',
    ]);
    expect(body.behindMs).toBeGreaterThanOrEqual(0);
  });

  test('stays ready while the API server fails, and says how far behind it is', async () => {
    start();
    await until(() => watch.synced);
    api.faults.answers.push({ status: 500 });
    api.cutWatches();
    await until(() => watch.status().every(({ trouble }) => trouble !== null));
    const { code, body } = await ready();
    expect(code).toBe(200);
    expect(body.troubles).toHaveLength(watch.status().length);
    const before = body.behindMs ?? 0;
    await until(() => watchReadinessOf(watchReportOf(watch, Date.now()), Date.now()).behindMs !== before);
    expect((await ready()).body.behindMs).toBeGreaterThan(before);
    api.faults.answers = [];
    await until(() => watch.status().every(({ trouble }) => trouble === null));
  });
});

describe('/metrics', () => {
  test('has every kind with its standing, and no address', async () => {
    start();
    await until(() => watch.status().every(({ synced }) => synced) && watch.discovery().found !== null);
    api.failWatches(410, 'too old resource version');
    await until(() => watch.status().every(({ relists }) => relists === 1));
    const response = await app.inject('/metrics');
    expect(response.headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8');
    const lines = response.body.split('\n');
    expect(lines).toEqual(
      expect.arrayContaining([
        'netscribe_watch_synced{kind="Pod"} 1',
        'netscribe_watch_required{kind="APIService"} 0',
        'netscribe_watch_objects{kind="Pod"} 1',
        'netscribe_watch_relists_total{kind="Pod"} 1',
        'netscribe_watch_reconnects_total{kind="Pod",cause="expired"} 1',
        'netscribe_other_policies 0',
        'netscribe_other_policies_unknown 0',
      ]),
    );
    expect(response.body).toMatch(/^netscribe_watch_progress_age_seconds\{kind="Lease"\} \d/m);
    expect(response.body).toMatch(/^netscribe_api_server_clock_offset_seconds -?\d/m);
    expect(response.body).not.toContain('127.0.0.1');
  });
});

test('the report tells ages by the clock it is given, and the clock of the API server', async () => {
  api.dateOffsetMs = 90_000;
  start();
  await until(() => watch.synced);
  const { watches, apiServers } = watchReportOf(watch, Date.now() + 3_600_000);
  expect(watches.map(({ progressAgeMs }) => (progressAgeMs ?? 0) >= 3_599_000)).not.toContain(false);
  expect(watches.find(({ kind }) => kind === 'Pod')).toMatchObject({
    required: true,
    objects: 1,
    resourceVersion: String(api.version),
    refreshBy: 'initial-events',
    trouble: null,
  });
  const [clock] = apiServers;
  expect(clock?.server).toBe(api.url);
  expect(Math.abs((clock?.clockOffsetMs ?? 0) - 90_000)).toBeLessThanOrEqual(clock?.clockUncertaintyMs ?? 0);
});
