/** Rules while they are drafted: needs are collected per peer, then ports, services and evidence are merged. */
import type { Edge } from '../domain/edge.ts';
import { edgeKeyText, edgeTotals, isOneSided } from '../domain/edge.ts';
import { PROTOCOLS, kubernetesProtocol } from '../domain/protocol.ts';
import type { Protocol } from '../domain/protocol.ts';
import { compareText } from '../domain/text-order.ts';
import type { NetworkPolicyPeer, NetworkPolicyPort } from '../netpol/policy.ts';
import type { Basis, Caveat, DraftRule, RuleEvidence } from './draft.ts';

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
}

const ONE_SIDED: Caveat = {
  code: 'one-sided',
  sentence: 'only one of two nodes saw these connections; the other was not watched then, or lost events',
};

/** Rules of the same peers become one with all their ports; the result is sorted and independent of input order. */
export function mergeRules(direction: 'ingress' | 'egress', drafts: readonly RuleDraft[]): DraftRule[] {
  const byPeers = Map.groupBy(
    drafts,
    (draft) => `${draft.basis} ${draft.title} ${JSON.stringify(draft.peers)}`,
  );
  return [...byPeers.values()]
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

export function portsOf(needs: readonly PortNeed[]): NetworkPolicyPort[] {
  return [...new Map(needs.map((need) => [portKey(need), need])).values()]
    .toSorted((a, b) => PROTOCOLS.indexOf(a.protocol) - PROTOCOLS.indexOf(b.protocol) || a.port - b.port)
    .map((need) => ({ protocol: kubernetesProtocol(need.protocol), port: need.port }));
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
  const edges = [
    ...new Map(group.flatMap((draft) => draft.edges).map((edge) => [edgeKeyText(edge), edge])).entries(),
  ]
    .toSorted(([a], [b]) => compareText(a, b))
    .map(([, edge]) => edge);
  const oneSided = edges.some(isOneSided) ? [ONE_SIDED] : [];
  const caveats = [
    ...new Map(
      [...group.flatMap((draft) => draft.caveats), ...oneSided].map((caveat) => [
        `${caveat.code} ${caveat.sentence}`,
        caveat,
      ]),
    ).entries(),
  ];
  const services = edges
    .flatMap((edge) => edge.services)
    .map((service) => `${service.namespace}/${service.name}`);
  return {
    direction,
    basis: first.basis,
    title: first.title,
    peers: first.peers,
    ports: portsOf(group.flatMap((draft) => draft.ports)),
    services: first.basis === 'observed' ? [...new Set(services)].toSorted(compareText) : [],
    caveats: caveats.toSorted(([a], [b]) => compareText(a, b)).map(([, caveat]) => caveat),
    evidence: edges.length === 0 ? null : evidenceOf(edges),
  };
}

function evidenceOf(edges: readonly Edge[]): RuleEvidence {
  const totals = edges.map(edgeTotals);
  return {
    opened: sum(totals.map((each) => each.opened)),
    present: sum(totals.map((each) => each.present)),
    answered: sum(totals.map((each) => each.answered)),
    firstSeen: Math.min(...edges.map((edge) => edge.firstSeen)),
    lastSeen: Math.max(...edges.map((edge) => edge.lastSeen)),
    clientPods: Math.max(...edges.map((edge) => edge.clientPods.count)),
    serverPods: Math.max(...edges.map((edge) => edge.serverPods.count)),
    witnesses: [...new Set(edges.flatMap((edge) => edge.witnesses))].toSorted(compareText),
    edges: edges.map(({ client, server, protocol, port }) => ({ client, server, protocol, port })),
  };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
