/**
 * What the recommender is given of a cluster of any size after eight days. Edges are as the store hands them out: in the order
 * of their keys, and sharing the objects of identities, views, witnesses and pods that are the same.
 */
import { HOUR_MS } from '../../src/domain/edge.ts';
import type { Edge, PodSample, SourceView } from '../../src/domain/edge.ts';
import { identityKey } from '../../src/domain/identity.ts';
import type { Identity } from '../../src/domain/identity.ts';
import { ip } from '../../src/domain/ip.ts';
import { compareText } from '../../src/domain/text-order.ts';
import type { WorkloadRef } from '../../src/domain/workload.ts';
import type { History } from '../../src/recommend/history.ts';
import type { RecommendInput } from '../../src/recommend/recommend.ts';
import { cluster, identity, service, workloadInfo } from '../world.ts';
import { generator } from './evaluator-cluster.ts';

export interface ClusterSize {
  readonly workloads: number;
  readonly edges: number;
  readonly perNamespace: number;
}

interface Called {
  readonly client: Identity;
  readonly server: Identity;
  readonly port: number;
}

/** Addresses outside that are called on OUTSIDE_PORT. */
const OUTSIDE_NETWORKS = 4;
const OUTSIDE_HOSTS = 200;
const OUTSIDE_PORT = 5432;
/** Workloads are called on so many ports from the first on. */
const PORTS = 5;
const FIRST_PORT = 8000;
/** More than any port's number. */
const MAX_PORTS = 10_000;
const DAY_MS = 24 * HOUR_MS;
const WINDOW_MS = 8 * DAY_MS;
/** Most connections are new in the first days. */
const LEARNT_MS = 3 * DAY_MS;
const NODES = 100;
const NOTHING: readonly never[] = [];

export function benchInput({ workloads: count, edges: wanted, perNamespace }: ClusterSize): RecommendInput {
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
    edges: edgesBetween(names.map(identity), wanted),
    window: { start: 0, end: WINDOW_MS },
    known: { nodeCidrs: [], controlPlaneCidrs: [] },
    history: historyOf(workloads.map(({ ref }) => ref)),
  };
}

/** Every workload had one pod, and has another since; nothing was lost. */
function historyOf(workloads: readonly WorkloadRef[]): History {
  const nodeOf = (index: number): string => `node-${index % NODES}`;
  const restart = WINDOW_MS / 2;
  return {
    nodes: Array.from({ length: NODES }, (_, index) => ({
      node: nodeOf(index),
      stretches: [{ start: 0, end: WINDOW_MS }],
      lossy: [],
      newest: WINDOW_MS,
    })),
    pods: workloads.flatMap((workload, index) => [
      {
        workload,
        uid: `${index}-a`,
        node: nodeOf(index),
        from: HOUR_MS,
        heldFrom: HOUR_MS,
        heldUntil: restart,
        until: restart,
      },
      {
        workload,
        uid: `${index}-b`,
        node: nodeOf(index + 1),
        from: restart,
        heldFrom: restart,
        heldUntil: null,
        until: null,
      },
    ]),
  };
}

/**
 * Distinct edges in the order of their keys, with the skew of real service maps: a tenth of the servers take half of the calls;
 * some go outside.
 */
function edgesBetween(workloads: readonly Identity[], wanted: number): Edge[] {
  const outside = Array.from({ length: OUTSIDE_NETWORKS * OUTSIDE_HOSTS }, (_, index) =>
    identity(`external@172.16.${Math.floor(index / OUTSIDE_HOSTS)}.${index % OUTSIDE_HOSTS}`),
  );
  const ends = [...workloads, ...outside];
  // In the text of an edge's key the client is followed by a blank, the server by a colon.
  const clients = inOrder(ends, ' ');
  const servers = inOrder(ends, ':');
  const numbers = new Set<number>();
  const next = generator();
  const popular = Math.max(1, Math.floor(workloads.length / 10));
  while (numbers.size < wanted) {
    const client = next(workloads.length);
    const called = next(2) === 0 ? next(workloads.length) : next(popular);
    const isOutside = next(20) === 0;
    const server = isOutside
      ? workloads.length + next(OUTSIDE_NETWORKS) * OUTSIDE_HOSTS + next(OUTSIDE_HOSTS)
      : called;
    const port = isOutside ? OUTSIDE_PORT : FIRST_PORT + next(PORTS);
    const pair = (clients.places[client] ?? 0) * ends.length + (servers.places[server] ?? 0);
    if (client !== called) numbers.add(pair * MAX_PORTS + port);
  }
  const edges: Edge[] = [];
  const parts = sharedParts();
  for (const number of Float64Array.from(numbers).toSorted()) {
    const pair = Math.floor(number / MAX_PORTS);
    const client = clients.sorted[Math.floor(pair / ends.length)];
    const server = servers.sorted[pair % ends.length];
    if (client === undefined || server === undefined) continue;
    edges.push(edgeOf({ client, server, port: number % MAX_PORTS }, parts, next(LEARNT_MS)));
  }
  return edges;
}

interface Told {
  readonly views: readonly SourceView[];
  readonly pods: PodSample;
  /** Of the node that hosts it. */
  readonly node: number;
}

interface SharedParts {
  readonly told: (identity: Identity) => Told;
  readonly witnesses: (a: number, b: number) => readonly string[];
}

function sharedParts(): SharedParts {
  const told = new Map<Identity, Told>();
  const witnesses = new Map<number, readonly string[]>();
  return {
    told: (end) => {
      const names = end.kind === 'workload' ? ['a', 'b'].map((pod) => `${end.workload.name}-${pod}`) : [];
      const known = told.get(end) ?? {
        views: [{ seen: end, ownNode: false }],
        pods: { names, count: names.length },
        node: told.size % NODES,
      };
      told.set(end, known);
      return known;
    },
    witnesses: (a, b) => {
      const [low, high] = a < b ? [a, b] : [b, a];
      const names =
        witnesses.get(low * NODES + high) ??
        [...new Set([`node-${low}`, `node-${high}`])].toSorted(compareText);
      witnesses.set(low * NODES + high, names);
      return names;
    },
  };
}

/** The ends sorted by their keys with what follows these, and of each its place among them. */
function inOrder(ends: readonly Identity[], follows: string): { sorted: Identity[]; places: number[] } {
  const keys = ends.map((end) => `${identityKey(end)}${follows}`);
  const order = [...ends.keys()].toSorted((a, b) => compareText(keys[a] ?? '', keys[b] ?? ''));
  const places: number[] = [];
  for (const [place, index] of order.entries()) places[index] = place;
  return { sorted: order.flatMap((index) => ends[index] ?? []), places };
}

/** Two answered connections, a day apart. */
function edgeOf({ client, server, port }: Called, parts: SharedParts, firstSeen: number): Edge {
  const first = Math.floor(firstSeen / HOUR_MS) * HOUR_MS;
  const [from, to] = [parts.told(client), parts.told(server)];
  return {
    client,
    server,
    protocol: 'tcp',
    port,
    hours: [
      { hour: first, opened: 1, present: 0, answered: 1, bytes: 0 },
      { hour: first + DAY_MS, opened: 1, present: 1, answered: 1, bytes: 0 },
    ],
    firstSeen,
    lastSeen: firstSeen + DAY_MS,
    views: from.views,
    services: NOTHING,
    witnesses: parts.witnesses(from.node, to.node),
    testimony: { agreed: 2, oneSided: 0, disputed: 0 },
    clientPods: from.pods,
    serverPods: to.pods,
  };
}
