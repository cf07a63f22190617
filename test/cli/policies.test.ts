import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { sink } from './command-run.ts';
import { main } from '../../src/cli/policies.ts';
import { buildApp } from '../../src/server/app.ts';
import type { ApiSources } from '../../src/server/app.ts';
import { listen } from '../../src/server/listen.ts';
import { PLAIN_DRAFTS } from '../../src/server/routes/asked-drafts.ts';
import { omission, policyOf, sampleSources, web } from '../server/sample-sources.ts';

type Served = Awaited<ReturnType<typeof listen>>;

const serve = (changes: Partial<ApiSources> = {}): Promise<Served> =>
  listen(buildApp(sampleSources(changes), { logger: false, version: '0' }), { host: '127.0.0.1', port: 0 });

/** How sure the drafts are, as many as they are. */
const notes = (drafts: number): string =>
  `0 ready, ${drafts} incomplete: blind-nodes ${drafts}, window ${drafts}
policies that stay in force, and what they allow with them: shop/by-hand
1 edge held back out of the drafts; take one in with --include EDGE:
  one-hour: workload:shop/Deployment/cart -> workload:shop/Deployment/web:8080/tcp
`;

async function run(argv: string[], signal = new AbortController().signal) {
  const stdout = sink();
  const stderr = sink();
  const code = await main(argv, { stdout: stdout.stream, stderr: stderr.stream, signal });
  return { code, stdout: stdout.text(), stderr: stderr.text() };
}

let server: Served;
let folder: string;
beforeAll(async () => {
  server = await serve();
});
afterAll(() => server.close());
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'netscribe-policies-'));
});
afterEach(() => rm(folder, { recursive: true }));

const policies = (...argv: string[]) => run(['--server', server.url, ...argv]);
const namesIn = (yaml: string) =>
  parseAllDocuments(yaml)
    .map((document) => document.toJS() as { metadata?: { name: string } } | null)
    .flatMap((policy) => policy?.metadata?.name ?? []);

describe('netscribe policies', () => {
  test('prints exactly what the server serves as YAML, and counts on standard error', async () => {
    const { code, stdout, stderr } = await policies('-n', 'shop');
    expect(stdout).toBe(await (await fetch(`${server.url}/api/v1/policies.yaml?namespace=shop`)).text());
    expect(namesIn(stdout)).toEqual(['netscribe-cart', 'netscribe-db', 'netscribe-web']);
    expect(stderr).toBe(`3 drafts, 0 omitted\n${notes(3)}`);
    expect(code).toBe(0);
  });

  test('exits with 1 and names the workloads that got no draft', async () => {
    const { code, stdout, stderr } = await policies();
    expect(code).toBe(1);
    expect(namesIn(stdout)).toHaveLength(3);
    expect(stdout).toContain('# ops/backup: no draft: no-selector');
    expect(stderr).toBe(
      `3 drafts, 1 omitted:\n  ops/backup: no-selector No labels select exactly its pods.\n${notes(3)}`,
    );
  });

  test('exits with 0 when that is allowed', async () => {
    const { code, stderr } = await policies('--allow-omitted');
    expect(code).toBe(0);
    expect(stderr).toContain('1 omitted');
  });

  test('prints evidence when asked', async () => {
    expect((await policies('-n', 'shop')).stdout).not.toContain('# opened 5');
    expect((await policies('-n', 'shop', '--with-evidence')).stdout).toContain('# opened 5');
  });

  test('prints JSON with every draft, omission and piece of evidence', async () => {
    const { code, stdout } = await policies('-o', 'json');
    const { items } = JSON.parse(stdout) as { items: { kind: string; title: string; policy?: object }[] };
    expect(items.map(({ kind, title }) => `${kind} ${title}`)).toEqual([
      'omitted ops/backup',
      'draft shop/cart',
      'draft shop/web',
      'draft shop/db',
    ]);
    expect(items[2]?.policy).toEqual(policyOf(web));
    expect(code).toBe(1);
  });

  test('pulls every page of a large namespace', async () => {
    const drafts = Array.from({ length: 2500 }, (_, index) => ({
      ...omission,
      workload: { namespace: 'ops', kind: 'CronJob', name: `job-${index}` },
    }));
    const large = await serve({ drafts: () => drafts });
    const { stdout } = await run(['--server', large.url, '-o', 'json']);
    const { items } = JSON.parse(stdout) as { items: { title: string }[] };
    expect(new Set(items.map(({ title }) => title)).size).toBe(2500);
    await large.close();
  });

  test('prints one workload in YAML, without the comments of others', async () => {
    const { code, stdout, stderr } = await policies('-w', 'cart');
    expect(namesIn(stdout)).toEqual(['netscribe-cart']);
    expect(stdout).toContain('# shop/cart (Deployment)');
    expect(stdout).not.toMatch(/ops|backup|no draft/);
    expect(stderr).toBe(`1 draft, 0 omitted\n${notes(1)}`);
    expect(code).toBe(0);
  });

  test('prints why one workload got no draft', async () => {
    const { code, stdout } = await policies('-w', 'backup');
    expect(stdout).toBe('# ops/backup: no draft: no-selector No labels select exactly its pods.\n');
    expect(code).toBe(1);
  });

  test.each(['yaml', 'json'])('writes one %s file per policy and prints no document', async (format) => {
    const target = join(folder, 'deep', 'policies');
    const { code, stdout, stderr } = await policies('--out', target, '-o', format);
    expect((await readdir(target)).toSorted()).toEqual(
      ['cart', 'db', 'web'].map((name) => `shop.netscribe-${name}.${format}`),
    );
    const text = await readFile(join(target, `shop.netscribe-web.${format}`), 'utf8');
    expect(parse(text)).toEqual(policyOf(web));
    expect(text).not.toContain('no draft');
    expect(stdout).toBe('');
    expect(stderr).toBe(
      `wrote 3 files to ${target}\n3 drafts, 1 omitted:\n  ops/backup: no-selector No labels select exactly its pods.\n${notes(3)}`,
    );
    expect(code).toBe(1);
  });

  test('asks for what a person takes in, in the drafts and in the YAML', async () => {
    const asked: (readonly string[])[] = [];
    const includes = await serve({
      drafts: ({ include }) => {
        asked.push(include);
        return sampleSources().drafts(PLAIN_DRAFTS);
      },
      policiesYaml: (namespace, options) => {
        asked.push(options.asked.include);
        return sampleSources().policiesYaml(namespace, options);
      },
    });
    const edges = ['a -> b:1/tcp', 'a & b -> c:2/udp'];
    const argv = ['--server', includes.url, ...edges.flatMap((edge) => ['--include', edge])];
    expect((await run(argv)).code).toBe(1);
    expect(asked).toEqual([edges, edges]);
    await includes.close();
  });

  test('names ten edges that are held back, and counts the others', async () => {
    const held = Array.from({ length: 12 }, (_, index) => ({
      edge: `a -> b:${index + 1}/tcp`,
      reason: 'burst' as const,
      sentence: 'Many.',
    }));
    const drafts = sampleSources()
      .drafts(PLAIN_DRAFTS)
      .map((outcome) => (outcome.kind === 'draft' ? { ...outcome, heldBack: held } : outcome));
    const burst = await serve({ drafts: () => drafts });
    const { stderr } = await run(['--server', burst.url, '--allow-omitted']);
    expect(stderr).toContain(
      '12 edges held back out of the drafts; take one in with --include EDGE:\n  burst: a',
    );
    expect(stderr).toContain('  burst: a -> b:10/tcp\n  and 2 more; -o json has them all under heldBack\n');
    await burst.close();
  });

  test('says that it cannot write where a file is in the way, and leaves it alone', async () => {
    const blocked = join(folder, 'file');
    await writeFile(blocked, 'mine');
    const { code, stderr } = await policies('--out', blocked);
    expect(code).toBe(2);
    expect(stderr).toContain(`error: Cannot write policies to ${blocked}: EEXIST`);
    expect(await readFile(blocked, 'utf8')).toBe('mine');
  });

  test.each(['../escape', 'a/b', '..', 'A', ''])('writes no file for a policy named %j', async (name) => {
    const drafts = sampleSources()
      .drafts(PLAIN_DRAFTS)
      .filter((outcome) => outcome.kind === 'draft')
      .slice(0, 1)
      .map((draft) => ({
        ...draft,
        policy: { ...draft.policy, metadata: { ...draft.policy.metadata, name } },
      }));
    const hostile = await serve({ drafts: () => drafts });
    const { code, stderr } = await run(['--server', hostile.url, '--out', join(folder, 'x'), '-o', 'json']);
    expect({ code, files: await readdir(folder) }).toEqual({ code: 3, files: [] });
    expect(stderr).toContain(`The server named a policy ${JSON.stringify(name)}`);
    await hostile.close();
  });

  test('says so when drafts and documents are not of one moment', async () => {
    const moving = await serve({ policiesYaml: () => ({ yaml: '# nothing here yet\n', omitted: [] }) });
    const { code, stdout, stderr } = await run(['--server', moving.url, '-w', 'web']);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain('The drafts changed while they were pulled.');
    await moving.close();
  });
});

describe('netscribe policies, used wrongly', () => {
  test('says which namespaces are known', async () => {
    const { code, stdout, stderr } = await policies('-n', 'shp');
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toBe('error: No namespace "shp" is known here. Nearest in spelling: shop, ops, silent.\n');
  });

  test('says which workloads are known', async () => {
    const { code, stderr } = await policies('-n', 'shop', '-w', 'wbe');
    expect(code).toBe(2);
    expect(stderr).toContain('No workload "wbe" is known here. Nearest in spelling: ');
  });

  test.each([
    [['--colour'], "unknown option '--colour'"],
    [['-o', 'toml'], 'Allowed choices are yaml, json'],
    [['extra'], 'too many arguments'],
    [['-n'], 'argument missing'],
    [['--server', 'nonsense'], '"nonsense" is not the URL of a server.'],
    [['-n', ''], 'query.namespace'],
  ])('%j is a usage error on standard error', async (argv, words) => {
    const { code, stdout, stderr } = await policies(...argv);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(words);
  });

  test('prints help with examples on standard output', async () => {
    const { code, stdout, stderr } = await run(['--help']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    await expect(stdout).toMatchFileSnapshot('../golden/policies-help.txt');
  });

  test('exits with 3 when nobody answers there', async () => {
    const gone = await serve();
    await gone.close();
    const { code, stdout, stderr } = await run(['--server', gone.url]);
    expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
    expect(stderr).toMatch(/^error: Cannot reach the server at http:\/\/127\.0\.0\.1:[0-9]+: .*\nhint: /);
  });

  test('exits with 3 when the server fails', async () => {
    const failing = await serve({
      drafts() {
        throw new Error('inside');
      },
    });
    const { code, stderr } = await run(['--server', failing.url]);
    expect(code).toBe(3);
    expect(stderr).toContain('(internal-error)');
    expect(stderr).not.toContain('inside');
    await failing.close();
  });

  test('ends with the reason of the signal when the person gives up', async () => {
    const stop = new AbortController();
    const waiting = await serve({
      drafts() {
        stop.abort('SIGINT');
        return [];
      },
    });
    await expect(run(['--server', waiting.url], stop.signal)).rejects.toBe('SIGINT');
    await waiting.close();
  });

  test('takes a reader that went away for a reader who has enough', async () => {
    const stderr = sink();
    const closed = new Writable({
      write: (_chunk, _encoding, done) => done(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' })),
    });
    const { signal } = new AbortController();
    const argv = ['--server', server.url, '-n', 'shop'];
    expect(await main(argv, { stdout: closed, stderr: stderr.stream, signal })).toBe(0);
    expect(stderr.text()).toBe(`3 drafts, 0 omitted\n${notes(3)}`);
  });
});
