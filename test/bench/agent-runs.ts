/**
 * What the agent's bench measures: the built agent, and the pipe that it is compared with. Each is one process, or two, that
 * lives through all loads, as on a node; what a load cost is what its processes used until they had said everything.
 */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { LineProcess } from '../root/line-process.ts';
import type { Load } from './agent-generator.ts';
import { droppedEvents } from './agent-lab.ts';
import type { AgentLab } from './agent-lab.ts';
import { Meter } from './agent-meter.ts';
import type { Memory } from './agent-meter.ts';
import type { Tally } from './agent-sink.ts';

/** What all loads share. */
export interface Bed {
  readonly lab: AgentLab;
  readonly generator: LineProcess;
  readonly sink: LineProcess;
  readonly sinkPort: number;
  /** The built main.js. */
  readonly program: string;
  readonly folder: string;
}

export interface Sent {
  /** New flows that the node confirmed. */
  readonly flows: number;
  readonly elapsedMs: number;
}

export interface Run extends Sent {
  /** NEW events that came out at the other end. */
  readonly received: number;
  /** By the Drops column, read by the bench. */
  readonly dropped: number;
  /** User and system, of each process, over this load. */
  readonly cpuSeconds: readonly number[];
  /** Of each process, since it started. */
  readonly memory: readonly Memory[];
  /** Distinct keys; 0 for the pipe and the floor, which know none. */
  readonly keys: number;
}

export type Subject = (bed: Bed, loads: readonly Omit<Load, 'firstRound'>[]) => Promise<Run[]>;

/**
 * The agent's default and a second more: a load of 10 s has a window of its own with what goes before and after it, and one
 * of 32 s has three.
 */
export const WINDOW_MS = 11_000;
/** Batches of one window follow each other faster. */
const QUIET_MS = 250;
const PATIENCE_MS = 40_000;
const LOOK_EVERY_MS = 20;
/** Processes that used less than this of a tenth of a second are at rest. */
const RESTING_CPU_S = 0.004;

let usedRounds = 0;

export async function generate(bed: Bed, load: Omit<Load, 'firstRound'>): Promise<Sent> {
  const before = bed.lab.passed();
  const done = await bed.generator.ask({ is: 'go', ...load, firstRound: usedRounds });
  usedRounds += Number(done['rounds']);
  return { flows: bed.lab.passed() - before, elapsedMs: Number(done['elapsedMs']) };
}

/** The agent under all loads, one after the other. Between them it closes its window and has all of it acknowledged. */
export const runAgent: Subject = async (bed, loads) => {
  const options = {
    server: `http://127.0.0.1:${bed.sinkPort}`,
    'node-name': 'bench',
    'state-dir': path.join(bed.folder, 'state'),
    source: 'netlink',
    listen: 'off',
    'batch-window-ms': WINDOW_MS,
    'log-level': 'error',
  };
  const given = Object.entries(options).map(([name, value]) => `--${name}=${value}`);
  const [command, ...args] = bed.lab.command('node', process.execPath, bed.program, 'agent', ...given);
  const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  const pid = child.pid ?? 0;
  const meter = await listening(child, () => [pid]);
  const runs: Run[] = [];
  for (const load of loads) {
    let keys = 0;
    await bed.sink.ask({ is: 'clear' });
    const run = await under(bed, load, { meter, pid }, async ({ flows, dropped }) => {
      const tally = await windowSent(bed, (opened) => opened + dropped >= flows);
      keys = tally.keys;
      return tally.opened;
    });
    runs.push({ ...run, keys });
  }
  await end(child, pid, meter);
  return runs;
};

/** `conntrack -E -e NEW` with a Node behind it that counts lines, under all loads. */
export const runPipe: Subject = async (bed, loads) => {
  const reader = path.join(import.meta.dirname, 'agent-line-reader.ts');
  const pipe = `conntrack -E -e NEW 2>/dev/null | '${process.execPath}' '${reader}'; true`;
  const [command, ...args] = bed.lab.command('node', 'sh', '-c', pipe);
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let lines = 0;
  child.stdout.setEncoding('latin1').on('data', (text: string) => {
    lines = Number(text.trim().split('\n').at(-1));
  });
  const pid = child.pid ?? 0;
  const meter = await listening(child, () => childrenOf(pid));
  const runs: Run[] = [];
  for (const load of loads) {
    const before = lines;
    const run = await under(bed, load, { meter, pid }, async () => {
      await atRest(meter);
      return lines - before;
    });
    runs.push({ ...run, keys: 0 });
  }
  await end(child, childrenOf(pid)[0] ?? 0, meter);
  return runs;
};

/** A bare loop that receives and counts, under all loads: the floor below which the agent cannot come. */
export const runFloor: Subject = async (bed, loads) => {
  const script = path.join(import.meta.dirname, 'agent-floor.ts');
  const reader = new LineProcess(bed.lab.command('node', process.execPath, script));
  const pid = Number((await reader.next('ready'))['pid']);
  const meter = new Meter([pid]);
  const eventsSoFar = async (): Promise<number> => Number((await reader.ask({ is: 'count' }))['events']);
  const runs: Run[] = [];
  for (const load of loads) {
    const before = await eventsSoFar();
    const run = await under(bed, load, { meter, pid }, async () => {
      await atRest(meter);
      return (await eventsSoFar()) - before;
    });
    runs.push({ ...run, keys: 0 });
  }
  meter.stop();
  await reader.end();
  return runs;
};

/** One load on whoever `meter` meters; `finished` resolves to the events received when it has said all it will say. */
async function under(
  bed: Bed,
  load: Omit<Load, 'firstRound'>,
  { meter, pid }: { meter: Meter; pid: number },
  finished: (sent: { flows: number; dropped: number }) => Promise<number>,
): Promise<Omit<Run, 'keys'>> {
  const droppedBefore = droppedEvents(pid) ?? 0;
  const cpuBefore = meter.cpu;
  const sent = await generate(bed, load);
  const dropped = (droppedEvents(pid) ?? 0) - droppedBefore;
  const received = await finished({ flows: sent.flows, dropped });
  meter.sample();
  const cpuSeconds = meter.cpu.map((seconds, index) => seconds - (cpuBefore[index] ?? 0));
  return { ...sent, received, dropped, cpuSeconds, memory: meter.memory };
}

/** Waits for the end of a window, and of more when they hold too little. */
async function windowSent(bed: Bed, isEnough: (opened: number) => boolean): Promise<Tally> {
  for (let window = 1; ; window++) {
    const before = bed.sink.lines.length;
    await until('no batch came', () => bed.sink.lines.length > before);
    await quiet(bed.sink);
    const tally = (await bed.sink.ask({ is: 'tally' })) as unknown as Tally;
    if (window === 2 || isEnough(tally.opened)) return tally;
  }
}

async function quiet(sink: LineProcess): Promise<void> {
  let before = -1;
  while (sink.lines.length !== before) {
    before = sink.lines.length;
    await delay(QUIET_MS);
  }
}

/** A meter of the processes once someone listens to events and all have done what they do at the start. */
async function listening(child: ChildProcess, pidsOf: () => number[]): Promise<Meter> {
  await until('nobody listens to conntrack events', () => {
    if (child.exitCode !== null) throw new Error(`it ended at the start with ${child.exitCode}`);
    return droppedEvents(child.pid ?? 0) !== null;
  });
  const meter = new Meter(pidsOf());
  await atRest(meter);
  return meter;
}

async function atRest(meter: Meter): Promise<void> {
  const total = (): number => meter.cpu.reduce((sum, seconds) => sum + seconds, 0);
  let before = -Infinity;
  await until('it does not come to rest', async () => {
    const now = total();
    if (now - before < RESTING_CPU_S) return true;
    before = now;
    await delay(100);
    return false;
  });
}

/** Asks the process `pid` to end and waits until `child` has. */
async function end(child: ChildProcess, pid: number, meter: Meter): Promise<void> {
  meter.stop();
  const ended = once(child, 'exit');
  process.kill(pid, 'SIGTERM');
  const [code] = await ended;
  if (code !== 0) throw new Error(`it ended with ${code}`);
}

function childrenOf(pid: number): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').trim().split(' ').map(Number);
}

async function until(otherwise: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`${otherwise} within ${PATIENCE_MS} ms`);
    await delay(LOOK_EVERY_MS);
  }
}
