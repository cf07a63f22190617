/** A client that suddenly reaches many servers or ports: what a worm does, and what a workload that was known for a day rarely does. */
import type { Edge } from '../domain/edge.ts';
import { HOUR_MS } from '../domain/edge.ts';
import { identityKey } from '../domain/identity.ts';
import type { Identity } from '../domain/identity.ts';
import { KeyedMap } from './keyed-map.ts';
import { addressClass } from './need-class.ts';
import { isOfOwnNode } from './seen-clients.ts';

/** DESIGN section 5. */
const BURST_MS = 10 * 60_000;
const BURST_TARGETS = 20;
const KNOWN_MS = 24 * HOUR_MS;

/**
 * The edges that were first seen in a burst: more than 20 of one client within 10 minutes, a day or more after the client
 * itself was first seen (`knownSince`, unix ms). A public address is nothing new to a client that used the same
 * port of another one before: a policy names them all as one.
 */
export function burstsOf(edges: readonly Edge[], knownSince: (client: Identity) => number): Set<Edge> {
  const found = new Set<Edge>();
  const byClient = new KeyedMap<Identity, Edge[]>(identityKey);
  for (const edge of edges) if (!isOfOwnNode(edge)) byClient.make(edge.client, () => []).push(edge);
  for (const all of byClient.values()) {
    const [first] = all;
    if (first === undefined || all.length <= BURST_TARGETS) continue;
    const since = knownSince(first.client) + KNOWN_MS;
    const isLate = ({ firstSeen }: Edge): boolean => firstSeen >= since;
    if (all.filter(isLate).length <= BURST_TARGETS) continue;
    const sights = newTargets(all).filter(isLate);
    for (const [start, { firstSeen }] of sights.entries()) {
      const last = sights[start + BURST_TARGETS];
      if (last === undefined || last.firstSeen - firstSeen > BURST_MS) continue;
      for (const sight of sights.slice(start, start + BURST_TARGETS + 1)) found.add(sight);
    }
  }
  return found;
}

/** By first sight. */
function newTargets(edges: readonly Edge[]): Edge[] {
  const usedSince = new Map<string, number>();
  for (const edge of edges) {
    const key = portOfClass(edge);
    usedSince.set(key, Math.min(usedSince.get(key) ?? edge.firstSeen, edge.firstSeen));
  }
  return edges
    .filter(
      (edge) =>
        addressClass(edge.server) !== 'public' ||
        edge.firstSeen - (usedSince.get(portOfClass(edge)) ?? 0) <= BURST_MS,
    )
    .toSorted((a, b) => a.firstSeen - b.firstSeen);
}

function portOfClass({ server, protocol, port }: Edge): string {
  return `${addressClass(server)}:${port}/${protocol}`;
}
