/** Bad input to the real command: what and where on standard error, exit code 2, nothing on standard output, nothing stored is lost. */
import { spawn } from 'node:child_process';
import {
  appendFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openStore } from '../../src/store/store.ts';
import { EXAMPLE } from './boutique.ts';

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'netscribe-bad-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function netscribe(...argv: readonly string[]): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['src/main.ts', ...argv], { stdio: ['ignore', 'pipe', 'pipe'] });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
}

/** A copy of the example to break. */
function copyOf(name: string): string {
  const copy = join(folder, name);
  cpSync(EXAMPLE, copy, { recursive: true });
  return copy;
}

function expectRefused(ended: Ended, ...words: readonly string[]): void {
  expect({ code: ended.code, stdout: ended.stdout }).toEqual({ code: 2, stdout: '' });
  for (const word of words) expect(ended.stderr).toContain(word);
  expect(ended.stderr).not.toContain('    at ');
}

describe('a folder that is no capture', () => {
  test.each([
    ['does not exist', () => join(folder, 'nowhere'), 'is not a folder that can be read'],
    ['is a file', () => 'package.json', 'package.json is not a folder'],
    ['has no nodes', () => 'src', 'has no folder "nodes"'],
  ])('%s', async (_, directory, words) => {
    expectRefused(await netscribe('replay', directory()), words, 'docs/capture.md');
  });

  test('has nodes without records, or no cluster', async () => {
    const empty = join(folder, 'empty');
    mkdirSync(join(empty, 'nodes', 'a'), { recursive: true });
    expectRefused(await netscribe('replay', empty), 'has no folder "cluster"');
    mkdirSync(join(empty, 'cluster'));
    expectRefused(await netscribe('replay', empty), 'has no node folder with an events.txt or a dump');
    writeFileSync(join(empty, 'nodes', 'a', 'events.txt'), '');
    expectRefused(await netscribe('replay', empty), 'has neither watch.jsonl nor a List');
  });

  test('has a dump or a List that does not say when it was taken', async () => {
    const copy = copyOf('untimed');
    writeFileSync(join(copy, 'cluster', 'pods.json'), '{"kind":"List","items":[]}');
    expectRefused(
      await netscribe('replay', copy),
      'pods.json does not say in its name when it was taken',
      'date +%s',
    );
  });
});

describe('broken records', () => {
  test('a truncated line: file and line, all of them at once, and drafts only when told to go on', async () => {
    const copy = copyOf('truncated');
    const events = join(copy, 'nodes', 'node-a', 'events.txt');
    const lines = readFileSync(events, 'utf8').split('\n');
    writeFileSync(
      events,
      [...lines.slice(0, 10), 'nonsense with words', ...lines.slice(10, 20)].join('\n').slice(0, -40),
    );
    const refused = await netscribe('replay', copy);
    expectRefused(
      refused,
      `${events}:11: malformed line: nonsense`,
      `${events}:21: truncated line`,
      'nothing was drafted',
      '--skip-bad-input',
    );
    const skipped = await netscribe('replay', copy, '--skip-bad-input');
    expect(skipped.code).toBe(0);
    expect(skipped.stdout).toContain('kind: NetworkPolicy');
    expect(skipped.stderr).toContain('skipped 2 broken records');
  });

  test('events without timestamps cannot be attributed and say how to record', async () => {
    const copy = copyOf('no-time');
    const events = join(copy, 'nodes', 'node-b', 'events.txt');
    writeFileSync(events, readFileSync(events, 'utf8').replace(/^\[[\d.]+\]/gm, ''));
    expectRefused(await netscribe('replay', copy), `${events}:1: has no [timestamp]`, '-o timestamp');
  });

  test('a List with a broken pod: file, item, object and field', async () => {
    const copy = copyOf('broken-pod');
    const pod = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'p', namespace: 'shop', uid: 'u', creationTimestamp: '2026-11-21T22:00:00Z' },
      spec: { containers: [] },
      status: { podIP: '10.244.1.999' },
    };
    const file = join(copy, 'cluster', 'objects-1795303800.json');
    writeFileSync(file, JSON.stringify({ kind: 'List', items: [{ ...pod, status: {} }, pod] }));
    expectRefused(await netscribe('replay', copy), `${file}: item 1: Pod shop/p: status.podIP`);
  });

  test('a List that is none, and a watch line that is none', async () => {
    const copy = copyOf('no-list');
    writeFileSync(join(copy, 'cluster', 'objects-1795303800.json'), '{"kind":"Pod"');
    appendFileSync(join(copy, 'cluster', 'watch.jsonl'), '{"observedAt":"yesterday"}\n');
    expectRefused(
      await netscribe('replay', copy),
      'objects-1795303800.json: not a Kubernetes List in JSON',
      'watch.jsonl:',
      'observedAt',
    );
  });

  test('nothing that was stored before is lost', async () => {
    const db = join(folder, 'kept.db');
    expect((await netscribe('replay', EXAMPLE, '--db', db)).code).toBe(0);
    const before = stored(db);
    const copy = copyOf('broken-later');
    appendFileSync(join(copy, 'nodes', 'node-a', 'events.txt'), 'half a li');
    expectRefused(await netscribe('replay', copy, '--db', db), 'truncated line');
    expect(stored(db)).toEqual(before);
    expect((await netscribe('replay', EXAMPLE, '--db', db)).stderr).toContain('already known');
    expect(stored(db)).toEqual(before);
  });
});

describe('a database that cannot be used', () => {
  test.each([
    [
      'is text',
      'this is no database, and long enough to have a header of its own.....................................',
    ],
    ["is another program's", null],
  ])('it %s, and stays as it was', async (_, content) => {
    const file = join(folder, content === null ? 'other.db' : 'text.db');
    if (content === null) cpSync(await foreignDatabase(), file);
    else writeFileSync(file, content);
    const before = readFileSync(file);
    expectRefused(await netscribe('replay', EXAMPLE, '--db', file), file);
    expect(readFileSync(file).equals(before)).toBe(true);
  });

  test('it lies in a folder that does not exist', async () => {
    expectRefused(
      await netscribe('replay', EXAMPLE, '--db', join(folder, 'no', 'such', 'x.db')),
      join(folder, 'no', 'such'),
    );
  });
});

describe('usage', () => {
  test('a port in use is told before anything is printed', async () => {
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
    const address = taken.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    expectRefused(await netscribe('replay', EXAMPLE, '--listen', `127.0.0.1:${port}`), `127.0.0.1:${port}`);
    await new Promise((resolve) => taken.close(resolve));
  });

  test('an unknown namespace names the known ones', async () => {
    expectRefused(
      await netscribe('replay', EXAMPLE, '-n', 'shopp'),
      'namespace "shopp" is not known',
      'shop',
    );
  });

  test.each([
    [['--listen', '8080'], 'is not host:port'],
    [['--listen', '0.0.0.0:0'], 'loopback'],
    [['--node-cidrs', '10.0.0.0/99'], '--node-cidrs 10.0.0.0/99 is not a CIDR'],
    [['--nonsense'], '--nonsense'],
  ])('%j', async (options, words) => {
    expectRefused(await netscribe('replay', EXAMPLE, ...options), words);
  });

  test('no scratch database is left behind', async () => {
    const scratch = (): string[] => readdirSync(tmpdir()).filter((name) => /^netscribe-\w{6}$/.test(name));
    const before = scratch();
    await netscribe('replay', join(folder, 'nowhere'));
    expect(scratch().filter((name) => !before.includes(name))).toEqual([]);
  });
});

function stored(file: string): unknown {
  const store = openStore(file);
  try {
    return { edges: store.edges.all(), batches: store.inbox.counts(), leases: store.leases.all() };
  } finally {
    store.close();
  }
}

/** A database that SQLite can read and netscribe did not make. */
async function foreignDatabase(): Promise<string> {
  const { default: Database } = await import('better-sqlite3');
  const file = join(folder, 'foreign.sqlite');
  const db = new Database(file);
  db.exec('CREATE TABLE notes (text TEXT); INSERT INTO notes VALUES (1)');
  db.close();
  return file;
}
