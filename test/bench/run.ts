/**
 * Runs every test/bench/*.bench.ts, each in a process of its own so that no bench warms up or fills the heap of another,
 * and prints one line or more for each: the figure, and the baseline measured in the same run. A slow figure is no failure; a
 * bench that throws is. Arguments choose benches by a part of their name.
 */
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

/** How fast one thing went. */
export interface Measure {
  /** What was done, in a few words: `byte scanner`, `split and one regular expression`. */
  what: string;
  /** Units done: lines, edges, workloads. */
  units: number;
  /** Milliseconds it took. */
  elapsedMs: number;
}

/** What the `bench` export of a *.bench.ts file resolves to. */
export interface BenchResult {
  /** The plural of what is counted: `lines`. */
  unit: string;
  measured: Measure;
  /** The same work done the plain way, in the same process; null when there is no plain way. */
  baseline: Measure | null;
  /** Milliseconds that `measured` is meant to stay under; null when only the comparison counts. */
  targetMs: number | null;
}

/** What a bench answers that measures more than one speed: a line for each thing, with its baseline and target in it. */
export interface BenchReport {
  readonly lines: readonly string[];
}

export type Bench = () => BenchResult | BenchReport | Promise<BenchResult | BenchReport>;

const ONE = '--one';
/** What Node is told besides for a bench: as helm/netscribe/templates/server-statefulset.yaml tells the server, and to collect between rounds. */
const NODE_OPTIONS: Readonly<Record<string, readonly string[]>> = {
  'recommend.bench.ts': ['--max-semi-space-size=32', '--expose-gc'],
};
const [first, second] = process.argv.slice(2);
if (first === ONE && second !== undefined) await runOne(second);
else process.exitCode = runAll(process.argv.slice(2));

function runAll(filters: readonly string[]): number {
  const files = readdirSync(import.meta.dirname)
    .filter((file) => file.endsWith('.bench.ts'))
    .filter((file) => filters.length === 0 || filters.some((filter) => file.includes(filter)))
    .toSorted();
  if (files.length === 0) {
    process.stderr.write('bench: there is no bench of that name\n');
    return 1;
  }
  const failed = files.filter((file) => {
    const { status } = spawnSync(
      process.execPath,
      [...(NODE_OPTIONS[file] ?? []), import.meta.filename, ONE, file],
      {
        stdio: 'inherit',
      },
    );
    if (status !== 0) process.stderr.write(`bench: ${file} failed\n`);
    return status !== 0;
  });
  return failed.length > 0 ? 1 : 0;
}

async function runOne(file: string): Promise<void> {
  const url = pathToFileURL(path.join(import.meta.dirname, file)).href;
  const loaded: unknown = await import(url);
  if (!isBenchModule(loaded)) throw new Error(`${file} exports no function named bench`);
  const name = file.replace('.bench.ts', '');
  const answer = await loaded.bench();
  const lines = 'lines' in answer ? answer.lines.map((line) => `${name}: ${line}`) : [lineOf(name, answer)];
  process.stdout.write(`${lines.join('\n')}\n`);
}

function isBenchModule(value: unknown): value is { bench: Bench } {
  return typeof value === 'object' && value !== null && 'bench' in value && typeof value.bench === 'function';
}

function lineOf(name: string, { unit, measured, baseline, targetMs }: BenchResult): string {
  const parts = [`${name}: ${speedOf(measured, unit)}`];
  if (baseline !== null) {
    const times = perSecond(measured) / perSecond(baseline);
    parts.push(`${times.toFixed(2)} times the baseline: ${speedOf(baseline, unit)}`);
  }
  if (targetMs !== null) {
    const kept = measured.elapsedMs < targetMs ? 'kept' : 'MISSED';
    parts.push(`${Math.round(measured.elapsedMs)} ms, target ${targetMs} ms ${kept}`);
  }
  return parts.join('; ');
}

function speedOf(measure: Measure, unit: string): string {
  return `${measure.what} ${Math.round(perSecond(measure)).toLocaleString('en-US')} ${unit}/s`;
}

function perSecond({ units, elapsedMs }: Measure): number {
  return (units / Math.max(elapsedMs, 0.001)) * 1000;
}
