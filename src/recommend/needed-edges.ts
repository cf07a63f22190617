/** Needed edges with the workloads at their ends, looked up once, and what each workload has of them. */
import type { Edge } from '../domain/edge.ts';
import type { Identity } from '../domain/identity.ts';
import type { Protocol } from '../domain/protocol.ts';
import type { KnownWorkload } from './known-workload.ts';
import type { PeerBook } from './peers.ts';

export class NeededEdge {
  readonly edge: Edge;
  readonly protocol: Protocol;
  readonly port: number;
  /** Null for ends that are no workloads. */
  readonly client: KnownWorkload | null;
  readonly server: KnownWorkload | null;
  /** As the list of a rule that rests on it alone; two rules do, one at either end. */
  readonly alone: readonly Edge[];

  constructor(edge: Edge, ends: { client: KnownWorkload | null; server: KnownWorkload | null }) {
    this.edge = edge;
    this.alone = [edge];
    this.protocol = edge.protocol;
    this.port = edge.port;
    this.client = ends.client;
    this.server = ends.server;
  }
}

/** What workloads need, in the order in which the edges were given. */
export class NeededEdges {
  /** By the places of the workloads. */
  readonly #inbound: NeededEdge[][] = [];
  readonly #outbound: NeededEdge[][] = [];

  constructor(edges: readonly Edge[], peers: PeerBook) {
    for (const edge of edges) {
      const client = knownAt(edge.client, peers);
      const server = knownAt(edge.server, peers);
      const needed = new NeededEdge(edge, { client, server });
      if (server !== null) (this.#inbound[server.place] ??= []).push(needed);
      if (client !== null) (this.#outbound[client.place] ??= []).push(needed);
    }
  }

  inbound(workload: KnownWorkload): readonly NeededEdge[] {
    return this.#inbound[workload.place] ?? NONE;
  }

  outbound(workload: KnownWorkload): readonly NeededEdge[] {
    return this.#outbound[workload.place] ?? NONE;
  }
}

const NONE: readonly never[] = [];

/** Null for an end that is no workload. */
export function knownAt(end: Identity, peers: PeerBook): KnownWorkload | null {
  return end.kind === 'workload' ? peers.known(end.workload) : null;
}
