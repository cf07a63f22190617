/** A program for process.test.ts: the agent's `main` on a source that says three openings, until SIGTERM. */
import process from 'node:process';
import { main } from '../../src/agent/main.ts';
import { Speaker } from '../../src/conntrack/speaker.ts';
import { openedAt } from './scripted-source.ts';

const stop = new AbortController();
process.on('SIGTERM', () => stop.abort('SIGTERM'));
process.exitCode = await main(
  process.argv.slice(2),
  { stdout: process.stdout, stderr: process.stderr, signal: stop.signal },
  {
    openSource: async (_wanted, sink) => ({
      kind: 'procfs',
      readLagMs: 50,
      accounting: null,
      timestamps: null,
      start: async () => {
        const speaker = new Speaker(sink);
        for (let flow = 0; flow < 3; flow++) speaker.sighting(openedAt(flow, Date.now()), 0);
      },
      dump: async () => {},
      settle: () => {},
      close: async () => {},
    }),
  },
);
