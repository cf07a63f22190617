// What must hold when processes die: nothing acknowledged is lost, nothing is counted twice, and what nobody saw is said to be unseen.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import type { EdgeJson } from '../../src/wire/edge-json.ts';
import { Generator } from './generator.ts';
import { shortEdge } from '../../test/replay/truth.ts';
import { attributed, coverageOf, edgesOf } from './live-answers.ts';
import type { LiveLab } from './live-run.ts';
import { mustAnswer } from './peer-process.ts';
import { syncVerdict, TRACED_CALLS } from './syscall-order.ts';
import { waitUntil } from './wait-until.ts';
import { CONTROL } from './world.ts';

const SERVER = 'data/zoned-server';
const PORT = 8088;
/** After an outage of the API server or its own, a server waits for kubelets to catch up. */
const SETTLED_DEADLINE_MS = 120_000;
const HOUR_MS = 3_600_000;
const BATCHES_TO_TRACE = 4;
const SERVER_KILLS = 3;
/** An agent's window turns every 2 s. A connection in its middle belongs to that window and to no other. */
const WINDOW_MS = 2000;
const WINDOW_MIDDLE_MS = { from: 400, until: 1500 } as const;

type Say = (line: string) => void;

/** All three proofs; each prints one line. Returns whether all hold. */
export async function proveKills(live: LiveLab, folder: string, say: Say): Promise<boolean> {
  const server = await serverKilled(live, say);
  const synced = await syncedFirst(live, folder, say);
  const agent = await agentKilled(live, say);
  return server && synced && agent;
}

/** Kills the server while connections are opened between two nodes, and starts it again on its database. */
async function serverKilled(live: LiveLab, say: Say): Promise<boolean> {
  const { control } = live;
  const client = 'monitoring/prometheus';
  const generator = generatorOf(live, client, () => true);
  const began = Date.now();
  generator.start();
  await waitUntil('counted connections', SETTLED_DEADLINE_MS, async () =>
    openedOf(await edgeOf(live, client)) > 0 ? true : null,
  );
  for (let killed = 0; killed < SERVER_KILLS; killed += 1) {
    await control.server.stop('SIGKILL');
    await generator.grown(20);
    await control.startServer();
    await generator.grown(40);
  }
  await generator.stop();
  await attributed(control, { from: began, until: Date.now() }, SETTLED_DEADLINE_MS);
  const edge = await edgeOf(live, client);
  const isExact = openedOf(edge) === generator.times.length && isWithin(edge, generator.times);
  say(
    `lab: server killed ${SERVER_KILLS} times: generated ${generator.times.length}, opened ${openedOf(edge)} ${verdict(isExact)}`,
  );
  return isExact;
}

/** Looks at the server's system calls while batches come in. */
async function syncedFirst({ lab, control }: LiveLab, folder: string, say: Say): Promise<boolean> {
  const file = join(folder, 'server.strace');
  const args = ['-f', '-yy', '-s', '64', '-e', `trace=${TRACED_CALLS}`, '-o', file];
  // It names the ends of a socket only from within the server's own network namespace.
  const enter = ['netns', 'exec', lab.topology.namespace(CONTROL.name), 'strace'];
  const tracer = spawn('ip', [...enter, ...args, '-p', String(control.server.id)], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let told = '';
  tracer.stderr.on('data', (chunk: Buffer) => (told += chunk.toString()));
  const gone = once(tracer, 'exit');
  try {
    await waitUntil('strace', SETTLED_DEADLINE_MS, () => (told.includes('attached') ? true : null));
    const seen = await waitUntil('answered batches', SETTLED_DEADLINE_MS, () => {
      const found = syncVerdict(readFileSync(file, 'utf8'), CONTROL.ingestPort);
      return found.answered >= BATCHES_TO_TRACE ? found : null;
    });
    const isExact = seen.synced === seen.answered;
    const offence = seen.offence === null ? '' : `, ${seen.offence}`;
    say(
      `lab: strace: ${seen.answered} batches answered, ${seen.synced} synced before it${offence} ${verdict(isExact)}`,
    );
    return isExact;
  } finally {
    tracer.kill('SIGINT');
    await gone;
  }
}

/** Kills node-a's agent while connections are opened on node-a, and starts it again on its state directory. */
async function agentKilled(live: LiveLab, say: Say): Promise<boolean> {
  const { control } = live;
  const agent = live.agents.find((each) => each.node === 'node-a');
  if (agent === undefined) throw new Error('node-a has no agent');
  const client = 'data/feed-reader';
  const holder = 'monitoring/statsd';
  const turn = await lastWindowEnd(live);
  const generator = generatorOf(live, client, (now) => {
    const into = (now - turn) % WINDOW_MS;
    return into >= WINDOW_MIDDLE_MS.from && into < WINDOW_MIDDLE_MS.until;
  });
  await hold(live, holder, 2);
  generator.start();
  await waitUntil('counted connections', SETTLED_DEADLINE_MS, async () =>
    openedOf(await edgeOf(live, client)) > 0 ? true : null,
  );
  await agent.program.stop('SIGKILL');
  const killedAt = Date.now();
  await generator.grown(20);
  await hold(live, holder, 3);
  generator.pause();
  await agent.start();
  const seeing = Date.now();
  generator.resume();
  await generator.grown(20);
  await generator.stop();
  await attributed(control, { from: seeing, until: Date.now() }, SETTLED_DEADLINE_MS);
  const gap = await gapAround(live, killedAt);
  const unseen = generator.times.filter((at) => at >= gap.start && at < gap.end).length;
  const edge = await edgeOf(live, client);
  const held = await edgeOf(live, holder);
  const present = Math.max(0, ...(held?.hours ?? []).map((hour) => hour.present));
  const wanted = generator.times.length - unseen;
  const isExact = openedOf(edge) === wanted && present === 5 && isWithin(edge, generator.times);
  say(
    `lab: agent killed: generated ${generator.times.length}, ${unseen} of them in the recorded gap of ${gap.end - gap.start} ms, ` +
      `opened ${openedOf(edge)}; held 5, present ${present} ${verdict(isExact)}`,
  );
  return isExact;
}

function generatorOf(live: LiveLab, client: string, mayDial: (now: number) => boolean): Generator {
  const [address = ''] = live.lab.onlyPod(SERVER).facts.addresses;
  return new Generator({ client: live.lab.onlyPod(client).peer, address, port: PORT, mayDial });
}

async function hold(live: LiveLab, client: string, count: number): Promise<void> {
  const [address = ''] = live.lab.onlyPod(SERVER).facts.addresses;
  const { peer } = live.lab.onlyPod(client);
  for (let held = 0; held < count; held += 1)
    await mustAnswer(peer, 'a held connection', { op: 'hold', address, port: PORT });
}

async function edgeOf({ control }: LiveLab, client: string): Promise<EdgeJson | undefined> {
  const key = `${client} -> ${SERVER}:${PORT}/tcp`;
  return (await edgesOf(control)).find((edge) => shortEdge(edge.key) === key);
}

function openedOf(edge: EdgeJson | undefined): number {
  return edge?.opened ?? 0;
}

/** Whether no hour shows more connections opened than were generated in it. */
function isWithin(edge: EdgeJson | undefined, times: readonly number[]): boolean {
  return (edge?.hours ?? []).every(({ hour, opened }) => {
    const start = Date.parse(hour);
    return opened <= times.filter((at) => at >= start && at < start + HOUR_MS).length;
  });
}

async function lastWindowEnd({ control }: LiveLab): Promise<number> {
  const windows = await windowsOfNodeA(control);
  return Math.max(...windows.map(({ end }) => end));
}

/** The time around the kill that the server knows nobody looked at. */
async function gapAround({ control }: LiveLab, killedAt: number): Promise<{ start: number; end: number }> {
  const windows = await windowsOfNodeA(control);
  const start = Math.max(...windows.map(({ end }) => end).filter((end) => end <= killedAt));
  const end = Math.min(...windows.map((each) => each.start).filter((each) => each >= killedAt));
  return { start, end };
}

async function windowsOfNodeA(control: LiveLab['control']): Promise<{ start: number; end: number }[]> {
  const { nodes } = await coverageOf(control);
  const windows = nodes.find(({ node }) => node === 'node-a')?.windows ?? [];
  return windows.map(({ start, end }) => ({ start: Date.parse(start), end: Date.parse(end) }));
}

function verdict(holds: boolean): string {
  return holds ? 'ok' : 'FAILED';
}
