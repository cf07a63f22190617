/**
 * One row of the fault table, played: a fake API server, a reflector on it and a witness, on a clock a hundred times faster
 * than production's. A row says what goes wrong and what must be told of it; the witness judges the rest.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { reflect } from '../../../src/kube/watch/reflector.ts';
import type { ReflectorTiming } from '../../../src/kube/watch/reflector.ts';
import { DEFAULT_TIMING } from '../../../src/kube/watch/reflector-timing.ts';
import { PODS } from '../../../src/kube/watch/resources.ts';
import { urlTransport } from '../../../src/kube/watch/transport.ts';
import { FakeApiServer } from '../../fake-api-server/server.ts';
import { podObject, until } from './following.ts';
import { Witness } from './witness.ts';

/** Every wait of a reflector in production is so many times longer. */
export const SPEED = 100;

/** Production's waits, faster, and each as long as it can be: `timeoutSeconds` stays, and the server's seconds are shorter. */
export const FAST: ReflectorTiming = { ...scaledWaits(), pageItems: 3, random: () => 0.99 };

export interface Scene {
  readonly server: FakeApiServer;
  readonly witness: Witness;
  /** A watch is open and the objects of before are told. */
  readonly steady: () => Promise<void>;
  /** One object goes, one is replaced under its name, one changes twice, one comes, one comes and goes. */
  readonly churn: () => void;
  readonly pause: (ms: number) => Promise<void>;
  /** Replaces the content of the token's file. */
  readonly writeToken: (token: string) => void;
  /** Waits until the reflector has complained of this. */
  readonly told: (code: string) => Promise<void>;
}

export interface FaultRow {
  readonly fault: string;
  /** What is wrong from the first request on. */
  readonly atStart?: (server: FakeApiServer) => void;
  /** Injects the fault and changes objects; it resolves when the fault is over. */
  readonly play: (scene: Scene) => Promise<void> | void;
  /** Codes of trouble of which the reflector must tell at least these; none: it must tell none but `also`. */
  readonly tells: readonly string[];
  /** Codes that may come too: how a socket's end looks depends on the instant. */
  readonly also?: readonly string[];
  /** The one token that is let in, and the content of the file from which the reflector has it; nobody is kept out when absent. */
  readonly tokenFile?: string;
}

export interface Outcome {
  readonly fault: string;
  /** How often each trouble was told, as in `cut 2`. */
  readonly troubles: ReadonlyMap<string, number>;
  readonly watches: number;
  readonly lists: number;
  /** Ms from the end of the fault until everything was told. */
  readonly caughtUpMs: number;
  readonly events: number;
  readonly told: number;
  readonly summedUp: number;
  readonly unseenDeletions: number;
  readonly missed: number;
  readonly violations: readonly string[];
  /** Ms that this process stood still at most: for so long it heard nobody, whoever spoke. */
  readonly stoodStillMs: number;
}

/** Plays a row with WatchList served, or refused so that the reflector lists. Throws when it never catches up. */
export async function playRow(row: FaultRow, watchList: 'served' | 'refused'): Promise<Outcome> {
  const server = new FakeApiServer({ bookmarkMs: 60_000 / SPEED, secondMs: 1_000 / SPEED });
  await server.listen();
  server.faults.watchList = watchList;
  for (let index = 0; index < 8; index++)
    server.put(podObject(`shop/größe-${index}`, `uid-${index}`, { round: 'ä✓🦊' }));
  row.atStart?.(server);
  const folder = mkdtempSync(path.join(tmpdir(), 'netscribe-fault-'));
  const tokenFile = path.join(folder, 'token');
  writeFileSync(tokenFile, row.tokenFile ?? 'unused');
  server.token = row.tokenFile ?? null;
  const transport = await urlTransport(server.url, { tokenFile });
  const witness = new Witness(server);
  const stopping = new AbortController();
  const delays = monitorEventLoopDelay({ resolution: 20 });
  delays.enable();
  const running = reflect(PODS, transport, witness, { signal: stopping.signal, now: Date.now, timing: FAST });
  try {
    await row.play(sceneOf(server, witness, (token) => writeFileSync(tokenFile, token)));
    const overAt = performance.now();
    server.put(podObject('shop/last', 'uid-last'));
    await until(
      () => witness.isCaughtUp,
      () => ({ troubles: witness.troubles.slice(-5), violations: witness.violations }),
    );
    const caughtUpMs = performance.now() - overAt;
    // The last thing told is judged when its progress is told.
    await until(() => witness.isJudged || witness.violations.length > 0);
    return outcomeOf(row.fault, server, { witness, caughtUpMs, stoodStillMs: delays.max / 1e6 });
  } finally {
    delays.disable();
    stopping.abort();
    await running;
    transport.close();
    await server.close();
    rmSync(folder, { recursive: true });
  }
}

/** Minutes of production's clock, in ms of ours. */
export const minutes = (count: number): number => (count * 60_000) / SPEED;

/** The watch ends so, and things happen before the next one. */
export const gapAfter = (end: (server: FakeApiServer) => void): FaultRow['play'] => {
  return async ({ server, steady, churn }) => {
    await steady();
    end(server);
    churn();
  };
};

/** Waits until every fault that is counted down has been met. */
export async function drained({ faults }: FakeApiServer): Promise<void> {
  await until(
    () =>
      faults.resets === 0 &&
      faults.answers.every(({ times }) => times === 0) &&
      (faults.watchList !== 'served' || faults.cutAfterBytes.length === 0),
  );
}

function outcomeOf(
  fault: string,
  server: FakeApiServer,
  { witness, ...times }: { witness: Witness; caughtUpMs: number; stoodStillMs: number },
): Outcome {
  const answered = server.requests.filter(({ status }) => status === 200);
  const troubles = Map.groupBy(witness.troubles, ({ code }) => code);
  return {
    fault,
    troubles: new Map([...troubles].map(([code, each]) => [code, each.length])),
    watches: answered.filter(({ verb }) => verb === 'watch').length,
    lists: witness.lists,
    ...times,
    events: server.history().filter(({ kind }) => kind === PODS.kind).length,
    told: witness.told,
    summedUp: witness.summedUp,
    unseenDeletions: witness.unseenDeletions,
    missed: witness.missed,
    violations: witness.violations,
  };
}

function sceneOf(server: FakeApiServer, witness: Witness, writeToken: (token: string) => void): Scene {
  return {
    writeToken,
    server,
    witness,
    steady: () => until(() => server.watching === 1 && witness.isCaughtUp),
    churn: () => changeObjects(server),
    pause: async (ms) => {
      await sleep(ms);
    },
    told: (code) => until(() => witness.troubles.some((each) => each.code === code)),
  };
}

function changeObjects(server: FakeApiServer): void {
  const round = server.version;
  server.remove('Pod', 'shop', 'größe-0');
  server.put(podObject('shop/größe-0', `uid-0-${round}`));
  server.put(podObject('shop/größe-1', `uid-1-${round}`, { round: `${round} ✓` }));
  for (const step of ['a', 'b'])
    server.put(podObject('shop/größe-2', undefined, { round: `${round} ${step}` }));
  server.remove('Pod', 'shop', 'größe-3');
  server.put(podObject(`shop/größe-3-${round}`, `uid-3-${round}`));
  server.put(podObject('shop/kurz', `uid-kurz-${round}`));
  server.remove('Pod', 'shop', 'kurz');
}

/** Every duration of the timing in milliseconds, by its name. */
function scaledWaits(): ReflectorTiming {
  const scaled = Object.entries(DEFAULT_TIMING).map(([name, value]: [string, unknown]) => {
    if (!name.endsWith('Ms')) return [name, value];
    return [name, Array.isArray(value) ? value.map((each) => Number(each) / SPEED) : Number(value) / SPEED];
  });
  return Object.fromEntries(scaled) as ReflectorTiming;
}
