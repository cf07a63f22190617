import { afterAll, afterEach, beforeEach, expect, it } from 'vitest';
import { Speaker } from '../../src/conntrack/speaker.ts';
import { PlayedServer } from './played-server.ts';
import { removeFolders, startAgent } from './running-agent.ts';
import type { RunningAgent } from './running-agent.ts';
import { openedAt } from './scripted-source.ts';

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

it('what a source held back is in the window that ends, not in the one behind it', async () => {
  agent = startAgent({ server });
  await agent.source.until(() => agent.source.isOpen);
  let settled = 0;
  agent.source.onSettle = (sink) => {
    settled++;
    if (settled === 2) new Speaker(sink).sighting(openedAt(0, Date.now()), 0);
  };
  await server.until(() => server.opened === 1);
  expect(server.batches.find(({ flows }) => flows.length === 1)?.sequence).toBe(2);
});

it('a window that gets full of what was held back goes out, and the rest in the next', async () => {
  agent = startAgent({ server, args: ['--max-keys', '100'] });
  await agent.source.until(() => agent.source.isOpen);
  let flow = 0;
  agent.source.onSettle = (sink) => {
    const speaker = new Speaker(sink);
    for (; flow < 250; flow++) speaker.sighting(openedAt(flow, Date.now()), 0);
  };
  await server.until(() => server.opened === 250);
  const counts = server.batches.map(({ flows }) => flows.length).filter((count) => count > 0);
  expect(counts).toEqual([100, 100, 50]);
});
