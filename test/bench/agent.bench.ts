/**
 * The whole agent, built, on the real kernel: events lost, CPU and memory at several rates of new connections, beside a bare
 * loop that only receives, `conntrack -E -e NEW | node` that only cuts the same events into lines, and a bare Node. Needs
 * root on Linux; FULL=1 takes longer.
 */
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { LineProcess } from '../root/line-process.ts';
import type { Load } from './agent-generator.ts';
import { AgentLab } from './agent-lab.ts';
import { memoryOf } from './agent-meter.ts';
import { generate, runAgent, runFloor, runPipe, WINDOW_MS } from './agent-runs.ts';
import type { Bed, Run } from './agent-runs.ts';
import type { BenchReport } from './run.ts';

const RATES = [1_000, 5_000, 20_000, null];
/** A scan of 65,535 ports fits into the time from here on. */
const SCAN_FROM = 20_000;
const IS_FULL = process.env['FULL'] === '1';
const AGENT_SECONDS = IS_FULL ? 32 : 10;
const PIPE_SECONDS = IS_FULL ? 10 : 2;
const ALONE_SECONDS = IS_FULL ? 5 : 2;
/**
 * What the agent has seen before it is measured: an agent runs for weeks, and V8 compiles its code, and compiles it again,
 * in the first hundreds of thousands of events. What that costs is printed. It has all that is measured in it: what
 * V8 meets for the first time, such as a window that is full before its time is over, has it compile again. The load is sent,
 * and its windows closed and acknowledged, before the next.
 */
const WARM_UP = { rate: 10_000, seconds: 30, withScan: true };
/** Targets: nothing lost; at most this from so many flows a second on; at most so much above a bare Node. */
const MOST_CPU_S = 3;
const CPU_FROM = 5_000;
const MOST_MIB = 48;

const ROOT = path.join(import.meta.dirname, '../..');

export async function bench(): Promise<BenchReport> {
  const missing = whyNot();
  if (missing !== null) return { lines: [`not run: ${missing}`] };
  const folder = mkdtempSync(path.join(tmpdir(), 'netscribe-bench-'));
  const lab = new AgentLab();
  const clean = (): void => {
    lab.down();
    rmSync(folder, { recursive: true, force: true });
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => {
      clean();
      process.exit(1);
    });
  try {
    lab.up();
    return { lines: await measure(await bedOf(lab, folder)) };
  } finally {
    clean();
  }
}

function whyNot(): string | null {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'it needs root on Linux';
  const absent = ['ip', 'nft', 'sysctl'].filter((tool) => !has(tool));
  return absent.length === 0 ? null : `${absent.join(' and ')} missing; make deps installs them`;
}

function has(tool: string): boolean {
  try {
    execFileSync('sh', ['-c', `command -v ${tool}`], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

async function bedOf(lab: AgentLab, folder: string): Promise<Bed> {
  const script = (name: string): string => path.join(import.meta.dirname, name);
  const sink = new LineProcess(lab.command('node', process.execPath, script('agent-sink.ts')));
  const generator = new LineProcess(lab.command('client', process.execPath, script('agent-generator.ts')));
  const { port } = await sink.next('ready');
  await generator.next('ready');
  return { lab, generator, sink, sinkPort: Number(port), program: build(folder), folder };
}

/** The compiled program, which finds its packages and its version as it does in an image. */
function build(folder: string): string {
  const compiler = path.join(ROOT, 'node_modules/.bin/tsc');
  execFileSync(compiler, [
    '-p',
    path.join(ROOT, 'tsconfig.build.json'),
    '--outDir',
    path.join(folder, 'dist'),
  ]);
  copyFileSync(path.join(ROOT, 'package.json'), path.join(folder, 'package.json'));
  symlinkSync(path.join(ROOT, 'node_modules'), path.join(folder, 'node_modules'));
  return path.join(folder, 'dist/main.js');
}

async function measure(bed: Bed): Promise<string[]> {
  const bareMib = bareNode();
  const alone = await generate(bed, { rate: null, seconds: ALONE_SECONDS, withScan: false });
  const loads = (seconds: number, withScans: boolean): Omit<Load, 'firstRound'>[] =>
    RATES.map((rate) => ({ rate, seconds, withScan: withScans && (rate ?? Infinity) >= SCAN_FROM }));
  const agentLoads = loads(AGENT_SECONDS, true);
  const [warmUp, ...agent] = await runAgent(bed, [WARM_UP, ...agentLoads]);
  const [, ...floor] = await runFloor(bed, [
    { ...WARM_UP, seconds: 1, withScan: false },
    ...loads(PIPE_SECONDS, false),
  ]);
  const pipe = has('conntrack') ? await runPipe(bed, loads(PIPE_SECONDS, false)) : [];
  return [
    `one process of the built agent over netlink, through all rates in turn after a warm-up, batch windows of ${WINDOW_MS / 1000} s, posting to a server that answers 200; ` +
      `one-packet UDP flows routed by a node namespace; CPU is user + system from the first flow until all is acknowledged; ` +
      `a bare node -e of this run has ${mib(bareMib)} MiB; the generator alone, nobody listening, makes ${whole(perSecond(alone))}/s`,
    warmUpLine(warmUp),
    ...agentLoads.flatMap((load, index) => {
      const run = agent[index];
      if (run === undefined) return [];
      return [
        `${agentLine(load, run, bareMib)}; floor ${floorLine(floor[index])}; baseline ${pipeLine(pipe[index])}`,
      ];
    }),
  ];
}

function warmUpLine(run: Run | undefined): string {
  if (run === undefined) return 'warm-up: not run';
  const total = run.cpuSeconds.reduce((sum, seconds) => sum + seconds, 0);
  return (
    `warm-up: ${whole(run.flows)} NEW in ${(run.elapsedMs / 1000).toFixed(1)} s (${whole(perSecond(run))}/s), ` +
    `${total.toFixed(2)} CPU s, ${perMillion(run).toFixed(2)} per million, in which V8 compiles what then runs`
  );
}

function agentLine({ rate, withScan }: Omit<Load, 'firstRound'>, run: Run, bareMib: number): string {
  const cpu = perMillion(run);
  const [memory = { rss: 0, anonymous: 0 }] = run.memory;
  const name = rate === null ? 'flat out' : `${whole(rate)}/s`;
  const cpuTarget =
    rate !== null && rate < CPU_FROM ? '' : ` (target ${MOST_CPU_S} ${kept(cpu <= MOST_CPU_S)})`;
  const keys = `${whole(run.keys)} keys${withScan ? ' with a scan of 65,535 ports' : ''}`;
  return [
    `${name}: ${whole(run.received)} NEW of ${whole(run.flows)} in ${(run.elapsedMs / 1000).toFixed(1)} s (${whole(perSecond(run))}/s), ${keys}`,
    `lost ${run.dropped} by the Drops column (target 0 ${kept(run.dropped === 0 && run.received === run.flows)})`,
    `${cpu.toFixed(2)} CPU s per million${cpuTarget}`,
    `peak RSS ${mib(memory.rss / 1024)} MiB, anonymous ${mib(memory.anonymous / 1024)} (target bare + ${MOST_MIB} = ${mib(bareMib + MOST_MIB)} ${kept(memory.rss / 1024 <= bareMib + MOST_MIB)})`,
  ].join(', ');
}

function floorLine(run: Run | undefined): string {
  if (run === undefined) return 'not run';
  return `a bare loop that receives with the same pauses: ${perMillion(run).toFixed(2)} CPU s per million`;
}

function pipeLine(run: Run | undefined): string {
  if (run === undefined) return 'conntrack -E -e NEW | node: not run, the tool is missing';
  const [tool = 0, node = 0] = run.cpuSeconds.map((seconds) => (seconds / run.received) * 1e6);
  const rss = run.memory.map((memory) => mib(memory.rss / 1024)).join(' + ');
  return (
    `conntrack -E -e NEW | node counting lines: ${whole(run.received)} of ${whole(run.flows)} in ${(run.elapsedMs / 1000).toFixed(1)} s (${whole(perSecond(run))}/s), ` +
    `lost ${whole(run.dropped)}, ${tool.toFixed(1)} + ${node.toFixed(1)} CPU s per million received, RSS ${rss} MiB`
  );
}

/** MiB that Node takes at its peak when all it does is to read that. */
function bareNode(): number {
  const text = execFileSync(
    process.execPath,
    ['-e', 'process.stdout.write(fs.readFileSync("/proc/self/status"))'],
    {
      encoding: 'latin1',
    },
  );
  return memoryOf(text).rss / 1024;
}

function perSecond({ flows, elapsedMs }: { flows: number; elapsedMs: number }): number {
  return (flows / elapsedMs) * 1000;
}

function perMillion({ cpuSeconds, flows }: Run): number {
  return (cpuSeconds.reduce((sum, seconds) => sum + seconds, 0) / flows) * 1e6;
}

function kept(isKept: boolean): string {
  return isKept ? 'kept' : 'MISSED';
}

function mib(amount: number): string {
  return amount.toFixed(0);
}

function whole(number: number): string {
  return Math.round(number).toLocaleString('en-US');
}
