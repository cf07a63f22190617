/** The `from` or `to` of a policy's rules: which rules have a peer that matches what the policy sees. */
import { blockHolds, compileBlock } from './ip-block.ts';
import type { CompiledBlock, ParsedAddress } from './ip-block.ts';
import type { PodPeer } from './pod-peers.ts';
import type { NetworkPolicyPeer } from './policy.ts';

/**
 * A rule with a peer that matches. `block`: only an ipBlock does, which at egress makes named ports match nothing
 * (NETPOL rule 17); `end`: the peer list is empty or a selector matches.
 */
export interface PeerMatch {
  readonly rule: number;
  readonly by: 'end' | 'block';
}

interface BlockPeer {
  readonly block: CompiledBlock;
  readonly match: PeerMatch;
}

export interface RulePeers {
  /** Rules whose peer list is absent, null or empty: any peer at all (NETPOL rule 9). */
  readonly anyPeer: readonly PeerMatch[];
  readonly pods: ReadonlyMap<PodPeer, readonly PeerMatch[]>;
  readonly blocks: readonly BlockPeer[];
}

/**
 * A peer that names nothing, or both a block and a selector, is invalid and matches nothing (NETPOL rule 10). Null
 * and absent selectors are the same, and differ from empty ones (rule 11). `share` gives the object that stands for
 * a pod peer in all policies.
 */
export function compileRulePeers(
  peersByRule: readonly (readonly NetworkPolicyPeer[] | null | undefined)[],
  policyNamespace: string,
  share: (peer: PodPeer) => PodPeer,
): RulePeers {
  const anyPeer: PeerMatch[] = [];
  const pods = new Map<PodPeer, PeerMatch[]>();
  const blocks: BlockPeer[] = [];
  for (const [rule, peers] of peersByRule.entries()) {
    if (peers === null || peers === undefined || peers.length === 0) anyPeer.push({ rule, by: 'end' });
    for (const peer of peers ?? []) {
      const podPeer = podPeerOf(peer, policyNamespace);
      const block = peer.ipBlock ?? null;
      if (podPeer !== null && block === null) {
        const shared = share(podPeer);
        const matches = pods.get(shared) ?? [];
        matches.push({ rule, by: 'end' });
        pods.set(shared, matches);
      } else if (podPeer === null && block !== null) {
        const compiled = compileBlock(block);
        if (compiled !== null) blocks.push({ block: compiled, match: { rule, by: 'block' } });
      }
    }
  }
  return { anyPeer, pods, blocks };
}

/**
 * The rules with a peer that matches, each once, in order; the peers of a rule are alternatives (NETPOL rules 10
 * and 11). `podPeers` are the peers that match the seen pod; empty when no pod is seen.
 */
export function matchRulePeers(
  peers: RulePeers,
  podPeers: ReadonlySet<PodPeer>,
  blockAddress: ParsedAddress | null,
): PeerMatch[] {
  const matches = [...peers.anyPeer];
  if (podPeers.size <= peers.pods.size) {
    for (const podPeer of podPeers) addAll(matches, peers.pods.get(podPeer));
  } else {
    for (const [podPeer, found] of peers.pods) if (podPeers.has(podPeer)) addAll(matches, found);
  }
  if (blockAddress !== null) {
    for (const { block, match } of peers.blocks) {
      if (blockHolds(block, blockAddress)) matches.push(match);
    }
  }
  return matches.length > 1 ? firstPerRule(matches) : matches;
}

function podPeerOf(
  { podSelector, namespaceSelector }: NetworkPolicyPeer,
  policyNamespace: string,
): PodPeer | null {
  const pods = podSelector ?? null;
  const namespaces = namespaceSelector ?? null;
  if (pods === null && namespaces === null) return null;
  return {
    namespace: namespaces === null ? policyNamespace : null,
    namespaceSelector: namespaces,
    podSelector: pods,
  };
}

function addAll(matches: PeerMatch[], more: readonly PeerMatch[] | undefined): void {
  for (const match of more ?? []) matches.push(match);
}

/** Ends stand before blocks in the list, so where both match the end is kept: it allows more. */
function firstPerRule(matches: readonly PeerMatch[]): PeerMatch[] {
  const byRule = new Map<number, PeerMatch>();
  for (const match of matches) {
    if (!byRule.has(match.rule)) byRule.set(match.rule, match);
  }
  return [...byRule.values()].toSorted((a, b) => a.rule - b.rule);
}
