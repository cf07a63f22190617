/** What a node tells of times that have not come yet: it waits for them alone, and nobody waits with it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Live } from '../../src/server/live.ts';
import { openStore } from '../../src/store/store.ts';
import type { Store } from '../../src/store/store.ts';
import type { Batch } from '../../src/wire/batch.ts';
import { flow } from '../world.ts';

const MINUTE_MS = 60_000;
let folder: string;
let store: Store;
let live: Live;
let now: number;

beforeEach(() => {
  now = 1_795_000_000_000;
  folder = mkdtempSync(join(tmpdir(), 'netscribe-future-'));
  store = openStore(join(folder, 'server.db'));
  live = new Live(store, { timing: { slackMs: 2000, deadlineMs: MINUTE_MS }, now: () => now });
  for (const name of ['node-a', 'liar'])
    live.event({
      observedAt: now,
      type: 'ADDED',
      object: {
        apiVersion: 'v1',
        kind: 'Node',
        metadata: { name, uid: `uid-${name}`, creationTimestamp: '2026-11-01T22:00:00Z' },
        spec: {},
        status: {},
      },
    });
  live.synced();
});
afterEach(async () => {
  await live.close();
  store.close();
  rmSync(folder, { recursive: true });
});

function batch(nodeName: string, sequence: number, detail: Partial<Batch> = {}): Batch {
  return {
    version: 1,
    nodeUid: '',
    nodeName,
    bootId: '',
    epoch: (nodeName === 'liar' ? 'ee' : 'aa').repeat(16),
    sequence,
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

const year9999 = 253_402_300_799_000;

test.each([
  ['a window that ends in the year 9999', { windowEnd: year9999 }],
  ['a window since 1970', { windowStart: 0 }],
  [
    'a connection of the year 9999',
    { flows: [flow('10.0.0.1:41000 > 10.0.0.2:80 tcp', { second: year9999 / 1000 })] },
  ],
])('%s is put aside', async (_what, detail) => {
  await expect(live.accept(batch('liar', 1, detail))).rejects.toMatchObject({ code: 'malformed-batch' });
});

test('windows that began long ago and end in some minutes hold back no batch of another node', async () => {
  const long = { windowStart: now - 20 * 3_600_000, windowEnd: now + 9 * MINUTE_MS };
  const lies = Array.from({ length: 70 }, (_, index) => live.accept(batch('liar', index + 1, long)));
  await Promise.all([...lies, live.accept(batch('node-a', 1))]);
  now += 3 * MINUTE_MS;
  live.settle();
  expect(store.inbox.counts()).toEqual({ accepted: 71, pending: 70 });
  now += 10 * MINUTE_MS;
  live.settle();
  expect(store.inbox.counts()).toEqual({ accepted: 71, pending: 0 });
});
