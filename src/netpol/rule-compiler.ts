/** Compiles the lists of rules. Policies that were made together share lists, and each list is looked at once. */
import type { PodPeerBook } from './pod-peers.ts';
import type { NetworkPolicyPeer, NetworkPolicyPort } from './policy.ts';
import { ANY_PEER, compileRulePeers } from './rule-peers.ts';
import type { RulePeers } from './rule-peers.ts';
import { ANY_PORT, compileRulePorts } from './rule-ports.ts';
import type { RulePorts } from './rule-ports.ts';

interface CompiledPeers {
  /** The namespace of the policies in which the list means this; null for any. */
  readonly namespace: string | null;
  readonly peers: RulePeers;
}

export class RuleCompiler {
  readonly #book: PodPeerBook;
  readonly #peers = new Map<readonly NetworkPolicyPeer[], CompiledPeers>();
  readonly #ports = new Map<readonly NetworkPolicyPort[], RulePorts>();

  constructor(book: PodPeerBook) {
    this.#book = book;
  }

  /** Of the `from` or `to` of a rule in a policy of that namespace. */
  peers(list: readonly NetworkPolicyPeer[] | null | undefined, namespace: string): RulePeers {
    if (list === null || list === undefined) return ANY_PEER;
    const known = this.#peers.get(list);
    if (known !== undefined && (known.namespace ?? namespace) === namespace) return known.peers;
    const peers = compileRulePeers(list, namespace, this.#book);
    const isOfAny = peers.pods.every((peer) => peer.namespace === null);
    this.#peers.set(list, { namespace: isOfAny ? null : namespace, peers });
    return peers;
  }

  ports(list: readonly NetworkPolicyPort[] | null | undefined): RulePorts {
    if (list === null || list === undefined) return ANY_PORT;
    const known = this.#ports.get(list) ?? compileRulePorts(list);
    this.#ports.set(list, known);
    return known;
  }
}
