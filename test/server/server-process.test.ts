/** `netscribe server` as a process: it watches a real HTTP API server, hears batches, survives kill -9, and stops when told. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { FakeApiServer } from '../fake-api-server/server.ts';
import { flow } from '../world.ts';

let folder: string;
let api: FakeApiServer;
let apiUrl: string;
let server: Running | null = null;

beforeAll(async () => {
  api = new FakeApiServer({});
  apiUrl = await api.listen('127.0.0.1', 0);
  const started = new Date(Date.now() - 600_000).toISOString().replace(/\.\d+Z/, 'Z');
  api.put({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } });
  api.put({
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: 'node-a', creationTimestamp: started },
    spec: {},
    status: {},
  });
  for (const { name, podIP } of [
    { name: 'web', podIP: '10.244.1.2' },
    { name: 'db', podIP: '10.244.1.3' },
  ])
    api.put({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name, namespace: 'shop', labels: { app: name }, creationTimestamp: started },
      spec: { nodeName: 'node-a', containers: [{ name: 'main' }] },
      status: { phase: 'Running', podIP, startTime: started },
    });
});
afterAll(() => api.close());

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'netscribe-server-'));
});
afterEach(async () => {
  await server?.end('SIGKILL');
  server = null;
  rmSync(folder, { recursive: true });
});

interface Running {
  readonly api: string;
  readonly ingest: string;
  readonly log: readonly string[];
  end(signal: NodeJS.Signals): Promise<number | null>;
}

async function start(...more: readonly string[]): Promise<Running> {
  const argv = [
    'src/main.ts',
    'server',
    '--db',
    join(folder, 'server.db'),
    '--listen',
    '127.0.0.1:0',
    '--ingest',
    '127.0.0.1:0',
    '--frontier-slack-ms',
    '1000',
    '--api-server',
    apiUrl,
    ...more,
  ];
  const child = spawn(process.execPath, argv, { stdio: ['ignore', 'ignore', 'pipe'] });
  const log: string[] = [];
  const listening = new Promise<{ api: string; ingest: string }>((resolve, reject) => {
    createInterface({ input: child.stderr }).on('line', (line) => {
      log.push(line);
      if (line.includes('server listening')) resolve(JSON.parse(line) as { api: string; ingest: string });
    });
    // Not at its exit: what it said last may be unread then.
    child.once('close', () => reject(new Error(log.join('\n'))));
  });
  return { ...(await listening), log, end: (signal) => ended(child, signal) };
}

function ended(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve(child.exitCode);
  return new Promise((resolve) => {
    child.once('close', (code) => resolve(code));
    child.kill(signal);
  });
}

/** The kubelet of node-a says that it is alive. */
function renew(): void {
  api.put({
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { name: 'node-a', namespace: 'kube-node-lease' },
    spec: { holderIdentity: 'node-a', renewTime: new Date().toISOString().replace('Z', '000Z') },
  });
}

async function send(url: string, sequence: number): Promise<number> {
  const second = Math.floor(Date.now() / 1000) - 5;
  const response = await fetch(`${url}/api/v1/batches`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      version: 1,
      nodeUid: '',
      nodeName: 'node-a',
      bootId: '',
      epoch: 'ab'.repeat(16),
      sequence,
      windowStart: second * 1000,
      windowEnd: second * 1000 + 1000,
      sentAt: Date.now(),
      readLagMs: 50,
      source: { kind: 'netlink', accounting: false, timestamps: false },
      losses: { dropped: 0, skipped: {} },
      flows: [flow('10.244.1.2:41000 > 10.244.1.3:5432 tcp', { second })],
    }),
  });
  await response.arrayBuffer();
  return response.status;
}

async function opened(url: string): Promise<number> {
  const response = await fetch(`${url}/api/v1/edges?namespace=shop`);
  const page = (await response.json()) as { items: { opened: number }[] };
  return page.items.reduce((sum, edge) => sum + edge.opened, 0);
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 90_000;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error('the condition did not come');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

describe('netscribe server', () => {
  test('turns batches into edges and drafts, and loses nothing that it acknowledged to kill -9', async () => {
    server = await start();
    const first = server;
    await until(async () => (await send(first.ingest, 1)) === 200);
    for (let sequence = 2; sequence <= 20; sequence++) expect(await send(first.ingest, sequence)).toBe(200);
    await first.end('SIGKILL');
    server = await start();
    const second = server;
    await until(async () => (await send(second.ingest, 20)) === 200);
    expect(await send(second.ingest, 21)).toBe(200);
    await until(async () => {
      renew();
      return (await opened(second.api)) === 21;
    });
    await until(async () => {
      const yaml = await (await fetch(`${second.api}/api/v1/policies.yaml?namespace=shop`)).text();
      return yaml.includes('# observed: shop/web');
    });
    expect(await second.end('SIGTERM')).toBe(0);
    expect(second.log.at(-1)).toContain('server stopped');
  });

  test('says once the cluster is listed which range for nodes holds pods', async () => {
    server = await start('--node-cidrs', '10.244.0.0/16', '192.168.7.0/24');
    const { log } = server;
    await until(() => Promise.resolve(log.some((line) => line.includes('node-range-refused'))));
    const told = log.filter((line) => line.includes('node-range-refused'));
    expect(told).toHaveLength(1);
    expect(told[0]).toContain('10.244.0.0/16 of nodeCIDRs');
    expect(told[0]).not.toContain('192.168.7.0');
  });

  test('says of each kind how it is known, to people, probes and Prometheus', async () => {
    server = await start();
    const { api: people, ingest } = server;
    await until(async () => (await fetch(`${ingest}/readyz`)).status === 200);
    const coverage = (await (await fetch(`${people}/api/v1/coverage`)).json()) as {
      watches: { kind: string; synced: boolean; objects: number }[];
      apiServers: { server: string; clockUncertaintyMs: number }[];
    };
    expect(coverage.watches.find(({ kind }) => kind === 'Pod')).toMatchObject({ synced: true, objects: 2 });
    expect(coverage.apiServers).toMatchObject([{ server: apiUrl }]);
    expect(await (await fetch(`${ingest}/metrics`)).text()).toContain(
      'netscribe_watch_objects{kind="Pod"} 2',
    );
  });

  test('with an API server that is not there it serves, says what is wrong, and asks agents to come back', async () => {
    server = await start('--api-server', 'http://127.0.0.1:9');
    const lonely = server;
    expect(await send(lonely.ingest, 1)).toBe(503);
    expect((await fetch(`${lonely.ingest}/readyz`)).status).toBe(503);
    expect((await fetch(`${lonely.api}/healthz`)).status).toBe(200);
    await until(() => Promise.resolve(lonely.log.some((line) => line.includes('ECONNREFUSED'))));
    expect(await lonely.end('SIGTERM')).toBe(0);
  });

  test('tells every problem of its configuration at once', async () => {
    const refused = start(
      '--listen',
      'nowhere',
      '--log-level',
      'loud',
      '--frontier-slack-ms',
      'soon',
      '--node-cidrs',
      '10.0.0.0/99',
    );
    await expect(refused).rejects.toThrow(
      /--listen nowhere[\s\S]*--frontier-slack-ms soon[\s\S]*--log-level loud[\s\S]*10\.0\.0\.0\/99/,
    );
  });

  test('a second server on the same database is refused', async () => {
    server = await start();
    await expect(start()).rejects.toThrow(/open for writing in another netscribe process/);
  });
});
