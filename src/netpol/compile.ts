/** Turns policies and a world into a set that answers quickly which policies isolate a pod and what their rules say. */
import type { IpAddress } from '../domain/ip.ts';
import { compareText } from '../domain/text-order.ts';
import { indexBySelector } from './label-index.ts';
import type { LabelIndex, SelectorEntry } from './label-index.ts';
import { matchingPeersIn, shareEqualPeers } from './pod-peers.ts';
import type { MatchingPeers, PodPeer } from './pod-peers.ts';
import type { NetworkPolicy, NetworkPolicySpec } from './policy.ts';
import { compileRulePeers } from './rule-peers.ts';
import type { RulePeers } from './rule-peers.ts';
import { compileRulePorts } from './rule-ports.ts';
import type { RulePorts } from './rule-ports.ts';
import type { NodeAddresses } from './seen-peer.ts';
import type { Direction, PolicyNode, PolicyPod, PolicyWorld } from './world.ts';

export interface CompileOptions {
  /** Whether ipBlocks match pod addresses. True as the upstream tests demand; false as Cilium behaves (NETPOL rule 21). */
  readonly ipBlockMatchesPods: boolean;
}

/** The rules of one policy in one direction that it isolates. */
export interface CompiledPolicy {
  /** `namespace/name`. */
  readonly key: string;
  readonly peers: RulePeers;
  /** By rule index. */
  readonly ports: readonly RulePorts[];
}

/** The policies that isolate one pod in one direction, by key; no policy means not isolated (NETPOL rules 3 and 6). */
export interface Isolation {
  readonly policies: readonly CompiledPolicy[];
  readonly keys: readonly string[];
}

export interface PolicySet {
  readonly options: CompileOptions;
  readonly nodes: NodeAddresses;
  /** Remembered by pod object, for as long as the object lives. */
  isolation(direction: Direction, pod: PolicyPod): Isolation;
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
  const distinctPeers = new Map<string, PodPeer>();
  const share = shareEqualPeers(distinctPeers);
  const isolators = {
    ingress: isolatorsOf(policies, 'ingress', share),
    egress: isolatorsOf(policies, 'egress', share),
  };
  return {
    options: { ipBlockMatchesPods: options.ipBlockMatchesPods ?? true },
    nodes: addressesByNode(world.nodes),
    peersMatching: matchingPeersIn(world, distinctPeers.values()),
    isolation: (direction, pod) => isolators[direction](pod),
  };
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

type SharePeer = (peer: PodPeer) => PodPeer;

/** A policy selects pods of its own namespace only (NETPOL rule 2), so each namespace has an index of its own. */
function isolatorsOf(
  policies: readonly NetworkPolicy[],
  direction: Direction,
  share: SharePeer,
): (pod: PolicyPod) => Isolation {
  const byNamespace = new Map<string, SelectorEntry<CompiledPolicy>[]>();
  for (const policy of policies) {
    if (!isolatedDirections(policy.spec).has(direction)) continue;
    const { namespace } = policy.metadata;
    const entries = byNamespace.get(namespace) ?? [];
    entries.push({
      selector: policy.spec.podSelector,
      item: compilePolicy(policy, direction, share),
    });
    byNamespace.set(namespace, entries);
  }
  const indexes = new Map<string, LabelIndex<CompiledPolicy>>();
  for (const [namespace, entries] of byNamespace) indexes.set(namespace, indexBySelector(entries));
  const remembered = new WeakMap<PolicyPod, Isolation>();
  return (pod) => {
    const known = remembered.get(pod);
    if (known !== undefined) return known;
    const selecting = indexes.get(pod.namespace)?.matching(pod.labels) ?? [];
    const found = selecting.toSorted((a, b) => compareText(a.key, b.key));
    const isolation: Isolation = { policies: found, keys: found.map(({ key }) => key) };
    remembered.set(pod, isolation);
    return isolation;
  };
}

function compilePolicy(
  { metadata: { namespace, name }, spec }: NetworkPolicy,
  direction: Direction,
  share: SharePeer,
): CompiledPolicy {
  const rules =
    direction === 'ingress'
      ? (spec.ingress ?? []).map(({ from, ports }) => ({ peers: from, ports }))
      : (spec.egress ?? []).map(({ to, ports }) => ({ peers: to, ports }));
  const peersByRule = rules.map(({ peers }) => peers);
  return {
    key: `${namespace}/${name}`,
    peers: compileRulePeers(peersByRule, namespace, share),
    ports: rules.map(({ ports }) => compileRulePorts(ports)),
  };
}

function addressesByNode(nodes: readonly PolicyNode[]): NodeAddresses {
  const byName = new Map<string, readonly IpAddress[]>();
  for (const { name, addresses } of nodes) byName.set(name, [...(byName.get(name) ?? []), ...addresses]);
  return byName;
}
