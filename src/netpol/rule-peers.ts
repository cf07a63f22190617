/** The `from` or `to` of a rule: which ends it names. */
import { compileBlock } from './ip-block.ts';
import type { CompiledBlock } from './ip-block.ts';
import type { PodPeer, PodPeerBook } from './pod-peers.ts';
import type { NetworkPolicyPeer } from './policy.ts';

export interface RulePeers {
  /** The list is absent, null or empty: any peer at all (NETPOL rule 9). */
  readonly isAny: boolean;
  /** Distinct. */
  readonly pods: readonly PodPeer[];
  readonly blocks: readonly CompiledBlock[];
}

export const ANY_PEER: RulePeers = { isAny: true, pods: [], blocks: [] };

/**
 * A peer that names nothing, or both a block and a selector, is invalid and matches nothing (NETPOL rule 10). Null
 * and absent selectors are the same, and differ from empty ones (rule 11).
 */
export function compileRulePeers(
  list: readonly NetworkPolicyPeer[],
  policyNamespace: string,
  book: PodPeerBook,
): RulePeers {
  if (list.length === 0) return ANY_PEER;
  const pods: PodPeer[] = [];
  const blocks: CompiledBlock[] = [];
  for (const peer of list) {
    const podPeer = podPeerOf(peer, policyNamespace);
    const block = peer.ipBlock ?? null;
    if (podPeer !== null && block === null) pods.push(book.shared(podPeer));
    else if (podPeer === null && block !== null) {
      const compiled = compileBlock(block);
      if (compiled !== null) blocks.push(compiled);
    }
  }
  return { isAny: false, pods: pods.length < 2 ? pods : [...new Set(pods)], blocks };
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
