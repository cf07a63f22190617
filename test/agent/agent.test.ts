import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Speaker } from '../../src/conntrack/speaker.ts';
import { parseBatch } from '../../src/wire/batch-schema.ts';
import { ProblemError } from '../../src/domain/problem.ts';
import { openedOf, PlayedServer } from './played-server.ts';
import type { Play } from './played-server.ts';
import { newFolder, removeFolders, startAgent } from './running-agent.ts';
import type { AgentSetup, RunningAgent } from './running-agent.ts';
import { keyOf, openedAt, ScriptedSource } from './scripted-source.ts';

let server: PlayedServer;
let agents: RunningAgent[];

beforeEach(async () => {
  server = await new PlayedServer().start();
  agents = [];
});

afterEach(async () => {
  await Promise.allSettled(agents.map((agent) => agent.stop()));
  await server.close();
});

afterAll(removeFolders);

async function started(setup: Partial<AgentSetup> = {}): Promise<RunningAgent> {
  const agent = startAgent({ server, ...setup });
  agents.push(agent);
  await agent.source.until(() => agent.source.isOpen);
  return agent;
}

const refuse = (status: number, code?: string, retryAfter?: string): Play => ({
  kind: 'refuse',
  status,
  ...(code !== undefined && { code }),
  ...(retryAfter !== undefined && { retryAfter }),
});

describe('what an agent sends', () => {
  it('is a batch that a server accepts, with who, when and from where', async () => {
    const agent = await started({ args: ['--node-uid', 'uid-1'] });
    agent.source.opened(3);
    agent.source.say({ kind: 'present', key: keyOf(0) }, 1_795_303_755_000.25);
    agent.source.sink.lost(7);
    agent.source.sink.skipped('closing', 2);
    agent.source.sink.skipped('Not a reason!', 1);
    await server.until(() => server.opened === 3);
    const batch = server.batches.find(({ flows }) => flows.length > 0);
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
    await started();
    await server.until(() => server.stored.size >= 3);
    const [first, second, third] = server.batches;
    expect([first?.sequence, second?.sequence, third?.sequence]).toEqual([1, 2, 3]);
    expect(second?.windowStart).toBe(first?.windowEnd);
    expect(third?.windowStart).toBe(second?.windowEnd);
    expect(first?.flows).toEqual([]);
  });

  it('names no uid that it was not given, and no token', async () => {
    await started();
    await server.until(() => server.stored.size > 0);
    expect(server.attempts[0]?.batch.nodeUid).toBe('');
    expect(server.attempts[0]?.headers.authorization).toBeUndefined();
  });

  it('is compressed above 1 KiB and stays below 5,000 flows', async () => {
    const agent = await started({ args: ['--batch-window-ms', '3600000'] });
    for (let flow = 0; flow < 12_000; flow++) agent.source.say(openedAt(flow, 5000), 0);
    agent.source.sink.lost(1);
    expect(await agent.stop()).toBe(0);
    expect(server.batches.map(({ flows, losses }) => [flows.length, losses.dropped])).toEqual([
      [5000, 1],
      [5000, 0],
      [2000, 0],
    ]);
    const [large] = server.attempts;
    expect(large?.headers['content-encoding']).toBe('gzip');
    expect(large?.bytes).toBeLessThan(200_000);
  });

  it('goes out early when there are too many keys', async () => {
    const agent = await started({ args: ['--batch-window-ms', '3600000', '--max-keys', '100'] });
    for (let flow = 0; flow < 1050; flow++) agent.source.say(openedAt(flow, 5000), 0);
    await server.until(() => server.opened === 1000);
    expect(server.batches.every(({ flows }) => flows.length === 100)).toBe(true);
    expect(await agent.stop()).toBe(0);
    expect(server.opened).toBe(1050);
  });

  it('carries a token that is read again when the server refuses it', async () => {
    const tokenFile = path.join(newFolder(), 'token');
    writeFileSync(tokenFile, 'old\n');
    server.play = (_batch, attempt) => {
      if (server.attempts.length === attempt && attempt === 0) writeFileSync(tokenFile, 'new\n');
      return attempt === 0 ? refuse(401) : { kind: 'store' };
    };
    const agent = await started({ args: ['--token-file', tokenFile] });
    await server.until(() => server.stored.size > 0);
    expect(server.attempts.slice(0, 2).map(({ headers }) => headers.authorization)).toEqual([
      'Bearer old',
      'Bearer new',
    ]);
    expect(JSON.stringify(agent.logs)).not.toMatch(/Bearer|"old|"new/);
  });
});

describe('what the server answers', () => {
  it.each<[string, Play]>([
    ['503', refuse(503)],
    ['429 with Retry-After', refuse(429, 'slow-down', '0')],
    ['507', refuse(507, 'disk-full')],
    ['500', refuse(500)],
    ['a page of a proxy with 200', { kind: 'say', status: 200, body: '<html>hello</html>' }],
    [
      'a 200 for another batch',
      { kind: 'say', status: 200, body: '{"generation":"aa","acknowledged":{"epoch":"x","sequence":1}}' },
    ],
    ['a redirect', { kind: 'say', status: 302, body: '' }],
    ['nothing, cutting the socket', { kind: 'cut', stores: false }],
    ['nothing after it stored', { kind: 'cut', stores: true }],
  ])('%s: the batch is sent again, the same and in order', async (_name, play) => {
    server.play = (_batch, attempt) => (attempt < 3 ? play : { kind: 'store' });
    const agent = await started();
    agent.source.opened(5);
    await server.until(() => server.stored.size >= 2);
    expect(await agent.stop()).toBe(0);
    expect(server.attempts.slice(0, 5).map(({ batch }) => batch.sequence)).toEqual([1, 1, 1, 1, 2]);
    const bodies = server.attempts.slice(0, 4).map(({ batch }) => JSON.stringify({ ...batch, sentAt: 0 }));
    expect(new Set(bodies).size).toBe(1);
    expect(server.opened).toBe(5);
  });

  it('nothing at all: the exchange ends by its timeout and the batch is sent again', async () => {
    server.play = (_batch, attempt) => (attempt === 0 ? { kind: 'silent', stores: true } : { kind: 'store' });
    const agent = await started({ timing: { exchangeMs: 50 } });
    agent.source.opened(5);
    const line = await agent.logged('a batch could not be sent: it is kept and sent again');
    expect(line).toMatchObject({ code: 'unreachable', detail: 'no answer within 50 ms' });
    await server.until(() => server.attempts.length >= 2);
    expect(await agent.stop()).toBe(0);
    expect(server.opened).toBe(5);
  });

  it('Retry-After: it is waited for, not only the backoff', async () => {
    server.play = (_batch, attempt) => (attempt === 0 ? refuse(503, 'queue-full', '1') : { kind: 'store' });
    await started();
    await server.until(() => server.stored.size > 0);
    const [first, second] = server.attempts;
    expect((second?.batch.sentAt ?? 0) - (first?.batch.sentAt ?? 0)).toBeGreaterThanOrEqual(990);
  });

  it('413: the batch is split until it fits, nothing is lost or told twice', async () => {
    server.play = (batch) => (batch.flows.length > 3 ? refuse(413, 'batch-too-large') : { kind: 'store' });
    const agent = await started({ args: ['--batch-window-ms', '3600000'] });
    for (let flow = 0; flow < 10; flow++) agent.source.opened(flow + 1, flow);
    agent.source.sink.lost(4);
    expect(await agent.stop()).toBe(0);
    expect(server.opened).toBe(55);
    expect(server.batches.flatMap(({ flows }) => flows)).toHaveLength(10);
    expect(server.batches.reduce((sum, { losses }) => sum + losses.dropped, 0)).toBe(4);
    const taken = server.attempts.map(({ batch }) => batch.sequence);
    expect(new Set(taken).size).toBe(taken.length);
  });

  it('413 for a single flow: it is put aside and the rest goes on', async () => {
    server.play = (batch) =>
      batch.flows.some(({ client }) => client === '10.1.0.1')
        ? refuse(413, 'batch-too-large')
        : { kind: 'store' };
    const agent = await started({ args: ['--batch-window-ms', '3600000'] });
    agent.source.opened(1, 0);
    agent.source.opened(1, 1);
    agent.source.opened(1, 2);
    expect(await agent.stop()).toBe(0);
    expect(server.opened).toBe(2);
    expect(agent.logs).toContainEqual(
      expect.objectContaining({
        msg: 'the server refuses a batch: it is put aside',
        code: 'batch-too-large',
        flows: 1,
      }),
    );
  });

  it.each([400, 403, 404, 415, 422])(
    '%i: the batch is put aside, loudly, and the next one goes',
    async (status) => {
      server.play = (_batch, attempt) => (attempt === 0 ? refuse(status, 'no-good') : { kind: 'store' });
      const agent = await started();
      agent.source.opened(1);
      await server.until(() => server.stored.size >= 2);
      expect(server.batches[0]?.sequence).toBe(2);
      expect(agent.logs).toContainEqual(
        expect.objectContaining({ level: 50, code: 'no-good', detail: `played ${status}`, sequence: 1 }),
      );
    },
  );

  it('409: the fenced agent stops with exit code 1 and says why', async () => {
    server.play = () => refuse(409, 'stale-epoch');
    const agent = await started();
    expect(await agent.exit).toBe(1);
    expect(server.attempts).toHaveLength(1);
    expect(agent.source.isOpen).toBe(false);
    expect(agent.logs).toContainEqual(
      expect.objectContaining({
        msg: 'another agent sends for this node now: this one stops',
        detail: 'played 409',
      }),
    );
  });

  it('another generation: what was acknowledged lately, and what was refused, is sent again', async () => {
    server.play = (batch) =>
      batch.sequence === 2 && server.generation === 'aa' ? refuse(400) : { kind: 'store' };
    const agent = await started();
    agent.source.opened(5);
    await server.until(() => server.stored.size >= 3);
    const before = server.batches;
    server.stored.clear();
    server.generation = 'bb';
    await server.until(() =>
      before.every(({ epoch, sequence }) => server.stored.has(`${epoch} ${sequence}`)),
    );
    expect(server.opened).toBe(5);
    expect(server.batches.map(({ sequence }) => sequence)).toContain(2);
    const attempts = server.attempts.length;
    await server.until(() => server.attempts.length >= attempts + 2);
    const sequences = server.attempts.slice(attempts).map(({ batch }) => batch.sequence);
    expect(Math.min(...sequences)).toBeGreaterThan(before.length);
  });
});

describe('a server that is away', () => {
  it('loses nothing: all is sent when it is back', async () => {
    server.play = (batch) =>
      batch.sequence < 6 && server.attempts.length < 40 ? refuse(503) : { kind: 'store' };
    const agent = await started();
    for (let i = 0; i < 6; i++) {
      agent.source.opened(10, i);
      const { length } = server.attempts;
      await server.until(() => server.attempts.length > length + 2);
    }
    expect(await agent.stop()).toBe(0);
    expect(server.opened).toBe(60);
    expect(agent.logs.filter(({ msg }) => msg.startsWith('a batch could not be sent')).length).toBeLessThan(
      10,
    );
  });

  it('for so long that the queue is full becomes a loss that is told, and the newest is kept', async () => {
    let isAway = true;
    server.play = () => (isAway ? refuse(503) : { kind: 'store' });
    const agent = await started({
      args: ['--max-queue-mib', '1', '--max-keys', '5000', '--batch-window-ms', '3600000'],
    });
    let said = 0;
    while (!agent.logs.some(({ msg }) => msg.startsWith('the queue is full'))) {
      for (let i = 0; i < 5000; i++) agent.source.say(randomFlow(said + i), 0);
      said += 5000;
      await server.until(() => server.attempts.length > said / 5000);
    }
    isAway = false;
    expect(await agent.stop()).toBe(0);
    const told = server.batches.reduce((sum, { losses }) => sum + (losses.skipped['not-sent'] ?? 0), 0);
    expect(told).toBeGreaterThan(0);
    expect(server.opened + told).toBe(said);
    // Only the oldest are missing, but for the one in flight, which is never given up. They come in any order.
    const [, ...sequences] = server.batches.map(({ sequence }) => sequence).toSorted((a, b) => a - b);
    expect(sequences[0]).toBeGreaterThan(2);
    expect(sequences).toEqual(sequences.map((_, index) => (sequences[0] ?? 0) + index));
  });

  it('does not hold up the end: what could not be sent is said', async () => {
    server.play = () => refuse(503);
    const agent = await started({ timing: { stopMs: 100 } });
    agent.source.opened(5);
    await server.until(() => server.attempts.length > 0);
    expect(await agent.stop()).toBe(0);
    expect(agent.logs).toContainEqual(
      expect.objectContaining({ msg: 'stopped with batches that were not sent', opened: 5 }),
    );
  });
});

describe('the end', () => {
  it('sends what the source says while it closes', async () => {
    const agent = await started({ args: ['--batch-window-ms', '3600000'] });
    agent.source.opened(2);
    agent.source.lastWords = (sink) => new Speaker(sink).sighting(openedAt(0, 5000), 0);
    expect(await agent.stop()).toBe(0);
    expect(server.opened).toBe(3);
    expect(agent.logs.at(-1)).toMatchObject({ msg: 'stopped with everything sent' });
  });

  it('sends what was said while the source still started', async () => {
    const source = new ScriptedSource();
    let said = (): void => {};
    const isSaid = new Promise<void>((resolve) => (said = resolve));
    source.onStart = async (sink) => {
      const speaker = new Speaker(sink);
      for (let flow = 0; flow < 250; flow++) speaker.sighting(openedAt(flow, 5000), 0);
      said();
      await new Promise(() => {});
    };
    const agent = startAgent({ server, source, args: ['--max-keys', '100'] });
    await isSaid;
    await server.until(() => server.opened === 200);
    expect(await agent.stop()).toBe(0);
    expect(server.opened).toBe(250);
  });

  it('leaves no number unused, and the next agent goes on in the same epoch', async () => {
    const first = await started();
    first.source.opened(1);
    await server.until(() => server.stored.size >= 2);
    await first.stop();
    const sequences = server.stored.size;
    const second = await started({ stateDir: first.stateDir });
    second.source.opened(1);
    await second.stop();
    expect(new Set(server.batches.map(({ epoch }) => epoch)).size).toBe(1);
    expect(server.batches.map(({ sequence }) => sequence)).toEqual(
      Array.from({ length: server.stored.size }, (_, index) => index + 1),
    );
    expect(server.stored.size).toBeGreaterThan(sequences);
    expect(server.opened).toBe(2);
  });

  it('a second agent on the same state directory is refused while the first runs on', async () => {
    const first = await started();
    const second = startAgent({ server, stateDir: first.stateDir });
    await expect(second.exit).rejects.toMatchObject({ code: 'state-in-use', hint: expect.any(String) });
    const { length } = server.attempts;
    await server.until(() => server.attempts.length > length);
  });
});

describe('the source', () => {
  it('that cannot be had at the start ends the agent with what to do', async () => {
    const source = new ScriptedSource();
    source.refusals.push(
      new ProblemError('conntrack-not-permitted', 'not permitted', { hint: 'Give it NET_ADMIN.' }),
    );
    const agent = startAgent({ server, source });
    await expect(agent.exit).rejects.toMatchObject({
      code: 'conntrack-not-permitted',
      hint: 'Give it NET_ADMIN.',
    });
    expect(server.attempts).toHaveLength(0);
  });

  it('that fails is opened again, and the time in between belongs to no window', async () => {
    const agent = await started({ args: ['--batch-window-ms', '3600000'] });
    agent.source.opened(1);
    agent.source.refusals.push(new ProblemError('conntrack-missing', 'away'), new Error('still away'));
    agent.source.sink.failed(new Error('gone'));
    await agent.source.until(() => agent.source.opens === 4 && agent.source.isOpen);
    agent.source.opened(1);
    expect(await agent.stop()).toBe(0);
    const [before, after] = server.batches;
    expect(server.batches).toHaveLength(2);
    expect(server.opened).toBe(2);
    expect(after?.windowStart).toBeGreaterThan(before?.windowEnd ?? Infinity);
    expect(agent.source.closes).toBe(2);
  });

  it('dumps at its interval, soon after a loss, and again after a dump that failed', async () => {
    const agent = await started({ args: ['--dump-interval-ms', '3600000'] });
    expect(agent.source.dumps).toBe(0);
    agent.source.onDump = () => {
      if (agent.source.dumps === 1) throw new Error('interrupted');
    };
    agent.source.sink.lost(3);
    agent.source.sink.lost(3);
    await agent.source.until(() => agent.source.dumps === 2);
    expect(agent.logs.filter(({ msg }) => msg === 'a dump failed: it is tried again')).toHaveLength(1);
    await server.until(() => server.batches.some(({ losses }) => losses.dropped === 6));
    expect(agent.source.dumps).toBe(2);
    const other = await started({ args: ['--dump-interval-ms', '1000'], timing: { dumpGapMs: 60_000 } });
    await other.source.until(() => other.source.dumps === 1);
  });
});

it('the effective options are logged, without the content of any file', async () => {
  const tokenFile = path.join(newFolder(), 'token');
  writeFileSync(tokenFile, 'very-secret');
  const agent = await started({ args: ['--token-file', tokenFile] });
  await server.until(() => server.stored.size > 0);
  expect(await agent.logged('the agent starts')).toMatchObject({
    server: `${server.url}/`,
    nodeName: 'node-a',
    batchWindowMs: 100,
    maxKeys: 60_000,
    tokenFile,
    epoch: server.batches[0]?.epoch,
  });
  expect(JSON.stringify(agent.logs)).not.toContain('very-secret');
  expect(readFileSync(path.join(agent.stateDir, 'epoch'), 'utf8')).not.toContain('very-secret');
});

it('openedOf counts what a batch says', () => {
  expect(openedOf([])).toBe(0);
});

/** Ports that no compressor can guess. */
function randomFlow(n: number) {
  const hash = Math.imul(n + 1, 0x9e3779b1) >>> 0;
  const sighting = openedAt(n & 65535, 5000 + (hash % 1000) * 1000);
  return {
    ...sighting,
    key: { ...keyOf(hash & 65535), serverPort: 1 + ((hash >>> 8) % 65535) },
  } as typeof sighting;
}
