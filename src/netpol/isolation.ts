/** The policies that isolate a pod in one direction, with the rules of all of them found by peer at once. */
import type { CompiledBlock } from './ip-block.ts';
import type { NetworkPolicy } from './policy.ts';
import { PeerRules } from './peer-rules.ts';
import type { RulePeers } from './rule-peers.ts';
import type { RulePorts } from './rule-ports.ts';

/** The rules of one policy in one direction that it isolates. */
export interface CompiledPolicy {
  /** `namespace/name`. */
  readonly key: string;
  /** As it was given. */
  readonly policy: NetworkPolicy;
  readonly rules: readonly CompiledRule[];
}

export interface CompiledRule {
  /** `namespace/name`. */
  readonly policy: string;
  /** Its index in the policy. */
  readonly rule: number;
  readonly peers: RulePeers;
  readonly ports: RulePorts;
}

/** The policies that isolate one pod in one direction, by key; no policy means not isolated (NETPOL rules 3 and 6). */
export interface Isolation {
  readonly policies: readonly CompiledPolicy[];
  readonly keys: readonly string[];
  readonly rules: RuleIndex;
}

export interface RuleIndex {
  /** Rules that match any peer at all. */
  readonly anyPeer: readonly CompiledRule[];
  readonly pods: PeerRules;
  readonly blocks: readonly { readonly block: CompiledBlock; readonly rule: CompiledRule }[];
}

/** `policies` are sorted by key. */
export function isolationBy(policies: readonly CompiledPolicy[]): Isolation {
  const anyPeer: CompiledRule[] = [];
  const pods = new PeerRules();
  const blocks: { block: CompiledBlock; rule: CompiledRule }[] = [];
  for (const { rules } of policies) {
    for (const rule of rules) {
      const { peers } = rule;
      if (peers.isAny) anyPeer.push(rule);
      for (const peer of peers.pods) pods.add(peer, rule);
      for (const block of peers.blocks) blocks.push({ block, rule });
    }
  }
  return { policies, keys: policies.map(({ key }) => key), rules: { anyPeer, pods, blocks } };
}
