/** How sure drafts are, from a real database file to the answers of the API: eight days of a shop on two nodes. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { main } from '../../src/cli/policies.ts';
import { HOUR_MS } from '../../src/domain/edge.ts';
import type { Evidence } from '../../src/domain/edge.ts';
import { apiSources } from '../../src/server/api-sources.ts';
import { analyse } from '../../src/server/analysis.ts';
import { buildApp } from '../../src/server/app.ts';
import { listen } from '../../src/server/listen.ts';
import { openStore } from '../../src/store/store.ts';
import type { Store } from '../../src/store/store.ts';
import type { CoverageJson } from '../../src/wire/coverage-json.ts';
import type { DraftOutcomeJson } from '../../src/wire/draft-json.ts';
import type { WorkloadJson } from '../../src/wire/api.ts';
import { sink } from '../cli/command-run.ts';
import { evidence, HOUR, podLease } from '../store/samples.ts';
import { cluster, workloadInfo } from '../world.ts';

const DAY = 24 * HOUR_MS;
const START = HOUR;
const END = START + 8 * DAY;

let folder: string;
let store: Store;
let served: Awaited<ReturnType<typeof listen>>;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'netscribe-appraised-'));
  const file = join(folder, 'server.db');
  const writer = openStore(file);
  fill(writer);
  writer.close();
  // Everything below is read from the file alone.
  store = openStore(file);
  const info = cluster([workloadInfo('shop/web'), workloadInfo('shop/db')]);
  const analysed = analyse(store, info, { nodeCidrs: [], controlPlaneCidrs: [] });
  const sources = apiSources(store, () => analysed);
  served = await listen(buildApp(sources, { logger: false, version: '0' }), { host: '127.0.0.1', port: 0 });
});
afterAll(async () => {
  await served.close();
  store.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Connections of web to db at these times after the start, ms. */
function told(port: number, times: readonly number[], given: Partial<Evidence> = {}): Evidence[] {
  return times.map((after) => {
    const at = START + after;
    const hour = Math.floor(at / HOUR_MS) * HOUR_MS;
    return evidence({
      port,
      hour,
      first: at,
      last: at,
      clientLease: 'web-1',
      serverLease: 'db-0',
      witness: 'node-a',
      ...given,
    });
  });
}

/**
 * web and db run on node-a throughout; a second pod of web on node-b, which lost events in one window. The first pod of web
 * was replaced on day 3. db was there before the agent.
 */
function fill(into: Store): void {
  const lease = (
    id: string,
    pod: string,
    address: string,
    from: number,
    until: number | null,
    node = 'node-a',
  ) => {
    const of = podLease(id, pod, address);
    const holder = {
      ...of.holder,
      node,
      workload: { namespace: 'shop', kind: 'Deployment', name: pod.slice(5, -2) },
    };
    return { ...of, holder, from, heldFrom: from, heldUntil: until, until } as typeof of;
  };
  into.leases.put([
    lease('web-1', 'shop/web-1', '10.0.0.1', START + HOUR_MS, START + 3 * DAY),
    lease('web-2', 'shop/web-2', '10.0.0.2', START + 3 * DAY, null),
    lease('web-3', 'shop/web-3', '10.0.0.3', START + 4 * DAY, null, 'node-b'),
    lease('db-0', 'shop/db-0', '10.0.0.9', START - DAY, null),
  ]);
  const udp = { protocol: 'udp' as const, answered: 0 };
  into.edges.record([
    ...told(5432, [0, DAY, 2 * DAY]),
    ...told(6432, [5 * DAY]),
    ...told(8125, [0, 10_000, HOUR_MS], udp),
    ...told(514, [0, 9_999, HOUR_MS], udp),
  ]);
  const window = (node: string, start: number, end: number, dropped = 0) => ({
    node,
    start,
    end,
    dropped,
    skipped: {},
  });
  into.nodeWindows.add([
    window('node-a', START, END),
    window('node-b', START, END - HOUR_MS),
    window('node-b', END - HOUR_MS, END - HOUR_MS + 10_000, 3),
    window('node-b', END - HOUR_MS + 10_000, END),
  ]);
}

async function get<T>(path: string): Promise<T> {
  const response = await fetch(`${served.url}${path}`);
  return (await response.json()) as T;
}

async function draftOf(name: string, query = ''): Promise<DraftOutcomeJson & { kind: 'draft' }> {
  const page = await get<{ items: DraftOutcomeJson[] }>(
    `/api/v1/policies?namespace=shop&workload=${name}${query}`,
  );
  const [item] = page.items;
  if (item?.kind !== 'draft') throw new Error(`no draft for ${name}: ${JSON.stringify(page)}`);
  return item;
}

const RARE = 'workload:shop/Deployment/web -> workload:shop/Deployment/db:6432/tcp';
const SYSLOG = 'workload:shop/Deployment/web -> workload:shop/Deployment/db:514/udp';

describe('a draft', () => {
  test('tells how much of its workload was observed', async () => {
    const { coverage } = await draftOf('web');
    const podHours = 3 * 24 - 1 + 5 * 24 + 4 * 24;
    expect(coverage).toEqual({
      pods: 3,
      podHours,
      // The window of ten seconds that lost events is not observed.
      observedPodHours: Math.floor((podHours - 10 / 3600) * 1000) / 1000,
      share: 0.9999,
      starts: { total: 3, whole: 3 },
      terminations: { total: 1, whole: 1 },
      olderThanAgent: false,
      blindNodes: [],
      lossyNodes: ['node-b'],
    });
    expect((await draftOf('db')).coverage).toMatchObject({ olderThanAgent: true, starts: { total: 0 } });
  });

  test('is ready, or says what would complete it', async () => {
    expect((await draftOf('web')).readiness).toEqual({ state: 'ready' });
    const { readiness } = await draftOf('db');
    const reasons = readiness.state === 'ready' ? [] : readiness.reasons;
    expect(reasons.map(({ code, completedBy }) => [code, completedBy])).toEqual([
      ['no-start-seen', 'Restart one pod.'],
      ['no-termination-seen', 'Restart one pod.'],
    ]);
  });

  test('holds back what is rare, and takes it in when it is asked to', async () => {
    const before = await draftOf('db');
    expect(before.heldBack.map(({ edge, reason }) => [reason, edge])).toEqual([
      ['one-way-udp', SYSLOG],
      ['one-hour', RARE],
    ]);
    const ports = ({ policy }: typeof before) =>
      policy.spec.ingress?.flatMap((rule) => rule.ports?.map(({ port }) => port));
    expect(ports(before)).toEqual([5432, 8125]);
    const one = await draftOf('db', `&include=${encodeURIComponent(RARE)}`);
    expect(ports(one)).toEqual([5432, 6432, 8125]);
    expect(one.caveats.map(({ code }) => code)).toContain('taken-in');
    const both = await draftOf(
      'db',
      [RARE, SYSLOG].map((key) => `&include=${encodeURIComponent(key)}`).join(''),
    );
    expect([ports(both), both.heldBack]).toEqual([[5432, 6432, 514, 8125], []]);
    expect(ports(await draftOf('db'))).toEqual([5432, 8125]);
  });

  test('is the same YAML without evidence, and says all of it with', async () => {
    const yaml = async (query: string): Promise<string> =>
      await (await fetch(`${served.url}/api/v1/policies.yaml?namespace=shop${query}`)).text();
    expect(await yaml('')).toBe(await yaml('&with-evidence=false'));
    expect(await yaml('')).not.toMatch(/pod-hours|readiness/);
    expect(await yaml('&with-evidence=true')).toContain(`# held back (one-hour): ${RARE}: `);
    expect(await yaml(`&include=${encodeURIComponent(RARE)}`)).toContain('port: 6432');
  });
});

describe('netscribe policies --include', () => {
  test.each([
    ['as YAML', []],
    ['of one workload as YAML', ['-w', 'db']],
    ['as JSON', ['-o', 'json']],
    ['of one workload as JSON', ['-o', 'json', '-w', 'db']],
    ['in files of YAML', ['--out', 'yaml']],
    ['in files of JSON', ['--out', 'json', '-o', 'json']],
  ])('takes an edge in, %s', async (_, argv) => {
    const run = async (...more: readonly string[]): Promise<string> => {
      const [stdout, stderr] = [sink(), sink()];
      const io = { stdout: stdout.stream, stderr: stderr.stream, signal: new AbortController().signal };
      const out = argv.map((each, at) => (argv[at - 1] === '--out' ? join(folder, each) : each));
      expect(await main(['--server', served.url, '-n', 'shop', ...out, ...more], io)).toBe(0);
      const at = out[out.indexOf('--out') + 1] ?? '';
      return argv.includes('--out')
        ? readdirSync(at)
            .map((file) => readFileSync(join(at, file), 'utf8'))
            .join('')
        : stdout.text();
    };
    expect(await run()).not.toMatch(/"?port"?: 6432/);
    expect(await run('--include', RARE)).toMatch(/"?port"?: 6432/);
    expect(await run('--include', RARE.replace(' -> ', '->'))).toMatch(/"?port"?: 6432/);
  });
});

test('an edge to take in that nobody has seen is refused', async () => {
  const response = await fetch(`${served.url}/api/v1/policies?include=nobody`);
  expect([response.status, await response.json()]).toEqual([
    404,
    expect.objectContaining({ code: 'unknown-edge', detail: expect.stringContaining('"nobody"') }),
  ]);
});

test('workloads have their coverage and readiness', async () => {
  const { items } = await get<{ items: WorkloadJson[] }>('/api/v1/workloads?namespace=shop');
  expect(items.map(({ title, readiness, coverage }) => [title, readiness.state, coverage?.pods])).toEqual([
    ['shop/db', 'incomplete', 1],
    ['shop/web', 'ready', 3],
  ]);
});

test('the coverage has what is held back, with the words', async () => {
  const { quarantined } = await get<CoverageJson>('/api/v1/coverage');
  expect(quarantined).toContainEqual({
    edge: SYSLOG,
    reason: 'one-way-udp',
    sentence:
      'UDP that was never answered, in fewer than 3 batch windows of 10 s or to more than 2 ports of one server.',
  });
});

test('edges of UDP tell in how many batch windows they were seen', () => {
  const windows = store.edges.all().map(({ port, batchWindows }) => [port, batchWindows]);
  expect(windows).toEqual([
    [514, 2],
    [5432, undefined],
    [6432, undefined],
    [8125, 3],
  ]);
});

test('before anything was recorded everything is said to be missing', async () => {
  const empty = openStore(':memory:');
  const analysed = analyse(empty, cluster([workloadInfo('shop/web')]), {
    nodeCidrs: [],
    controlPlaneCidrs: [],
  });
  const app = buildApp(
    apiSources(empty, () => analysed),
    { logger: false, version: '0' },
  );
  const path = '/api/v1/workloads?namespace=shop';
  const answer = await app.inject({ path, headers: { host: 'localhost' } });
  const [item] = answer.json<{ items: WorkloadJson[] }>().items;
  const reasons = item?.readiness.state === 'incomplete' ? item.readiness.reasons : [];
  expect(reasons.map(({ code }) => code)).toEqual(['window', 'no-start-seen', 'no-termination-seen']);
  expect(item?.coverage).toMatchObject({ pods: 0, share: null });
  await app.close();
  empty.close();
});
