/** A server that takes nothing for a while: what is kept, what is given up at last, and what is said of it. */
import { describe, expect, it } from 'vitest';
import { refusal } from './played-server.ts';
import { keyOf, openedAt } from './scripted-source.ts';
import { stageOfEachTest } from './stage.ts';

const stage = stageOfEachTest();

describe('a server that is away', () => {
  it('loses nothing: all is sent when it is back', async () => {
    stage.server.play = (batch) =>
      batch.sequence < 6 && stage.server.attempts.length < 40 ? refusal(503) : { kind: 'store' };
    const agent = await stage.started();
    for (let i = 0; i < 6; i++) {
      agent.source.opened(10, i);
      const { length } = stage.server.attempts;
      await stage.server.until(() => stage.server.attempts.length > length + 2);
    }
    expect(await agent.stop()).toBe(0);
    expect(stage.server.opened).toBe(60);
    expect(agent.logs.filter(({ msg }) => msg.startsWith('a batch could not be sent')).length).toBeLessThan(
      10,
    );
  });

  it('for so long that the queue is full becomes a loss that is told, and the newest is kept', async () => {
    let isAway = true;
    stage.server.play = () => (isAway ? refusal(503) : { kind: 'store' });
    const agent = await stage.started({
      args: ['--max-queue-mib', '1', '--max-keys', '5000', '--batch-window-ms', '3600000'],
    });
    let said = 0;
    while (!agent.logs.some(({ msg }) => msg.startsWith('the queue is full'))) {
      for (let i = 0; i < 5000; i++) agent.source.say(randomFlow(said + i), 0);
      said += 5000;
      await stage.server.until(() => stage.server.attempts.length > said / 5000);
    }
    isAway = false;
    expect(await agent.stop()).toBe(0);
    const told = stage.server.batches.reduce((sum, { losses }) => sum + (losses.skipped['not-sent'] ?? 0), 0);
    expect(told).toBeGreaterThan(0);
    expect(stage.server.opened + told).toBe(said);
    // Only the oldest are missing, but for the one in flight, which is never given up. They come in any order.
    const [, ...sequences] = stage.server.batches.map(({ sequence }) => sequence).toSorted((a, b) => a - b);
    expect(sequences[0]).toBeGreaterThan(2);
    expect(sequences).toEqual(sequences.map((_, index) => (sequences[0] ?? 0) + index));
  });

  it('says at once when what is wrong is something else', async () => {
    const wrong = ['queue-full', 'queue-full', 'queue-full', 'disk-full', 'disk-full', 'disk-full'];
    stage.server.play = (_batch, attempt) => {
      const code = wrong[attempt];
      return code === undefined ? { kind: 'store' } : refusal(503, code, '0');
    };
    const agent = await stage.started();
    await agent.logged('the server takes batches again');
    const lines = agent.logs.filter(({ msg }) => msg.startsWith('a batch could not be sent'));
    expect(lines.map(({ code, failures }) => [code, failures])).toEqual([
      ['queue-full', 1],
      ['disk-full', 4],
    ]);
  });

  it('does not hold up the end: what could not be sent is said', async () => {
    stage.server.play = () => refusal(503);
    const agent = await stage.started({ timing: { stopMs: 100 } });
    agent.source.opened(5);
    await stage.server.until(() => stage.server.attempts.length > 0);
    expect(await agent.stop()).toBe(0);
    expect(agent.logs).toContainEqual(
      expect.objectContaining({ msg: 'stopped with batches that were not sent', opened: 5 }),
    );
  });
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
