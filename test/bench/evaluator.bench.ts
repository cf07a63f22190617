/**
 * The evaluator. A million connections judged at both sides, against one pass with precompiled selectors and no index;
 * and every allowed connection of 1,000 pods listed, against asking for the ports of a sample of pod pairs one by one.
 */
import { PROTOCOLS } from '../../src/domain/protocol.ts';
import { compilePolicies } from '../../src/netpol/compile.ts';
import { allowedPorts, evaluate } from '../../src/netpol/evaluate.ts';
import { reachOf } from '../../src/netpol/reach.ts';
import { benchCluster, benchConnections, generator } from './evaluator-cluster.ts';
import { plainEvaluator } from './plain-evaluator.ts';
import type { BenchReport } from './run.ts';

const CONNECTIONS = 1_000_000;
/** The baseline judges every tenth connection, and its time is multiplied: it is for comparison alone. */
const BASELINE_PART = 10;
const EVALUATE_TARGET_MS = 2000;
const REACH_TARGET_MS = 3000;
const SAMPLED_PAIRS = 20_000;

export function bench(): BenchReport {
  return { lines: [evaluateLine(), ...reachLines()] };
}

function evaluateLine(): string {
  const cluster = benchCluster({ namespaces: 100, workloads: 10_000, replicas: 1, policies: 1000 });
  const connections = benchConnections(cluster, CONNECTIONS);
  const sample = connections.filter((_, index) => index % BASELINE_PART === 0);
  const plain = plainEvaluator(cluster.policies, cluster.world);
  const expected = sample.map(plain);
  const plainMs = timed(() => sample.forEach(plain)) * BASELINE_PART;

  let allowed = 0;
  // Nothing is warm: compiling the policies and meeting each pod for the first time is part of the figure.
  const verdicts: boolean[] = [];
  const elapsed = timed(() => {
    const set = compilePolicies(cluster.policies, cluster.world);
    for (const connection of connections) {
      const verdict = evaluate(set, connection);
      verdicts.push(verdict.allowed);
      if (verdict.allowed) allowed += 1;
    }
  });
  const differing = expected.filter((verdict, index) => verdict !== verdicts[index * BASELINE_PART]).length;
  if (differing > 0) throw new Error(`${differing} verdicts differ from the baseline's`);
  return [
    `1,000,000 edges judged, 1,000 policies, 10,000 workloads: ${perSecond(CONNECTIONS, elapsed)} edges/s (${percent(allowed, CONNECTIONS)} allowed)`,
    `${(plainMs / elapsed).toFixed(2)} times the baseline: one pass over the namespace's policies ${perSecond(CONNECTIONS, plainMs)} edges/s, measured on every ${BASELINE_PART}th`,
    target(elapsed, EVALUATE_TARGET_MS),
  ].join('; ');
}

function reachLines(): string[] {
  const cluster = benchCluster({ namespaces: 20, workloads: 250, replicas: 4, policies: 300 });
  const pods = cluster.groups.flatMap((group) => group.pods);
  const alone = pods.map((pod) => ({ title: `${pod.namespace}/${pod.name}`, pods: [pod] }));
  const fresh = () => compilePolicies(cluster.policies, cluster.world);

  const set = fresh();
  const next = generator();
  const plainMs =
    timed(() => {
      for (let pair = 0; pair < SAMPLED_PAIRS; pair += 1) {
        const client = pods[next(pods.length)];
        const server = pods[next(pods.length)];
        if (client === undefined || server === undefined) continue;
        const ends = { client: { kind: 'pod', pod: client }, server: { kind: 'pod', pod: server } } as const;
        for (const protocol of PROTOCOLS) allowedPorts(set, { ...ends, protocol });
      }
    }) *
    ((pods.length * (pods.length - 1)) / SAMPLED_PAIRS);

  return [
    { name: 'grouped by workload', groups: cluster.groups },
    { name: 'each pod apart', groups: alone },
  ].map(({ name, groups }) => {
    let rows = 0;
    const elapsed = timed(() => (rows = reachOf(fresh(), groups).length));
    return [
      `reach of 1,000 pods, 300 policies, ${name}: ${rows.toLocaleString('en-US')} rows`,
      `${(plainMs / elapsed).toFixed(1)} times as fast as pair by pair (${Math.round(plainMs)} ms without the outside, from ${SAMPLED_PAIRS.toLocaleString('en-US')} sampled pairs)`,
      target(elapsed, REACH_TARGET_MS),
    ].join('; ');
  });
}

function target(elapsed: number, limit: number): string {
  return `${Math.round(elapsed)} ms of CPU, target ${limit} ms ${elapsed < limit ? 'kept' : 'MISSED'}`;
}

function perSecond(units: number, elapsed: number): string {
  return Math.round((units / elapsed) * 1000).toLocaleString('en-US');
}

function percent(part: number, whole: number): string {
  return `${((100 * part) / whole).toFixed(1)} %`;
}

/** Milliseconds of processor time, all threads of this process together: what else runs on the machine does not count. */
function timed(work: () => void): number {
  const start = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1000;
}
