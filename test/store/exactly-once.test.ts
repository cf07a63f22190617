import { spawnSync } from 'node:child_process';
import path from 'node:path';
import process from 'node:process';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openStore } from '../../src/store/store.ts';
import { batch, evidence, scratchDirectory, NOW } from './samples.ts';

let scratch: ReturnType<typeof scratchDirectory>;
beforeEach(() => {
  scratch = scratchDirectory();
});
afterEach(() => scratch.remove());

test.each([
  ['after-record', 1, 0],
  ['after-mark', 1, 0],
  ['after-commit', 0, 1],
])('a process killed %s leaves %i pending batches and %i edges', (where, pending, edges) => {
  const file = scratch.file('netscribe.db');
  const before = openStore(file);
  before.inbox.accept([batch(1)]);
  before.close();

  const script = path.join(import.meta.dirname, 'attribute-and-die.ts');
  const child = spawnSync(process.execPath, [script, file, where], { encoding: 'utf8' });
  expect(child.stderr).toBe('');
  // Windows ends a process without a signal's name.
  expect(child.signal ?? child.status).not.toBe(0);

  const after = openStore(file);
  expect(after.inbox.counts()).toEqual({ accepted: 1, pending });
  expect(after.edges.all()).toHaveLength(edges);
  expect(after.inbox.accept([batch(1)])).toEqual(['duplicate']);
  after.close();
});

test('evidence and mark stand or fall together when the work throws', () => {
  const store = openStore(':memory:');
  store.inbox.accept([batch(1)]);
  const attribute = () =>
    store.transaction(() => {
      store.edges.record([evidence()]);
      store.inbox.markAttributed([batch(1), batch(2)]);
    });
  expect(attribute).toThrow(expect.objectContaining({ code: 'batch-not-pending' }));
  expect(store.edges.all()).toEqual([]);
  expect(store.inbox.pending(10, NOW)).toEqual([batch(1)]);
  store.close();
});

test('a transaction gives back what its work returned and refuses work that is async', () => {
  const store = openStore(':memory:');
  expect(store.transaction(() => 42)).toBe(42);
  expect(() => store.transaction(async () => Promise.resolve())).toThrow(/cannot return a promise/);
  store.close();
});
