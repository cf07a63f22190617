/**
 * What a rule would name as one: addresses outside the cluster come and go, and policies name them together. Edges of one class
 * are judged as one where it matters how often or since when something is used.
 */
import type { Edge } from '../domain/edge.ts';
import type { Identity } from '../domain/identity.ts';
import { identityKey } from '../domain/identity.ts';
import { workloadKey } from '../domain/workload.ts';
import { isPublic } from './addresses.ts';

/** Exposed ports (`8080/tcp`) by workload key, as exposure.ts finds them. */
export type ExposedPorts = ReadonlyMap<string, ReadonlySet<string>>;

/** One string for all edges that one rule would allow: any client of an exposed port, all public addresses on one port, all nodes. */
export function needClass(edge: Edge, exposed: ExposedPorts): string {
  const { server, protocol, port } = edge;
  return `${clientClass(edge, exposed)} -> ${addressClass(server)}:${port}/${protocol}`;
}

/** Public addresses and nodes stand together, everything else for itself. */
export function addressClass(identity: Identity): string {
  switch (identity.kind) {
    case 'external':
      return isPublic(identity.address) ? 'public' : identityKey(identity);
    case 'node':
      return 'nodes';
    case 'apiserver':
      return 'apiserver';
    case 'workload':
      return identityKey(identity);
    default:
      return identity satisfies never;
  }
}

/** Such an edge is a class by itself. */
export function isBetweenWorkloads({ client, server }: Pick<Edge, 'client' | 'server'>): boolean {
  return client.kind === 'workload' && server.kind === 'workload';
}

function clientClass({ client, server, protocol, port }: Edge, exposed: ExposedPorts): string {
  const isExposed =
    client.kind !== 'workload' &&
    server.kind === 'workload' &&
    exposed.get(workloadKey(server.workload))?.has(`${port}/${protocol}`) === true;
  return isExposed ? 'any source' : addressClass(client);
}
