/** What an agent sends, and what it says of itself, on a scripted source and a played server. */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseBatch } from '../../src/wire/batch-schema.ts';
import { openedOf, refusal } from './played-server.ts';
import { newFolder } from './running-agent.ts';
import { keyOf, openedAt } from './scripted-source.ts';
import { stageOfEachTest } from './stage.ts';

const stage = stageOfEachTest();

describe('what an agent sends', () => {
  it('is a batch that a server accepts, with who, when and from where', async () => {
    const agent = await stage.started({ args: ['--node-uid', 'uid-1'] });
    agent.source.opened(3);
    agent.source.say({ kind: 'present', key: keyOf(0) }, 1_795_303_755_000.25);
    agent.source.sink.lost(7);
    agent.source.sink.skipped('closing', 2);
    agent.source.sink.skipped('Not a reason!', 1);
    await stage.server.until(() => stage.server.opened === 3);
    const batch = stage.server.batches.find(({ flows }) => flows.length > 0);
    expect(parseBatch(batch)).toMatchObject({ kind: 'batch' });
    expect(batch).toMatchObject({
      version: 1,
      nodeUid: 'uid-1',
      nodeName: 'node-a',
      readLagMs: 50,
      source: { kind: 'netlink', accounting: false, timestamps: null },
      losses: { dropped: 7, skipped: { closing: 2, other: 1 } },
      flows: [{ ...keyOf(0), presences: [{ at: 1_795_303_755_000, count: 1 }] }],
    });
    expect(batch?.bootId).toMatch(/^([0-9a-f-]{36})?$/);
    expect(batch?.epoch).toMatch(/^[0-9a-f]{32}$/);
    expect(batch?.windowEnd).toBeGreaterThanOrEqual(batch?.windowStart ?? Infinity);
    expect(batch?.sentAt).toBeGreaterThanOrEqual(batch?.windowEnd ?? Infinity);
  });

  it('follows window upon window without a hole, also when nothing happens', async () => {
    await stage.started();
    await stage.server.until(() => stage.server.stored.size >= 3);
    const [first, second, third] = stage.server.batches;
    expect([first?.sequence, second?.sequence, third?.sequence]).toEqual([1, 2, 3]);
    expect(second?.windowStart).toBe(first?.windowEnd);
    expect(third?.windowStart).toBe(second?.windowEnd);
    expect(first?.flows).toEqual([]);
  });

  it('names no uid that it was not given, and no token', async () => {
    await stage.started();
    await stage.server.until(() => stage.server.stored.size > 0);
    expect(stage.server.attempts[0]?.batch.nodeUid).toBe('');
    expect(stage.server.attempts[0]?.headers.authorization).toBeUndefined();
  });

  it('is compressed above 1 KiB and stays below 5,000 flows', async () => {
    const agent = await stage.started({ args: ['--batch-window-ms', '3600000'] });
    for (let flow = 0; flow < 12_000; flow++) agent.source.say(openedAt(flow, 5000), 0);
    agent.source.sink.lost(1);
    expect(await agent.stop()).toBe(0);
    expect(stage.server.batches.map(({ flows, losses }) => [flows.length, losses.dropped])).toEqual([
      [5000, 1],
      [5000, 0],
      [2000, 0],
    ]);
    const [large] = stage.server.attempts;
    expect(large?.headers['content-encoding']).toBe('zstd');
    expect(large?.bytes).toBeLessThan(200_000);
  });

  it('goes out early when there are too many keys', async () => {
    const agent = await stage.started({ args: ['--batch-window-ms', '3600000', '--max-keys', '100'] });
    for (let flow = 0; flow < 1050; flow++) agent.source.say(openedAt(flow, 5000), 0);
    await stage.server.until(() => stage.server.opened === 1000);
    expect(stage.server.batches.every(({ flows }) => flows.length === 100)).toBe(true);
    expect(await agent.stop()).toBe(0);
    expect(stage.server.opened).toBe(1050);
  });

  it('carries a token that is read again when the server refuses it', async () => {
    const tokenFile = path.join(newFolder(), 'token');
    writeFileSync(tokenFile, 'old\n');
    stage.server.play = (_batch, attempt) => {
      if (stage.server.attempts.length === attempt && attempt === 0) writeFileSync(tokenFile, 'new\n');
      return attempt === 0 ? refusal(401) : { kind: 'store' };
    };
    const agent = await stage.started({ args: ['--token-file', tokenFile] });
    await stage.server.until(() => stage.server.stored.size > 0);
    expect(stage.server.attempts.slice(0, 2).map(({ headers }) => headers.authorization)).toEqual([
      'Bearer old',
      'Bearer new',
    ]);
    expect(JSON.stringify(agent.logs)).not.toMatch(/Bearer|"old|"new/);
  });
});

it('the effective options are logged, without the content of any file', async () => {
  const tokenFile = path.join(newFolder(), 'token');
  writeFileSync(tokenFile, 'very-secret');
  const agent = await stage.started({ args: ['--token-file', tokenFile] });
  await stage.server.until(() => stage.server.stored.size > 0);
  expect(await agent.logged('the agent starts')).toMatchObject({
    server: `${stage.server.url}/`,
    nodeName: 'node-a',
    batchWindowMs: 100,
    maxKeys: 60_000,
    tokenFile,
    epoch: stage.server.batches[0]?.epoch,
  });
  expect(JSON.stringify(agent.logs)).not.toContain('very-secret');
  expect(readFileSync(path.join(agent.stateDir, 'epoch'), 'utf8')).not.toContain('very-secret');
});

it('openedOf counts what a batch says', () => {
  expect(openedOf([])).toBe(0);
});
