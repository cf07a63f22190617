/**
 * `recommend`, proofs included, for one namespace and for the largest cluster netscribe is built for, against the least that any
 * generator of policies must do: group the edges by workload and peer and print them, with no selector, contract or proof.
 */
import { ip } from '../../src/domain/ip.ts';
import { identityKey } from '../../src/domain/identity.ts';
import type { Edge } from '../../src/domain/edge.ts';
import { printPolicies } from '../../src/recommend/print-yaml.ts';
import { recommend } from '../../src/recommend/recommend.ts';
import type { RecommendInput, Recommendation } from '../../src/recommend/recommend.ts';
import { cluster, edge, service, workloadInfo } from '../world.ts';
import { generator } from './evaluator-cluster.ts';
import type { BenchReport } from './run.ts';

interface Size {
  readonly what: string;
  readonly workloads: number;
  readonly edges: number;
  readonly perNamespace: number;
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
    rounds: 1,
    targetMs: 5000,
  },
];
/** Of the whole process at its highest, input included. */
const TARGET_MB = 512;

export function bench(): BenchReport {
  return { lines: SIZES.map(lineOf) };
}

function lineOf(size: Size): string {
  const input = inputOf(size);
  const results: Recommendation[] = [];
  const own = median(size.rounds, () => {
    results[0] = recommend(input);
  });
  const outcomes = results[0]?.outcomes ?? [];
  const peak = Math.round(process.resourceUsage().maxRSS / 1024);
  const drafts = outcomes.filter((outcome) => outcome.kind === 'draft').length;
  // Every workload and coredns.
  if (drafts !== size.workloads + 1) throw new Error(`${drafts} drafts of ${size.workloads + 1}`);
  const printed = median(1, () => printPolicies(outcomes, { withEvidence: false }));
  const plain = median(size.rounds, () => groupAndPrint(input.edges));
  const verdict = (isKept: boolean): string => (isKept ? 'kept' : 'MISSED');
  return [
    `${size.what} of ${grouped(size.workloads)} workloads and ${grouped(size.edges)} edges: drafted and proven in ${Math.round(own)} ms of CPU, median of ${size.rounds}`,
    `target ${size.targetMs} ms ${verdict(own < size.targetMs)}`,
    `${(own / plain).toFixed(1)} times the baseline: grouped by workload and peer and printed in ${Math.round(plain)} ms`,
    `peak of the process ${peak} MB, input included, target ${TARGET_MB} MB ${verdict(peak < TARGET_MB)}`,
    `printed as YAML in ${Math.round(printed)} ms more`,
  ].join('; ');
}

function inputOf({ workloads: count, edges: wanted, perNamespace }: Size): RecommendInput {
  const names = Array.from(
    { length: count },
    (_, index) => `ns-${Math.floor(index / perNamespace)}/app-${index}`,
  );
  const workloads = names.map((name) =>
    workloadInfo(name, { labels: { app: name.split('/')[1] ?? '', tier: 'backend', team: 'x' } }),
  );
  const services = names.map((name, index) =>
    service(name, {
      clusterIps: [ip(`10.96.${index >> 8}.${index & 255}`)],
      ...(index % 50 === 0 ? { type: 'NodePort' } : {}),
    }),
  );
  return {
    cluster: cluster(workloads, { services }),
    edges: edgesBetween(names, wanted),
    window: { start: 0, end: 1 },
    known: { nodeCidrs: [], controlPlaneCidrs: [] },
  };
}

/** Distinct edges with the skew of real service maps: a tenth of the servers take half of the calls; some go outside. */
function edgesBetween(names: readonly string[], wanted: number): Edge[] {
  const edges = new Map<string, Edge>();
  const next = generator();
  const popular = Math.max(1, Math.floor(names.length / 10));
  while (edges.size < wanted) {
    const client = names[next(names.length)] ?? '';
    const server = names[next(2) === 0 ? next(names.length) : next(popular)] ?? '';
    const text =
      next(20) === 0
        ? `${client} -> external@172.16.${next(4)}.${next(200)}:5432/tcp`
        : `${client} -> ${server}:${8000 + next(5)}/tcp`;
    if (client !== server) edges.set(text, edge(text));
  }
  return [...edges.values()];
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

/** Milliseconds of CPU: what else runs on the machine does not count. */
function median(rounds: number, work: () => unknown): number {
  const times = Array.from({ length: rounds }, () => {
    const before = process.cpuUsage();
    work();
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1000;
  });
  return times.toSorted((a, b) => a - b)[Math.floor(rounds / 2)] ?? 0;
}

function grouped(count: number): string {
  return count.toLocaleString('en-US');
}
