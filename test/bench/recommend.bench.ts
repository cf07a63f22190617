/**
 * `recommend`, proofs included, for one namespace and for the largest cluster netscribe is built for, against the least that any
 * generator of policies must do: group the edges by workload and peer and print them, with no selector, contract or proof.
 */
import { identityKey } from '../../src/domain/identity.ts';
import type { Edge } from '../../src/domain/edge.ts';
import { printPolicies } from '../../src/recommend/print-yaml.ts';
import { recommend } from '../../src/recommend/recommend.ts';
import type { Recommendation } from '../../src/recommend/recommend.ts';
import { benchInput } from './recommend-cluster.ts';
import type { ClusterSize } from './recommend-cluster.ts';
import type { BenchReport } from './run.ts';

interface Size extends ClusterSize {
  readonly what: string;
  readonly rounds: number;
  readonly targetMs: number;
}

const SIZES: readonly Size[] = [
  {
    what: 'one namespace',
    workloads: 50,
    edges: 1000,
    perNamespace: 50,
    rounds: 9,
    targetMs: 100,
  },
  {
    what: 'a large cluster',
    workloads: 10_000,
    edges: 200_000,
    perNamespace: 50,
    rounds: 3,
    targetMs: 5000,
  },
];
/** Enough to know what one takes. */
const PRINTED = 1000;
/** Of the whole process at its highest, input included. */
const TARGET_MB = 512;

export function bench(): BenchReport {
  return { lines: SIZES.map(lineOf) };
}

function lineOf(size: Size): string {
  const input = benchInput(size);
  const results: Recommendation[] = [];
  const runs = timed(size.rounds, {
    // A server drafts anew when the old drafts are forgotten; what they leave is not this round's to collect.
    before: () => {
      results.length = 0;
      globalThis.gc?.();
    },
    work: () => {
      results[0] = recommend(input);
    },
  });
  const own = medianOf(runs);
  const outcomes = results[0]?.outcomes ?? [];
  const peak = Math.round(process.resourceUsage().maxRSS / 1024);
  const drafts = outcomes.filter((outcome) => outcome.kind === 'draft').length;
  // Every workload and coredns.
  if (drafts !== size.workloads + 1) throw new Error(`${drafts} drafts of ${size.workloads + 1}`);
  const some = outcomes.slice(0, PRINTED);
  const printed = medianOf(timed(1, { work: () => printPolicies(some, { withEvidence: false }) }));
  const plain = medianOf(timed(size.rounds, { work: () => groupAndPrint(input.edges) }));
  const verdict = (isKept: boolean): string => (isKept ? 'kept' : 'MISSED');
  return [
    `${size.what} of ${grouped(size.workloads)} workloads and ${grouped(size.edges)} edges: drafted and proven in ${Math.round(own.elapsedMs)} ms, median of ${size.rounds} (${Math.round(own.cpuMs)} ms of CPU, the threads that collect garbage included; the first took ${Math.round(runs[0]?.elapsedMs ?? 0)} ms, in which V8 compiles what then runs)`,
    `target ${size.targetMs} ms ${verdict(own.elapsedMs < size.targetMs)}`,
    `${(own.cpuMs / plain.cpuMs).toFixed(1)} times the CPU of the baseline: grouped by workload and peer and printed in ${Math.round(plain.elapsedMs)} ms`,
    `peak of the process ${peak} MB, with the input as the store hands it out, target ${TARGET_MB} MB ${verdict(peak < TARGET_MB)}`,
    `${grouped(some.length)} of them printed as YAML in ${Math.round(printed.elapsedMs)} ms more`,
  ].join('; ');
}

function groupAndPrint(edges: readonly Edge[]): string {
  const groups = new Map<string, Map<string, number[]>>();
  for (const each of edges) {
    const peers = groups.get(identityKey(each.server)) ?? new Map<string, number[]>();
    groups.set(identityKey(each.server), peers);
    const client = identityKey(each.client);
    peers.set(client, [...(peers.get(client) ?? []), each.port]);
  }
  return JSON.stringify([...groups].map(([server, peers]) => [server, [...peers]]));
}

interface Took {
  readonly elapsedMs: number;
  /** Of all threads of the process. */
  readonly cpuMs: number;
}

/** Each round in turn; `before` it is not in its time. */
function timed(rounds: number, { before, work }: { before?: () => void; work: () => unknown }): Took[] {
  return Array.from({ length: rounds }, (): Took => {
    before?.();
    const [began, cpu] = [performance.now(), process.cpuUsage()];
    work();
    const { user, system } = process.cpuUsage(cpu);
    return { elapsedMs: performance.now() - began, cpuMs: (user + system) / 1000 };
  });
}

/** By elapsed time. */
function medianOf(all: readonly Took[]): Took {
  const sorted = all.toSorted((a, b) => a.elapsedMs - b.elapsedMs);
  return sorted[Math.floor(sorted.length / 2)] ?? { elapsedMs: 0, cpuMs: 0 };
}

function grouped(count: number): string {
  return count.toLocaleString('en-US');
}
