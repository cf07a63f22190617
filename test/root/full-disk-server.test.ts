/**
 * A server whose disk is really full: it stays ready for who reads, and says to agents, probes, Prometheus and its log that it
 * stores nothing, until there is space again. Needs root on Linux to mount a tmpfs of its own.
 */
import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { FakeApiServer } from '../fake-api-server/server.ts';
import { flow } from '../world.ts';

const canMount = process.platform === 'linux' && process.getuid?.() === 0;
if (!canMount)
  process.stderr.write('full-disk-server: skipped, because mounting a tmpfs needs root on Linux\n');

describe.runIf(canMount)('a server on a full disk', () => {
  let directory: string;
  let api: FakeApiServer;
  let child: ChildProcess;
  const log: string[] = [];

  beforeEach(async () => {
    directory = mkdtempSync(path.join(tmpdir(), 'netscribe-full-server-'));
    mount('-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', directory);
    api = new FakeApiServer({});
    const creationTimestamp = new Date(Date.now() - 600_000).toISOString().replace(/\.\d+Z/, 'Z');
    const metadata = { name: 'node-a', creationTimestamp };
    const url = await api.listen('127.0.0.1', 0);
    api.put({ apiVersion: 'v1', kind: 'Node', metadata, spec: {}, status: {} });
    const argv = ['--listen', '127.0.0.1:0', '--ingest', '127.0.0.1:0', '--api-server', url];
    const db = ['--db', path.join(directory, 'server.db'), '--batches-per-minute', '100000'];
    child = spawn(process.execPath, ['src/main.ts', 'server', ...argv, ...db], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
  });
  afterEach(async () => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
    await api.close();
    run('umount', '--lazy', directory);
    rmdirSync(directory);
  });

  test('is ready, says what it cannot do, and goes on when there is space', async () => {
    const { ingest } = await listening();
    const ready = async () => {
      const response = await fetch(`${ingest}/readyz`);
      const { degraded } = (await response.json()) as { degraded: { what: string; code: string }[] };
      return { status: response.status, degraded: degraded.map(({ what, code }) => `${what} ${code}`) };
    };
    while ((await ready()).status !== 200);
    expect((await ready()).degraded).toEqual([]);
    let sequence = 1;
    let status = await send(ingest, sequence);
    while (status === 200) status = await send(ingest, ++sequence);
    expect(status).toBe(507);
    expect(await ready()).toMatchObject({
      status: 200,
      degraded: expect.arrayContaining(['batches disk-full']),
    });
    expect(await (await fetch(`${ingest}/metrics`)).text()).toMatch(
      /^netscribe_storing_failed_seconds\{what="batches",code="disk-full"\} \d/m,
    );
    // The log comes another way than answers do, and may come later.
    while (!log.some((line) => line.includes('"code":"disk-full"'))) await ready();

    mount('-o', 'remount,size=32m', directory);
    expect(await send(ingest, sequence)).toBe(200);
    while ((await ready()).degraded.length > 0);
    child.kill('SIGTERM');
    expect(await once(child, 'exit')).toEqual([0, null]);
  });

  function listening(): Promise<{ ingest: string }> {
    return new Promise((resolve, reject) => {
      if (child.stderr === null) throw new Error('the server has no log');
      createInterface({ input: child.stderr }).on('line', (line) => {
        log.push(line);
        if (line.includes('server listening')) resolve(JSON.parse(line) as { ingest: string });
      });
      child.once('exit', () => reject(new Error(log.join('\n'))));
    });
  }
});

async function send(url: string, sequence: number): Promise<number> {
  const second = Math.floor(Date.now() / 1000) - 5;
  const flows = Array.from({ length: 200 }, (_, index) =>
    flow(`10.0.${index}.${sequence % 250}:41000 > 10.0.0.2:80 tcp`, { second }),
  );
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
      flows,
    }),
  });
  await response.arrayBuffer();
  return response.status;
}

function mount(...options: readonly string[]): void {
  run('mount', ...options);
}

function run(command: string, ...options: readonly string[]): void {
  const { status, stderr } = spawnSync(command, options, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command} ${options.join(' ')}: ${stderr}`);
}
