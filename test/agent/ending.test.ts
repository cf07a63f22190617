/** How an agent ends, and how the next one goes on. */
import { describe, expect, it } from 'vitest';
import { Speaker } from '../../src/conntrack/speaker.ts';
import { openedAt, ScriptedSource } from './scripted-source.ts';
import { stageOfEachTest } from './stage.ts';

const stage = stageOfEachTest();

describe('the end', () => {
  it('sends what the source says while it closes', async () => {
    const agent = await stage.started({ args: ['--batch-window-ms', '3600000'] });
    agent.source.opened(2);
    agent.source.lastWords = (sink) => new Speaker(sink).sighting(openedAt(0, 5000), 0);
    expect(await agent.stop()).toBe(0);
    expect(stage.server.opened).toBe(3);
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
    const agent = stage.start({ source, args: ['--max-keys', '100'] });
    await isSaid;
    await stage.server.until(() => stage.server.opened === 200);
    expect(await agent.stop()).toBe(0);
    expect(stage.server.opened).toBe(250);
  });

  it('leaves no number unused, and the next agent goes on in the same epoch', async () => {
    const first = await stage.started();
    first.source.opened(1);
    await stage.server.until(() => stage.server.stored.size >= 2);
    await first.stop();
    const sequences = stage.server.stored.size;
    const second = await stage.started({ stateDir: first.stateDir });
    second.source.opened(1);
    await second.stop();
    expect(new Set(stage.server.batches.map(({ epoch }) => epoch)).size).toBe(1);
    expect(stage.server.batches.map(({ sequence }) => sequence)).toEqual(
      Array.from({ length: stage.server.stored.size }, (_, index) => index + 1),
    );
    expect(stage.server.stored.size).toBeGreaterThan(sequences);
    expect(stage.server.opened).toBe(2);
  });

  it('a second agent on the same state directory is refused while the first runs on', async () => {
    const first = await stage.started();
    const second = stage.start({ stateDir: first.stateDir });
    await expect(second.exit).rejects.toMatchObject({ code: 'state-in-use', hint: expect.any(String) });
    const { length } = stage.server.attempts;
    await stage.server.until(() => stage.server.attempts.length > length);
  });
});
