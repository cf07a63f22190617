/**
 * What the recommender is given of a cluster of any size. Edges are as the store hands them out: in the order of their keys,
 * and sharing the objects of their identities and nothing else.
 */
import { HOUR_MS } from '../../src/domain/edge.ts';
import type { Edge } from '../../src/domain/edge.ts';
import { identityKey } from '../../src/domain/identity.ts';
import type { Identity } from '../../src/domain/identity.ts';
import { ip } from '../../src/domain/ip.ts';
import { compareText } from '../../src/domain/text-order.ts';
import type { RecommendInput } from '../../src/recommend/recommend.ts';
import { cluster, identity, service, workloadInfo } from '../world.ts';
import { generator } from './evaluator-cluster.ts';

export interface ClusterSize {
  readonly workloads: number;
  readonly edges: number;
  readonly perNamespace: number;
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
    window: { start: 0, end: 1 },
    known: { nodeCidrs: [], controlPlaneCidrs: [] },
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
  for (const number of Float64Array.from(numbers).toSorted()) {
    const pair = Math.floor(number / MAX_PORTS);
    const client = clients.sorted[Math.floor(pair / ends.length)];
    const server = servers.sorted[pair % ends.length];
    if (client !== undefined && server !== undefined) edges.push(edgeOf(client, server, number % MAX_PORTS));
  }
  return edges;
}

/** The ends sorted by their keys with what follows these, and of each its place among them. */
function inOrder(ends: readonly Identity[], follows: string): { sorted: Identity[]; places: number[] } {
  const keys = ends.map((end) => `${identityKey(end)}${follows}`);
  const order = [...ends.keys()].toSorted((a, b) => compareText(keys[a] ?? '', keys[b] ?? ''));
  const places: number[] = [];
  for (const [place, index] of order.entries()) places[index] = place;
  return { sorted: order.flatMap((index) => ends[index] ?? []), places };
}

/** One answered connection. */
function edgeOf(client: Identity, server: Identity, port: number): Edge {
  return {
    client,
    server,
    protocol: 'tcp',
    port,
    hours: [{ hour: 0, opened: 1, present: 0, answered: 1, bytes: 0 }],
    firstSeen: 0,
    lastSeen: HOUR_MS - 1,
    views: [{ seen: client, ownNode: false }],
    services: [],
    witnesses: ['node-a'],
    testimony: { agreed: 1, oneSided: 0, disputed: 0 },
    clientPods: { names: [], count: 1 },
    serverPods: { names: [], count: 1 },
  };
}
