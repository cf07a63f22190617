/** Turns policies and a world into a set that answers quickly which policies isolate a pod and what their rules say. */
import type { IpAddress } from '../domain/ip.ts';
import { compareText } from '../domain/text-order.ts';
import { parseAddress } from './ip-block.ts';
import type { ParsedAddress } from './ip-block.ts';
import { isolationBy } from './isolation.ts';
import type { CompiledPolicy, CompiledRule, Isolation } from './isolation.ts';
import { indexBySelector } from './label-index.ts';
import type { LabelIndex, SelectorEntry } from './label-index.ts';
import { PodPeerBook } from './pod-peers.ts';
import type { MatchingPeers } from './pod-peers.ts';
import type {
  NetworkPolicy,
  NetworkPolicyIngressRule,
  NetworkPolicyPeer,
  NetworkPolicySpec,
} from './policy.ts';
import { RuleCompiler } from './rule-compiler.ts';
import type { NodeAddresses } from './seen-peer.ts';
import type { Direction, PolicyNode, PolicyPod, PolicyWorld } from './world.ts';

export type { CompiledPolicy, Isolation } from './isolation.ts';

export interface CompileOptions {
  /** Whether ipBlocks match pod addresses. True as the upstream tests demand; false as Cilium behaves (NETPOL rule 21). */
  readonly ipBlockMatchesPods: boolean;
}

export interface PolicySet {
  readonly options: CompileOptions;
  readonly world: PolicyWorld;
  readonly nodes: NodeAddresses;
  /** The policies that isolate some pods in a direction, in the order given. */
  readonly policies: Readonly<Record<Direction, readonly CompiledPolicy[]>>;
  /** Remembered by pod object, for as long as the object lives; one object for all pods that the same policies isolate. */
  isolation(direction: Direction, pod: PolicyPod): Isolation;
  /** A pod's address, parsed for comparison with blocks; remembered for a while. */
  parsed(address: IpAddress): ParsedAddress;
  /** The peers of any policy that match the pod; remembered likewise. */
  readonly peersMatching: MatchingPeers;
}

/**
 * Never throws: what the API server would refuse inside a policy matches nothing. Policies add up (NETPOL rule 6),
 * also two of one name: replacing one by another is the caller's choice.
 */
export function compilePolicies(
  policies: readonly NetworkPolicy[],
  world: PolicyWorld,
  options: Partial<CompileOptions> = {},
): PolicySet {
  return new PolicyCompiler(world, options).compile(policies);
}

/** Compiles many sets of policies for one world: what they have in common is looked at once. */
export class PolicyCompiler {
  readonly #parts: Pick<PolicySet, 'options' | 'world' | 'nodes' | 'parsed' | 'peersMatching'>;
  readonly #rules: RuleCompiler;

  constructor(world: PolicyWorld, options: Partial<CompileOptions> = {}) {
    const book = new PodPeerBook(world);
    this.#rules = new RuleCompiler(book);
    this.#parts = {
      options: { ipBlockMatchesPods: options.ipBlockMatchesPods ?? true },
      world,
      nodes: addressesByNode(world.nodes),
      parsed: rememberedAddresses(),
      peersMatching: (pod) => book.matching(pod),
    };
  }

  /** Looks at peers that policies of a namespace will name, so that each pod is compared with all peers at once. */
  foresee(peers: readonly NetworkPolicyPeer[], namespace: string): void {
    this.#rules.peers(peers, namespace);
  }

  /** As compilePolicies does. */
  compile(policies: readonly NetworkPolicy[]): PolicySet {
    const compiled = {
      ingress: compileDirection(policies, 'ingress', this.#rules),
      egress: compileDirection(policies, 'egress', this.#rules),
    };
    const isolators = { ingress: isolatorsOf(compiled.ingress), egress: isolatorsOf(compiled.egress) };
    return {
      ...this.#parts,
      policies: compiled,
      isolation: (direction, pod) => isolators[direction](pod),
    };
  }
}

/**
 * The directions in which the policy isolates the pods it selects. Empty or absent policyTypes mean ingress, and
 * egress only if there is an egress rule (NETPOL rule 4); otherwise they decide alone (rule 5).
 */
export function isolatedDirections(spec: NetworkPolicySpec): ReadonlySet<Direction> {
  const declared = spec.policyTypes ?? [];
  const directions = new Set<Direction>();
  if (declared.length === 0 || declared.includes('Ingress')) directions.add('ingress');
  if (declared.length === 0 ? (spec.egress ?? []).length > 0 : declared.includes('Egress'))
    directions.add('egress');
  return directions;
}

function compileDirection(
  policies: readonly NetworkPolicy[],
  direction: Direction,
  compiler: RuleCompiler,
): CompiledPolicy[] {
  return policies
    .filter(({ spec }) => isolatedDirections(spec).has(direction))
    .map((policy) => compilePolicy(policy, direction, compiler));
}

/** A policy selects pods of its own namespace only (NETPOL rule 2), so each namespace has an index of its own. */
function isolatorsOf(policies: readonly CompiledPolicy[]): (pod: PolicyPod) => Isolation {
  const byNamespace = new Map<string, SelectorEntry<CompiledPolicy>[]>();
  for (const item of policies) {
    const { namespace } = item.policy.metadata;
    const entries = byNamespace.get(namespace) ?? [];
    entries.push({ selector: item.policy.spec.podSelector, item });
    byNamespace.set(namespace, entries);
  }
  const indexes = new Map<string, LabelIndex<CompiledPolicy>>();
  for (const [namespace, entries] of byNamespace) indexes.set(namespace, indexBySelector(entries));
  const remembered = new WeakMap<PolicyPod, Isolation>();
  const shared = new Map<string | CompiledPolicy, Isolation>();
  const numbers = new Map(policies.map((policy, index) => [policy, index]));
  return (pod) => {
    const known = remembered.get(pod);
    if (known !== undefined) return known;
    const selecting = indexes.get(pod.namespace)?.matching(pod.labels) ?? [];
    const found = selecting.toSorted((a, b) => compareText(a.key, b.key));
    const [one] = found;
    // Most pods are selected by one.
    const key =
      one !== undefined && found.length === 1 ? one : found.map((policy) => numbers.get(policy)).join();
    const isolation = shared.get(key) ?? isolationBy(found);
    shared.set(key, isolation);
    remembered.set(pod, isolation);
    return isolation;
  };
}

function compilePolicy(policy: NetworkPolicy, direction: Direction, compiler: RuleCompiler): CompiledPolicy {
  const { metadata, spec } = policy;
  const key = `${metadata.namespace}/${metadata.name}`;
  const ruleOf = (
    peers: NetworkPolicyIngressRule['from'],
    ports: NetworkPolicyIngressRule['ports'],
    rule: number,
  ): CompiledRule => ({
    policy: key,
    rule,
    peers: compiler.peers(peers, metadata.namespace),
    ports: compiler.ports(ports),
  });
  const rules =
    direction === 'ingress'
      ? (spec.ingress ?? []).map(({ from, ports }, rule) => ruleOf(from, ports, rule))
      : (spec.egress ?? []).map(({ to, ports }, rule) => ruleOf(to, ports, rule));
  return { key, policy, rules };
}

function addressesByNode(nodes: readonly PolicyNode[]): NodeAddresses {
  const byName = new Map<string, readonly IpAddress[]>();
  for (const { name, addresses } of nodes) byName.set(name, [...(byName.get(name) ?? []), ...addresses]);
  return byName;
}

/** How many parsed addresses are kept: those of a large cluster's pods, about 20 MB. */
const MAX_PARSED = 200_000;

function rememberedAddresses(): (address: IpAddress) => ParsedAddress {
  const parsed = new Map<IpAddress, ParsedAddress>();
  return (address) => {
    const known = parsed.get(address);
    if (known !== undefined) return known;
    if (parsed.size >= MAX_PARSED) parsed.clear();
    const fresh = parseAddress(address);
    parsed.set(address, fresh);
    return fresh;
  };
}
