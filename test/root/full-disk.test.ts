/**
 * A file system that is really full: a small tmpfs of our own, filled until the store says so. Needs root on Linux to
 * mount it; `test/store/size-limit.test.ts` shows the same without.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openStore } from '../../src/store/store.ts';
import type { Store } from '../../src/store/store.ts';
import { batch, evidence, workload } from '../store/samples.ts';

const canMount = process.platform === 'linux' && process.getuid?.() === 0;
if (!canMount) process.stderr.write('full-disk: skipped, because mounting a tmpfs needs root on Linux\n');

describe.runIf(canMount)('a full disk', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(path.join(tmpdir(), 'netscribe-full-disk-'));
    mount(['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', directory]);
  });
  afterEach(() => {
    // Lazily: after a failed test the store may still be open.
    run('umount', ['--lazy', directory]);
    rmdirSync(directory);
  });

  test('is told by name, loses nothing that was stored, and is over when there is space again', () => {
    const file = path.join(directory, 'netscribe.db');
    const store = openStore(file);
    const { thrown, recorded } = fill(store);
    expect(thrown).toMatchObject({ name: 'ProblemError', code: 'disk-full' });
    expect(thrown).toHaveProperty('message', expect.stringContaining(file));
    expect(recorded).toBeGreaterThan(10);
    expect(store.edges.all()).toHaveLength(recorded);
    expect(store.inbox.counts()).toEqual({ accepted: recorded, pending: recorded });

    mount(['-o', 'remount,size=16m', directory]);
    store.transaction(() => recordOne(store, recorded));
    expect(store.edges.all()).toHaveLength(recorded + 1);
    store.close();

    const reopened = openStore(file);
    expect(reopened.edges.all()).toHaveLength(recorded + 1);
    expect(reopened.inbox.counts().accepted).toBe(recorded + 1);
    reopened.close();
  });

  test('that is still full when the store closes ends the writer all the same, and loses nothing', () => {
    const file = path.join(directory, 'netscribe.db');
    const store = openStore(file);
    const { recorded } = fill(store);
    // The WAL does not fit into the file: it stays beside it for the next opening.
    expect(() => store.close()).toThrow(expect.objectContaining({ code: 'disk-full' }));

    mount(['-o', 'remount,size=16m', directory]);
    const reopened = openStore(file);
    expect(reopened.edges.all()).toHaveLength(recorded);
    reopened.close();
  });

  test('on which no database fits is told when it is opened', () => {
    mount(['-o', 'remount,size=32k', directory]);
    const file = path.join(directory, 'netscribe.db');
    expect(() => openStore(file)).toThrow(expect.objectContaining({ code: 'disk-full' }));
    mount(['-o', 'remount,size=2m', directory]);
    openStore(file).close();
  });
});

/** One batch and one new edge in one transaction, again and again, until the store refuses. */
function fill(store: Store): { readonly thrown: unknown; readonly recorded: number } {
  for (let recorded = 0; recorded < 50_000; recorded++) {
    try {
      store.transaction(() => recordOne(store, recorded));
    } catch (thrown) {
      return { thrown, recorded };
    }
  }
  throw new Error('the disk was never full');
}

function recordOne(store: Store, number: number): void {
  store.inbox.accept([batch(number + 1)]);
  store.edges.record([evidence({ client: workload(`shop/client-${number}`) })]);
}

function mount(options: readonly string[]): void {
  run('mount', options);
}

function run(command: string, options: readonly string[]): void {
  const { status, stderr } = spawnSync(command, options, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command} ${options.join(' ')}: ${stderr}`);
}
