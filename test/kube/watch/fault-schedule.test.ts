/** Laws of the reflector over random schedules of changes and faults, against the server's own history. */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { reflect } from '../../../src/kube/watch/reflector.ts';
import { PODS } from '../../../src/kube/watch/resources.ts';
import { FakeApiServer } from '../../fake-api-server/server.ts';
import { FAST } from './fault-scene.ts';
import { anonymousTransport, podObject, until } from './following.ts';
import { carryOut, change, connectionFault, pause, serverFault } from './random-schedule.ts';
import type { Step } from './random-schedule.ts';
import { Witness } from './witness.ts';

/** All waits are so short that a schedule of thirty steps takes a tenth of a second. */
const TIMING = {
  ...FAST,
  idleMs: 150,
  backoffMs: [1, 8] as const,
  refusedMs: 5,
  steadyMs: 5,
  pageItems: 2,
};

const asked = fc.record({
  watchList: fc.constantFrom('served' as const, 'refused' as const),
  shape: fc.constantFrom('whole' as const, 'metadata' as const),
});

/** Runs a schedule against a reflector that has seen an empty cluster, until all is told that happened. */
async function runSchedule(
  steps: readonly Step[],
  { watchList, shape }: { watchList: 'served' | 'refused'; shape: 'whole' | 'metadata' },
): Promise<Witness> {
  const server = new FakeApiServer({ bookmarkMs: 20 });
  await server.listen();
  server.faults.watchList = watchList;
  const resource = { kind: PODS.kind, path: PODS.path, shape };
  const witness = new Witness(server, resource);
  const transport = anonymousTransport(server.url);
  const stopping = new AbortController();
  const running = reflect(resource, transport, witness, {
    signal: stopping.signal,
    now: Date.now,
    timing: TIMING,
  });
  try {
    await until(() => witness.lists === 1);
    for (const step of steps) await carryOut(server, step);
    server.faults.heal();
    server.put(podObject('shop/last', 'uid-last'));
    await until(
      () => (witness.isCaughtUp && witness.isJudged) || witness.violations.length > 0,
      () => witness.troubles.slice(-5),
    );
    return witness;
  } finally {
    stopping.abort();
    await running;
    transport.close();
    await server.close();
  }
}

test('every event of the server is told once and in order, whatever connections do', async () => {
  const codes = new Set<string>();
  const steps = fc.array(
    fc.oneof(
      { weight: 4, arbitrary: change },
      { weight: 3, arbitrary: connectionFault },
      { weight: 1, arbitrary: pause },
    ),
    { minLength: 5, maxLength: 30 },
  );
  await fc.assert(
    fc.asyncProperty(steps, asked, async (schedule, how) => {
      const witness = await runSchedule(schedule, how);
      expect(witness.violations).toEqual([]);
      expect(witness).toMatchObject({ missed: 0, summedUp: 0, lists: 1, told: witness.toldExactly });
      for (const { code } of witness.troubles) codes.add(code);
    }),
    { numRuns: 40, seed: 5, endOnFailure: true },
  );
  expect([...codes]).toEqual(expect.arrayContaining(['cut', 'unreachable', 'silent']));
});

test('whatever a server does, what is told is a history that was, and ends as it is', async () => {
  const codes = new Set<string>();
  let lists = 0;
  let unseenDeletions = 0;
  const steps = fc.array(
    fc.oneof(
      { weight: 6, arbitrary: change },
      { weight: 2, arbitrary: connectionFault },
      { weight: 4, arbitrary: serverFault },
      { weight: 1, arbitrary: pause },
    ),
    { minLength: 8, maxLength: 40 },
  );
  await fc.assert(
    fc.asyncProperty(steps, asked, async (schedule, how) => {
      const witness = await runSchedule(schedule, how);
      expect(witness.violations).toEqual([]);
      expect(witness.missed).toBe(0);
      for (const { code } of witness.troubles) codes.add(code);
      lists += witness.lists - 1;
      unseenDeletions += witness.unseenDeletions;
    }),
    { numRuns: 60, seed: 7, endOnFailure: true },
  );
  // Else the schedules would prove nothing about lists.
  expect(lists).toBeGreaterThan(0);
  expect(unseenDeletions).toBeGreaterThan(0);
  expect([...codes]).toEqual(expect.arrayContaining(['cut', 'expired', 'server-error', 'malformed']));
});
