/** What was compressed can be given a beginning, and reads like the whole; a server that does not read zstd gets gzip. */
import * as fc from 'fast-check';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AgentTiming } from '../../src/agent/agent.ts';
import { begunWith, compressed, decompressed } from '../../src/agent/compression.ts';
import { PlayedServer } from './played-server.ts';
import { removeFolders, startAgent } from './running-agent.ts';
import type { RunningAgent } from './running-agent.ts';
import { openedAt } from './scripted-source.ts';

/** Enough for a body to be worth compressing. */
const FLOWS = 100;

const ENCODINGS = ['zstd', 'gzip', 'identity'] as const;

describe.each(ENCODINGS)('%s', (encoding) => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 3000 }),
    // What repeats is what is compressed: pieces over and over, beyond the window in which matches are found.
    fc
      .tuple(fc.array(fc.string(), { minLength: 1, maxLength: 20 }), fc.nat(20_000))
      .map(([pieces, times]) => Buffer.from(pieces.join(',').repeat(times).slice(0, 400_000))),
  );

  it('gives back what it was given, with what was put before it', async () => {
    const property = fc.asyncProperty(fc.uint8Array({ maxLength: 1000 }), bytes, async (head, rest) => {
      const packed = compressed(Buffer.from(rest), encoding);
      expect(Buffer.compare(await decompressed(packed, encoding), rest)).toBe(0);
      const whole = await decompressed(begunWith(Buffer.from(head), packed, encoding), encoding);
      expect(Buffer.compare(whole, Buffer.concat([head, rest]))).toBe(0);
    });
    await fc.assert(property, { seed: 8, numRuns: 150 });
  });

  it('keeps nothing of the bytes that it was given', async () => {
    const bytesOfOne = Buffer.from('a flow, a flow, a flow');
    const packed = compressed(bytesOfOne, encoding);
    bytesOfOne.fill(0);
    expect((await decompressed(packed, encoding)).toString()).toBe('a flow, a flow, a flow');
  });
});

describe('an agent', () => {
  let server: PlayedServer;
  let agent: RunningAgent;

  beforeEach(async () => {
    server = await new PlayedServer().start();
  });

  afterEach(async () => {
    await agent.stop();
    await server.close();
  });

  afterAll(removeFolders);

  async function started(windowMs: number, timing: Partial<AgentTiming> = {}): Promise<void> {
    agent = startAgent({ server, args: ['--batch-window-ms', String(windowMs)], timing });
    await agent.source.until(() => agent.source.isOpen);
  }

  function say(flows: number): void {
    for (let flow = 0; flow < flows; flow++) agent.source.say(openedAt(flow, 5000), 0);
  }

  it('compresses what it has anew for a server that does not read zstd, which it asks once', async () => {
    server.reads = ['gzip', 'identity'];
    await started(3_600_000);
    say(12_000);
    expect(await agent.stop()).toBe(0);
    expect(server.refused).toEqual(['zstd']);
    expect(server.attempts.map(({ headers }) => headers['content-encoding'])).toEqual([
      'gzip',
      'gzip',
      'gzip',
    ]);
    expect(server.batches.map(({ sequence, flows }) => [sequence, flows.length])).toEqual([
      [1, 5000],
      [2, 5000],
      [3, 2000],
    ]);
    expect(server.opened).toBe(12_000);
  });

  it('does not ask an old server again for every batch', async () => {
    server.reads = ['gzip', 'identity'];
    await started(100);
    for (let round = 1; round <= 3; round++) {
      say(FLOWS);
      await server.until(() => server.opened === round * FLOWS);
    }
    expect(server.refused).toEqual(['zstd']);
  });

  it('has zstd again from a server that was upgraded behind its connection, and loses nothing by asking', async () => {
    server.reads = ['gzip', 'identity'];
    await started(100, { refusedCompressionMs: 0 });
    for (let round = 1; round <= 2; round++) {
      say(FLOWS);
      await server.until(() => server.opened === round * FLOWS);
    }
    expect(server.refused).toEqual(['zstd', 'zstd']);
    server.reads = ENCODINGS;
    say(FLOWS);
    await server.until(() => server.opened === 3 * FLOWS);
    expect(server.refused).toHaveLength(2);
    const large = server.attempts.filter(({ batch }) => batch.flows.length === FLOWS);
    expect(large.map(({ headers }) => headers['content-encoding'])).toEqual(['gzip', 'gzip', 'zstd']);
    const sequences = server.attempts.map(({ batch }) => batch.sequence);
    expect(sequences).toEqual(sequences.map((_, index) => index + 1));
    expect(agent.logs.map(({ msg }) => msg)).not.toContain(
      'a batch could not be sent: it is kept and sent again',
    );
  });

  it('tries zstd again with a server that was away', async () => {
    server.reads = ['gzip', 'identity'];
    await started(100);
    say(FLOWS);
    await server.until(() => server.opened === FLOWS);
    server.reads = ENCODINGS;
    let isAway = true;
    server.play = () => {
      const play = isAway ? ({ kind: 'cut', stores: false } as const) : ({ kind: 'store' } as const);
      isAway = false;
      return play;
    };
    await agent.logged('a batch could not be sent: it is kept and sent again');
    say(FLOWS);
    await server.until(() => server.opened === 2 * FLOWS);
    const large = server.attempts.filter(({ batch }) => batch.flows.length === FLOWS);
    expect(large.map(({ headers }) => headers['content-encoding'])).toEqual(['gzip', 'zstd']);
  });
});
