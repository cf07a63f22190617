/** The `from` or `to` of a policy's rules, turned round: which rules name a peer. */
import { compileBlock } from './ip-block.ts';
import type { CompiledBlock } from './ip-block.ts';
import type { PodPeer } from './pod-peers.ts';
import type { NetworkPolicyPeer } from './policy.ts';

/** By rule index. */
export interface RulePeers {
  /** Rules whose peer list is absent, null or empty: any peer at all (NETPOL rule 9). */
  readonly anyPeer: ReadonlySet<number>;
  readonly pods: ReadonlyMap<PodPeer, ReadonlySet<number>>;
  readonly blocks: readonly { readonly block: CompiledBlock; readonly rule: number }[];
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
  const anyPeer = new Set<number>();
  const pods = new Map<PodPeer, Set<number>>();
  const blocks: { block: CompiledBlock; rule: number }[] = [];
  for (const [rule, peers] of peersByRule.entries()) {
    if (peers === null || peers === undefined || peers.length === 0) anyPeer.add(rule);
    for (const peer of peers ?? []) {
      const podPeer = podPeerOf(peer, policyNamespace);
      const block = peer.ipBlock ?? null;
      if (podPeer !== null && block === null) {
        const shared = share(podPeer);
        const rules = pods.get(shared) ?? new Set();
        pods.set(shared, rules.add(rule));
      } else if (podPeer === null && block !== null) {
        const compiled = compileBlock(block);
        if (compiled !== null) blocks.push({ block: compiled, rule });
      }
    }
  }
  return { anyPeer, pods, blocks };
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
