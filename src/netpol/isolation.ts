/** The policies that isolate a pod in one direction, with the rules of all of them found by peer at once. */
import type { CompiledBlock } from './ip-block.ts';
import type { NetworkPolicy } from './policy.ts';
import type { PodPeer } from './pod-peers.ts';
import type { RulePeers } from './rule-peers.ts';
import type { RulePorts } from './rule-ports.ts';

/** The rules of one policy in one direction that it isolates. */
export interface CompiledPolicy {
  /** `namespace/name`. */
  readonly key: string;
  /** As it was given. */
  readonly policy: NetworkPolicy;
  readonly peers: RulePeers;
  /** By rule index. */
  readonly ports: readonly RulePorts[];
}

/** The policies that isolate one pod in one direction, by key; no policy means not isolated (NETPOL rules 3 and 6). */
export interface Isolation {
  readonly policies: readonly CompiledPolicy[];
  readonly keys: readonly string[];
  readonly rules: RuleIndex;
}

export interface IndexedRule {
  /** `namespace/name`. */
  readonly policy: string;
  /** Its index in the policy. */
  readonly rule: number;
  readonly ports: RulePorts;
  /** Its place among the rules of all the policies. */
  readonly order: number;
}

export interface RuleIndex {
  /** Rules that match any peer at all. */
  readonly anyPeer: readonly IndexedRule[];
  readonly pods: ReadonlyMap<PodPeer, readonly IndexedRule[]>;
  readonly blocks: readonly { readonly block: CompiledBlock; readonly rule: IndexedRule }[];
}

/** `policies` are sorted by key. */
export function isolationBy(policies: readonly CompiledPolicy[]): Isolation {
  const anyPeer: IndexedRule[] = [];
  const pods = new Map<PodPeer, IndexedRule[]>();
  const blocks: { block: CompiledBlock; rule: IndexedRule }[] = [];
  let order = 0;
  for (const { key, peers, ports } of policies) {
    const rules = ports.map((one, rule) => ({ policy: key, rule, ports: one, order: order++ }));
    anyPeer.push(...rules.filter(({ rule }) => peers.anyPeer.has(rule)));
    for (const [peer, indexes] of peers.pods) {
      const known = pods.get(peer) ?? [];
      for (const index of indexes) known.push(...rules.slice(index, index + 1));
      pods.set(peer, known);
    }
    for (const { block, rule: index } of peers.blocks) {
      const rule = rules[index];
      if (rule !== undefined) blocks.push({ block, rule });
    }
  }
  return { policies, keys: policies.map(({ key }) => key), rules: { anyPeer, pods, blocks } };
}
