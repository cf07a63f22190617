/**
 * Counts what pairs of pods may use, looking only at pairs that can be allowed: a pod whose rules name their peers by
 * selectors alone is paired with the pods that these match.
 */
import type { PodPeer } from './pod-peers.ts';
import type { Judge, Party } from './party.ts';

/** Pods that no policy tells apart, one of them to stand for all. */
export interface CountedKind {
  readonly party: Party;
  readonly count: number;
}

/** Ports summed over all ordered pairs of distinct pods of these kinds, none of which is on its node's network. */
export function countPairs(judge: Judge, kinds: readonly CountedKind[]): number {
  const matching = kindsByPeer(kinds);
  const ports = (client: CountedKind, server: CountedKind): number => {
    const pairs = client === server ? client.count * (client.count - 1) : client.count * server.count;
    return pairs === 0 ? 0 : pairs * judge.between(client.party, server.party).portCount;
  };
  let total = 0;
  const pickyServers = new Set(kinds.filter(({ party }) => judge.judgesByNameOnly('ingress', party)));
  for (const server of pickyServers) {
    for (const client of named(server.party.guard.ingress?.names, matching)) total += ports(client, server);
  }
  const openServers = kinds.filter((kind) => !pickyServers.has(kind));
  for (const client of kinds) {
    if (!judge.judgesByNameOnly('egress', client.party)) {
      for (const server of openServers) total += ports(client, server);
      continue;
    }
    for (const server of named(client.party.guard.egress?.names, matching)) {
      if (!pickyServers.has(server)) total += ports(client, server);
    }
  }
  return total;
}

type KindsByPeer = ReadonlyMap<PodPeer, readonly CountedKind[]>;

function kindsByPeer(kinds: readonly CountedKind[]): KindsByPeer {
  const byPeer = new Map<PodPeer, CountedKind[]>();
  for (const kind of kinds) {
    for (const peer of kind.party.peer.ingress.matching) {
      const known = byPeer.get(peer) ?? [];
      known.push(kind);
      byPeer.set(peer, known);
    }
  }
  return byPeer;
}

function named(peers: ReadonlySet<PodPeer> | undefined, matching: KindsByPeer): Set<CountedKind> {
  const found = new Set<CountedKind>();
  for (const peer of peers ?? []) for (const kind of matching.get(peer) ?? []) found.add(kind);
  return found;
}
