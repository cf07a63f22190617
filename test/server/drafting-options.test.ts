/** What people choose about drafts, through the API of a server on a real database file and through the command. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { main } from '../../src/cli/policies.ts';
import { HOUR_MS } from '../../src/domain/edge.ts';
import { analyse } from '../../src/server/analysis.ts';
import type { Analysed } from '../../src/server/analysis.ts';
import { apiSources } from '../../src/server/api-sources.ts';
import { buildApp } from '../../src/server/app.ts';
import { listen } from '../../src/server/listen.ts';
import { openStore } from '../../src/store/store.ts';
import type { Store } from '../../src/store/store.ts';
import type { DraftOutcomeJson } from '../../src/wire/draft-json.ts';
import { sink } from '../cli/command-run.ts';
import { evidence, HOUR } from '../store/samples.ts';
import { cluster, workloadInfo } from '../world.ts';

const DAY = 24 * HOUR_MS;

let folder: string;
let store: Store;
let served: Awaited<ReturnType<typeof listen>>;
/** Of a server that is told to draft from two days. */
let servedRecent: Awaited<ReturnType<typeof listen>>;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'netscribe-options-'));
  store = openStore(join(folder, 'server.db'));
  const days = (port: number, count: number) =>
    Array.from({ length: count }, (_, day) => {
      const hour = Math.floor((HOUR + day * DAY) / HOUR_MS) * HOUR_MS;
      return evidence({ port, hour, first: hour, last: hour + 1000 });
    });
  store.edges.record([...days(5432, 3), ...days(9187, 2)]);
  store.nodeWindows.add([{ node: 'node-a', start: HOUR, end: HOUR + 4 * DAY, dropped: 0, skipped: {} }]);
  const twins = ['shop/Job/migrate-1', 'shop/Job/migrate-2'].map((name) =>
    workloadInfo(name, { selector: null, labels: { app: 'migrate' } }),
  );
  const info = cluster([workloadInfo('shop/web'), workloadInfo('shop/db'), ...twins]);
  const known = { nodeCidrs: [], controlPlaneCidrs: [] };
  const serve = (analysed: Analysed) => {
    const sources = apiSources(store, () => analysed);
    return listen(buildApp(sources, { logger: false, version: '0' }), { host: '127.0.0.1', port: 0 });
  };
  served = await serve(analyse(store, info, known));
  const recent = { include: [], options: { window: 2 * DAY } };
  servedRecent = await serve(analyse(store, info, known, recent));
});
afterAll(async () => {
  await served.close();
  await servedRecent.close();
  store.close();
  rmSync(folder, { recursive: true, force: true });
});

async function outcomes(query: string, at = served): Promise<DraftOutcomeJson[]> {
  const response = await fetch(`${at.url}/api/v1/policies?${query}`);
  expect(response.status).toBe(200);
  return ((await response.json()) as { items: DraftOutcomeJson[] }).items;
}

async function draft(query: string, at = served): Promise<DraftOutcomeJson & { kind: 'draft' }> {
  const [item] = await outcomes(query, at);
  if (item?.kind !== 'draft') throw new Error(JSON.stringify(item));
  return item;
}

const portsOf = ({ policy }: DraftOutcomeJson & { kind: 'draft' }) =>
  policy.spec.ingress?.flatMap((rule) => rule.ports?.map(({ port }) => port));

describe('the API', () => {
  test('drafts as usual without options', async () => {
    const plain = await draft('workload=db');
    expect(portsOf(plain)).toEqual([5432, 9187]);
    expect(plain).toMatchObject({ cni: 'default', leftOut: [], sharedWith: [] });
  });

  test('leaves out what is asked, and lists it in the draft', async () => {
    const db = await draft(`workload=db&exclude=${encodeURIComponent('peer=shop/web,port=9187/tcp')}`);
    expect(portsOf(db)).toEqual([5432]);
    expect(db.leftOut).toEqual([
      {
        edge: 'workload:shop/Deployment/web -> workload:shop/Deployment/db:9187/tcp',
        reason: 'excluded',
        option: 'exclude=peer=shop/web,port=9187/tcp',
      },
    ]);
    expect(portsOf(await draft('workload=db&exclude=port=9187&exclude=port=5432'))).toEqual([]);
    expect(portsOf(await draft('workload=db&minDays=3'))).toEqual([5432]);
    expect(portsOf(await draft('workload=db&minOpened=3'))).toEqual([5432]);
  });

  test('drafts from the end of the record, and lists what was last seen before it', async () => {
    const db = await draft('workload=db&window=48h');
    expect(portsOf(db)).toEqual([5432]);
    expect(db.leftOut).toEqual([
      {
        edge: 'workload:shop/Deployment/web -> workload:shop/Deployment/db:9187/tcp',
        reason: 'window',
        option: 'window=48h',
      },
    ]);
    expect(portsOf(await draft('workload=db&window=2w'))).toEqual([5432, 9187]);
  });

  test('drafts as its own --learning-window says, and as who asks for another', async () => {
    expect(portsOf(await draft('workload=db', servedRecent))).toEqual([5432]);
    expect(portsOf(await draft('workload=db&window=4d', servedRecent))).toEqual([5432, 9187]);
    expect(portsOf(await draft('workload=db&cni=aws-vpc-cni', servedRecent))).toEqual([5432]);
  });

  test('a window that is longer than the record is a caveat', async () => {
    const codes = async (query: string) =>
      (await draft(`workload=db&${query}`)).caveats.map(({ code }) => code);
    expect(await codes('window=4d')).not.toContain('short-window');
    expect(await codes('window=5d')).toContain('short-window');
    expect(await codes('')).toContain('short-window');
  });

  test('drafts by namespace, and a baseline first', async () => {
    const titles = async (query: string) => (await outcomes(query)).map(({ title }) => title);
    expect(await titles('namespace=shop&granularity=namespace')).toEqual(['shop/shop']);
    expect(await titles('namespace=shop&baseline=default-deny')).toContain('shop/default-deny');
  });

  test('finds a shared policy by the name of each workload, and by what it is called', async () => {
    for (const name of ['migrate-1', 'migrate-2', 'app=migrate']) {
      const shared = await draft(`namespace=shop&workload=${encodeURIComponent(name)}`);
      expect(shared.title).toBe('shop/app=migrate');
      expect(shared.sharedWith.map((ref) => ref.name)).toEqual(['migrate-1', 'migrate-2']);
    }
    const unknown = await fetch(`${served.url}/api/v1/policies?workload=app=mail`);
    expect(unknown.status).toBe(404);
    const response = await fetch(`${served.url}/api/v1/workloads?namespace=shop`);
    const { items } = (await response.json()) as { items: { workload: { name: string }; draft: string }[] };
    expect(items.map((row) => [row.workload.name, row.draft])).toEqual([
      ['db', 'draft'],
      ['web', 'draft'],
      ['migrate-1', 'draft'],
      ['migrate-2', 'draft'],
    ]);
  });

  test.each([
    ['granularity=pod', 'granularity'],
    ['cni=calico', 'cni'],
    ['outside=everything', 'outside'],
    ['nodes=maybe', 'nodes'],
    ['baseline=yes', 'baseline'],
    ['minDays=0', 'minDays'],
    ['minDays=1e3', 'minDays'],
    ['minOpened=-1', 'minOpened'],
    ['window=0d', '\\"0d\\" is no learning window: 14d, 36h or 2w, from 1h to 366d'],
    ['window=60m', 'is no learning window'],
    ['window=53w', 'is no learning window'],
    [`window=${'9'.repeat(99)}d`, 'window'],
    ['exclude=web', 'exclude \\"web\\": \\"web\\" is none of workload='],
    ['exclude=port=99999', 'port=99999 is not a port or range'],
    [Array.from({ length: 51 }, () => 'exclude=port=1').join('&'), 'exclude'],
  ])('refuses %s with what and where', async (query, told) => {
    for (const path of ['policies', 'policies.yaml']) {
      const response = await fetch(`${served.url}/api/v1/${path}?${query}`);
      expect(response.status).toBe(400);
      expect(await response.text()).toContain(told);
    }
  });
});

describe('netscribe policies', () => {
  const run = async (...argv: string[]) => {
    const stdout = sink();
    const stderr = sink();
    const io = { stdout: stdout.stream, stderr: stderr.stream, signal: new AbortController().signal };
    const code = await main(['--server', served.url, '-n', 'shop', ...argv], io);
    return { code, stdout: stdout.text(), stderr: stderr.text() };
  };

  test('asks for the same, as YAML and as JSON', async () => {
    const flags = [
      '--exclude',
      'port=9187',
      '--exclude',
      'peer=outside',
      '--min-days',
      '2',
      '--cni',
      'aws-vpc-cni',
    ];
    const yaml = await run(...flags);
    expect(yaml.stdout).toContain('# network plugin: aws-vpc-cni');
    expect(yaml.stdout).toContain('left out by exclude=port=9187;');
    expect(yaml.stdout).not.toContain('port: 9187');
    const recent = await run('--window', '2d', '-w', 'db');
    expect(recent.stdout).toContain('left out by window=48h;');
    expect(recent.stdout).not.toContain('port: 9187');
    const json = await run(...flags, '-o', 'json', '-w', 'db');
    expect(JSON.parse(json.stdout)).toMatchObject({
      items: [{ cni: 'aws-vpc-cni', leftOut: [{ reason: 'excluded' }] }],
    });
  });

  test.each([
    [['--exclude', 'web'], 'is none of workload='],
    [['--min-days', 'many'], 'is not a whole number from 1 to 366'],
    [['--window', '60m'], '"60m" is no learning window: 14d, 36h or 2w, from 1h to 366d'],
    [['--granularity', 'pod'], 'Allowed choices are workload, namespace'],
  ])('refuses %j', async (argv, told) => {
    const { code, stdout, stderr } = await run(...argv);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(told);
  });
});
