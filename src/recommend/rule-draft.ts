/** Rules while they are drafted: needs are collected per peer, then ports, services and evidence are merged. */
import type { Edge } from '../domain/edge.ts';
import { edgeKeyText, isOneSided } from '../domain/edge.ts';
import { PROTOCOLS, kubernetesProtocol } from '../domain/protocol.ts';
import type { Protocol } from '../domain/protocol.ts';
import { compareText } from '../domain/text-order.ts';
import type { NetworkPolicyPeer, NetworkPolicyPort } from '../netpol/policy.ts';
import { distinctCaveats } from './distinct-caveats.ts';
import type { Basis, Caveat, DraftRule } from './draft.ts';
import { portRanges } from './port-ranges.ts';
import { ruleEvidence } from './rule-evidence.ts';

export interface PortNeed {
  readonly protocol: Protocol;
  readonly port: number;
}

/** One peer's needs. Rules are printed in the order of `order`, then by title. */
export interface RuleDraft {
  readonly order: number;
  readonly basis: Basis;
  readonly title: string;
  /** Null means any peer at all. */
  readonly peers: readonly NetworkPolicyPeer[] | null;
  readonly ports: readonly PortNeed[];
  readonly caveats: readonly Caveat[];
  readonly edges: readonly Edge[];
  /** Services that imply the rule, `namespace/name`; those that were dialled are found in the edges. */
  readonly services?: readonly string[];
  /** No other draft of its direction has its peers, so there is nothing to merge it with. */
  readonly isAlone?: true;
}

const ONE_SIDED: Caveat = {
  code: 'one-sided',
  sentence: 'only one of two nodes saw these connections; the other was not watched then, or lost events',
};

const PORT_RANGE: Caveat = {
  code: 'port-range',
  sentence:
    'more ports were used than a person reads, so a range allows them and others beside them; fix the ports of the application if it can',
};
const SCTP: Caveat = {
  code: 'sctp-support',
  sentence: 'the rule names SCTP; ask the network plugin whether it enforces that',
};

/** Most rules have no Service and no caveat. */
const NONE: readonly never[] = [];

/** Rules of the same peers become one with all their ports; the result is sorted and independent of input order. */
export function mergeRules(direction: 'ingress' | 'egress', drafts: readonly RuleDraft[]): DraftRule[] {
  const alone = drafts.filter(({ isAlone }) => isAlone === true);
  const byPeers = Map.groupBy(
    alone.length === 0 ? drafts : drafts.filter(({ isAlone }) => isAlone !== true),
    ({ basis, title, peers }) => `${basis} ${title} ${JSON.stringify(peers)}`,
  );
  return [...alone.map((draft) => [draft]), ...byPeers.values()]
    .map((group) => ({
      order: Math.min(...group.map((draft) => draft.order)),
      rule: mergedRule(direction, group),
    }))
    .toSorted((a, b) => a.order - b.order || compareRules(a.rule, b.rule))
    .map(({ rule }) => rule);
}

/** One string per protocol and port. */
export function portKey(need: PortNeed): string {
  return `${need.port}/${need.protocol}`;
}

/** As a rule lists them, by protocol and number; many dynamic ports are one range, and then it says so. */
export function portsOf(needs: readonly PortNeed[]): {
  readonly ports: NetworkPolicyPort[];
  readonly caveats: readonly Caveat[];
} {
  const [one] = needs;
  // Most rules have one port. A list that is made at its length costs a tenth of one that grows.
  if (one !== undefined && needs.length === 1)
    return {
      ports: [{ protocol: kubernetesProtocol(one.protocol), port: one.port }],
      caveats: one.protocol === 'sctp' ? [SCTP] : NONE,
    };
  const caveats: Caveat[] = [];
  const ports: NetworkPolicyPort[] = [];
  for (const protocol of PROTOCOLS) {
    const own = needs.flatMap((need) => (need.protocol === protocol ? [need.port] : []));
    if (own.length === 0) continue;
    const { ranges, isWidened } = portRanges(own);
    if (isWidened) caveats.push(PORT_RANGE);
    if (protocol === 'sctp') caveats.push(SCTP);
    for (const { from, to } of ranges) {
      const port = { protocol: kubernetesProtocol(protocol), port: from };
      ports.push(to > from ? { ...port, endPort: to } : port);
    }
  }
  return { ports, caveats };
}

/** By title; rules of one title (two kinds of one name, one class of addresses on several ports) by what they allow. */
function compareRules(a: DraftRule, b: DraftRule): number {
  return (
    compareText(a.title, b.title) ||
    compareText(JSON.stringify([a.peers, a.ports]), JSON.stringify([b.peers, b.ports]))
  );
}

function mergedRule(direction: 'ingress' | 'egress', group: readonly RuleDraft[]): DraftRule {
  const [first] = group;
  if (first === undefined) throw new RangeError('no rule to merge');
  const edges = distinctEdges(group);
  const { ports, caveats: ofPorts } = portsOf(group.flatMap((draft) => draft.ports));
  const oneSided = edges.some(isOneSided) ? [ONE_SIDED] : [];
  return {
    direction,
    basis: first.basis,
    title: first.title,
    peers: first.peers,
    ports,
    services: first.basis === 'observed' ? servicesDialled(edges) : servicesImplied(group),
    caveats: distinctCaveats([...group.flatMap((draft) => draft.caveats), ...oneSided, ...ofPorts]),
    evidence: ruleEvidence(edges),
  };
}

/** Sorted by key, so that evidence is the same whatever the order of input. */
function distinctEdges(group: readonly RuleDraft[]): readonly Edge[] {
  const edges = [...new Set(group.flatMap((draft) => draft.edges))];
  if (edges.length < 2) return edges;
  return edges
    .map((edge) => ({ edge, key: edgeKeyText(edge) }))
    .toSorted((a, b) => compareText(a.key, b.key))
    .map(({ edge }) => edge);
}

function servicesDialled(edges: readonly Edge[]): readonly string[] {
  const dialled = new Set<string>();
  for (const { services } of edges)
    for (const { namespace, name } of services) dialled.add(`${namespace}/${name}`);
  return dialled.size === 0 ? NONE : [...dialled].toSorted(compareText);
}

function servicesImplied(group: readonly RuleDraft[]): readonly string[] {
  return [...new Set(group.flatMap((draft) => draft.services ?? []))].toSorted(compareText);
}
