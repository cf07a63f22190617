/**
 * Whatever a server and a network do to single attempts, what the source said arrives exactly once: counted by (epoch,
 * sequence), as a server dedupes, the openings sum up to what was opened. Agents come and go on one state directory.
 */
import * as fc from 'fast-check';
import { afterAll, expect, it } from 'vitest';
import { flowKeyText } from '../../src/domain/flow.ts';
import { PlayedServer } from './played-server.ts';
import type { Play } from './played-server.ts';
import { newFolder, removeFolders, startAgent } from './running-agent.ts';
import { openedAt, ScriptedSource } from './scripted-source.ts';

afterAll(removeFolders);

const play: fc.Arbitrary<Play> = fc.oneof(
  { weight: 4, arbitrary: fc.constant({ kind: 'store' } as const) },
  fc.constantFrom<Play>(
    { kind: 'refuse', status: 503 },
    { kind: 'refuse', status: 429, retryAfter: '0' },
    { kind: 'refuse', status: 507, code: 'disk-full' },
    { kind: 'refuse', status: 401 },
    { kind: 'refuse', status: 413, code: 'batch-too-large' },
    { kind: 'say', status: 200, body: 'welcome' },
    { kind: 'say', status: 200, body: '{"generation":"aa","acknowledged":{"epoch":"ff","sequence":0}}' },
  ),
  fc.record({ kind: fc.constantFrom('cut', 'silent'), stores: fc.boolean() }),
);

/** What the source says between two looks at the server, by flow. */
const life = fc.array(fc.array(fc.nat(9), { maxLength: 40 }), { minLength: 1, maxLength: 5 });

it('every sighting arrives exactly once', { timeout: 120_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(play, { maxLength: 12 }),
      fc.array(life, { minLength: 1, maxLength: 2 }),
      async (plays, lives) => {
        const server = await new PlayedServer().start();
        // A 413 for what an earlier attempt may have stored cannot come from one server with one limit.
        server.play = (batch, attempt) => {
          const next = plays[attempt] ?? { kind: 'store' };
          const isSplit = next.kind === 'refuse' && next.status === 413;
          const isFirst = !server.attempts.some((earlier) => earlier.batch.sequence === batch.sequence);
          return isSplit && (!isFirst || batch.flows.length < 2) ? { kind: 'store' } : next;
        };
        const stateDir = newFolder();
        const expected = new Map<string, number>();
        for (const bursts of lives) {
          const source = new ScriptedSource();
          const agent = startAgent({
            server,
            stateDir,
            source,
            timing: { exchangeMs: 40 },
            args: ['--max-keys', '100'],
          });
          await source.until(() => source.isOpen);
          for (const burst of bursts) {
            const { length } = server.attempts;
            for (const flow of burst) {
              const sighting = openedAt(flow, Date.now());
              source.say(sighting, 0);
              if (sighting.kind === 'opened') {
                const key = flowKeyText(sighting.key);
                expected.set(key, (expected.get(key) ?? 0) + 1);
              }
            }
            await server.until(() => server.attempts.length > length);
          }
          expect(await agent.stop()).toBe(0);
        }
        await server.close();
        const counted = new Map<string, number>();
        for (const flow of server.batches.flatMap(({ flows }) => flows))
          for (const { opened } of flow.seconds)
            counted.set(flowKeyText(flow), (counted.get(flowKeyText(flow)) ?? 0) + opened);
        expect(counted).toEqual(expected);
      },
    ),
    { seed: 1, numRuns: 20 },
  );
});
