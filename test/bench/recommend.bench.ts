/**
 * `recommend` for 1,000 workloads and 20,000 edges, proofs included, against the least that any generator of
 * policies must do: group the edges by workload and peer and print them, with no selector, contract or proof.
 */
import { ip } from '../../src/domain/ip.ts';
import { identityKey } from '../../src/domain/identity.ts';
import type { Edge } from '../../src/domain/edge.ts';
import { recommend } from '../../src/recommend/recommend.ts';
import { cluster, edge, service, workloadInfo } from '../world.ts';
import type { BenchResult } from './run.ts';

const WORKLOADS = 1000;
const EDGES = 20_000;
const PER_NAMESPACE = 50;
const ROUNDS = 3;

export function bench(): BenchResult {
  const names = Array.from(
    { length: WORKLOADS },
    (_, index) => `ns-${Math.floor(index / PER_NAMESPACE)}/app-${index}`,
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
  const edges = edgesBetween(names);
  const input = {
    cluster: cluster(workloads, { services }),
    edges,
    window: { start: 0, end: 1 },
    known: { nodeCidrs: [], controlPlaneCidrs: [] },
  };
  const drafts = recommend(input).outcomes.filter((outcome) => outcome.kind === 'draft').length;
  if (drafts !== WORKLOADS + 1) throw new Error(`${drafts} drafts of ${WORKLOADS + 1}`);
  return {
    unit: 'edges',
    measured: {
      what: `recommend, ${WORKLOADS} workloads, median of ${ROUNDS}`,
      units: EDGES,
      elapsedMs: median(() => recommend(input)),
    },
    baseline: {
      what: 'group by workload and peer and print',
      units: EDGES,
      elapsedMs: median(() => groupAndPrint(edges)),
    },
    targetMs: 1000,
  };
}

/** Distinct edges with the skew of real service maps: a tenth of the servers take half of the calls; some go outside. */
function edgesBetween(names: readonly string[]): Edge[] {
  const edges = new Map<string, Edge>();
  // A linear congruential generator (Numerical Recipes): the same edges in every run.
  let state = 42;
  const next = (below: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state % below;
  };
  while (edges.size < EDGES) {
    const client = names[next(WORKLOADS)] ?? '';
    const server = names[next(2) === 0 ? next(WORKLOADS / 10) : next(WORKLOADS)] ?? '';
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

function median(work: () => unknown): number {
  const times = Array.from({ length: ROUNDS }, () => {
    const start = performance.now();
    work();
    return performance.now() - start;
  });
  return times.toSorted((a, b) => a - b)[Math.floor(ROUNDS / 2)] ?? 0;
}
