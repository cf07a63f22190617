/** A window that ends takes in what its source held back. */
import { expect, it } from 'vitest';
import { Speaker } from '../../src/conntrack/speaker.ts';
import { openedAt, ScriptedSource } from './scripted-source.ts';
import { stageOfEachTest } from './stage.ts';

const stage = stageOfEachTest();

it('what a source held back is in the window that ends, not in the one behind it', async () => {
  const source = new ScriptedSource();
  let settled = 0;
  source.onSettle = (sink) => {
    settled++;
    if (settled === 2) new Speaker(sink).sighting(openedAt(0, Date.now()), 0);
  };
  stage.start({ source });
  await stage.server.until(() => stage.server.opened === 1);
  expect(stage.server.batches.find(({ flows }) => flows.length === 1)?.sequence).toBe(2);
});

it('a window that gets full of what was held back goes out, and the rest in the next', async () => {
  const agent = await stage.started({ args: ['--max-keys', '100'] });
  let flow = 0;
  agent.source.onSettle = (sink) => {
    const speaker = new Speaker(sink);
    for (; flow < 250; flow++) speaker.sighting(openedAt(flow, Date.now()), 0);
  };
  await stage.server.until(() => stage.server.opened === 250);
  const counts = stage.server.batches.map(({ flows }) => flows.length).filter((count) => count > 0);
  expect(counts).toEqual([100, 100, 50]);
});
