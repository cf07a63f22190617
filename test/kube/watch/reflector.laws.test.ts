/** Laws of the reflector over random schedules of changes and faults, against the server's own history. */
import { setTimeout as sleep } from 'node:timers/promises';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { FakeApiServer } from '../../fake-api-server/server.ts';
import { existing, follow, historyLines, podObject, until } from './following.ts';
import type { Following } from './following.ts';

type Step =
  | { readonly kind: 'put' | 'replace' | 'remove'; readonly name: number }
  | { readonly kind: 'cutAfter'; readonly bytes: number }
  | { readonly kind: 'cut' | 'error' | 'failNext' | 'compact' | 'away' | 'pieces' }
  | { readonly kind: 'pause'; readonly ms: number };

const change: fc.Arbitrary<Step> = fc.record({
  kind: fc.constantFrom('put', 'replace', 'remove'),
  name: fc.nat(3),
});
const fault: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant('cutAfter' as const), bytes: fc.integer({ min: 1, max: 900 }) }),
  fc.record({ kind: fc.constantFrom('cut', 'error', 'failNext', 'away', 'pieces') }),
  fc.record({ kind: fc.constant('pause' as const), ms: fc.nat(12) }),
);
const compaction: fc.Arbitrary<Step> = fc.record({ kind: fc.constant('compact' as const) });

let uids = 0;

async function carryOut(server: FakeApiServer, step: Step): Promise<void> {
  switch (step.kind) {
    case 'put':
      server.put(podObject(`shop/größe-${step.name}`, undefined, { round: String(server.version) }));
      return;
    case 'replace':
      server.put(podObject(`shop/größe-${step.name}`, `uid-${uids++}`));
      return;
    case 'remove':
      server.remove('Pod', 'shop', `größe-${step.name}`);
      return;
    case 'cutAfter':
      server.faults.cutAfterBytes.push(step.bytes);
      server.cutWatches();
      return;
    case 'cut':
      server.cutWatches();
      return;
    case 'error':
      server.failWatches(500, 'etcd has no leader');
      return;
    case 'failNext':
      server.faults.answers.push({ status: 503, times: 1 });
      return;
    case 'compact':
      server.compact();
      return;
    case 'away':
      await server.away(8);
      return;
    case 'pieces':
      server.faults.chunkBytes = 7;
      return;
    case 'pause':
      await sleep(step.ms);
      return;
    default:
      step satisfies never;
  }
}

/** Runs a schedule against a reflector that has listed an empty cluster, until it has heard of the last change. */
async function runSchedule(
  steps: readonly Step[],
  check: (server: FakeApiServer, following: Following) => void,
): Promise<void> {
  const server = new FakeApiServer({ bookmarkMs: 20 });
  await server.listen();
  const following = follow(server, { timing: { backoffMs: [1, 6], idleMs: 2_000, pageItems: 2 } });
  try {
    await until(() => following.lists.length === 1);
    for (const step of steps) await carryOut(server, step);
    server.put(podObject('shop/last', `uid-${uids++}`));
    await until(
      () => following.believed.has('shop/last'),
      () => ({ told: following.told, troubles: following.troubles }),
    );
    check(server, following);
  } finally {
    await following.stop();
    await server.close();
  }
}

test('every event of the server is told once and in order, whatever is cut, as long as nothing is compacted', async () => {
  const faultsSeen = new Set<string>();
  await fc.assert(
    fc.asyncProperty(fc.array(fc.oneof(change, fault), { minLength: 5, maxLength: 30 }), async (steps) => {
      await runSchedule(steps, (server, following) => {
        expect(following.told).toEqual(historyLines(server));
        expect(following.lists).toHaveLength(1);
        for (const { code } of following.troubles) faultsSeen.add(code);
      });
    }),
    { numRuns: 40 },
  );
  expect([...faultsSeen]).toEqual(expect.arrayContaining(['cut', 'server-error', 'unreachable']));
});

test('with compactions, what is believed ends as it is, and each object has one life in rising versions', async () => {
  let relists = 0;
  let unseenDeletions = 0;
  const steps = fc.array(
    fc.oneof(
      { weight: 6, arbitrary: change },
      { weight: 3, arbitrary: fault },
      { weight: 2, arbitrary: compaction },
      { weight: 1, arbitrary: fc.constant<Step>({ kind: 'pause', ms: 15 }) },
    ),
    { minLength: 8, maxLength: 40 },
  );
  await fc.assert(
    fc.asyncProperty(steps, async (schedule) => {
      await runSchedule(schedule, (server, following) => {
        const happened = new Set(historyLines(server));
        expect(following.believed).toEqual(existing(server));
        expect(new Set(following.told).size).toBe(following.told.length);
        for (const life of livesOf(following.told).values()) {
          expect(life[0]?.type).toBe('ADDED');
          expect(life.filter(({ type }) => type === 'ADDED')).toHaveLength(1);
          expect(life.slice(0, -1).every(({ type }) => type !== 'DELETED')).toBe(true);
          const versions = life.map(({ version }) => version);
          expect(versions).toEqual(versions.toSorted((a, b) => a - b));
        }
        for (const line of following.told) {
          if (happened.has(line)) continue;
          // What a list shows may stand under another event type; its version is one the object had.
          const [type, key, uid, version] = line.split(' ');
          const had = ['ADDED', 'MODIFIED'].some((each) => happened.has(`${each} ${key} ${uid} ${version}`));
          expect(had, line).toBe(true);
          if (type === 'DELETED') unseenDeletions++;
        }
        relists += following.lists.length - 1;
      });
    }),
    { numRuns: 50 },
  );
  // Else the schedules would prove nothing about lists.
  expect(relists).toBeGreaterThan(0);
  expect(unseenDeletions).toBeGreaterThan(0);
});

function livesOf(told: readonly string[]): Map<string, { type: string; version: number }[]> {
  const lives = new Map<string, { type: string; version: number }[]>();
  for (const line of told) {
    const [type = '', , uid = '', version = ''] = line.split(' ');
    const life = lives.get(uid) ?? [];
    lives.set(uid, [...life, { type, version: Number(version.slice(1)) }]);
  }
  return lives;
}
