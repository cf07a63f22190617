/** Rules while they are drafted: needs are collected per peer, then ports, services and evidence are merged. */
import { edgeKeyText, isOneSided } from '../domain/edge.ts';
import type { Edge } from '../domain/edge.ts';
import type { Protocol } from '../domain/protocol.ts';
import { compareText } from '../domain/text-order.ts';
import type { NetworkPolicyPeer } from '../netpol/policy.ts';
import type { Direction } from '../netpol/world.ts';
import { OBSERVATION_MEANINGS, SURROUNDING_MEANINGS } from './caveat-codes.ts';
import { distinctCaveats } from './distinct-caveats.ts';
import type { Basis, Caveat, DraftRule } from './draft.ts';
import type { DraftingContext } from './drafting.ts';
import type { NeededEdge } from './needed-edges.ts';
import { portsOf } from './rule-ports.ts';

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
  readonly edges: readonly NeededEdge[];
  /** Services that imply the rule, `namespace/name`; those that were dialled are found in the edges. */
  readonly services?: readonly string[];
  /** No other draft of its direction has its peers, so there is nothing to merge it with. */
  readonly isAlone?: true;
}

const ONE_SIDED: Caveat = {
  code: 'one-sided',
  sentence: 'only one of two nodes saw these connections; the other was not watched then, or lost events',
};

const TAKEN_IN: Caveat = { code: 'taken-in', sentence: SURROUNDING_MEANINGS['taken-in'] };
const PARTLY_DISPUTED: Caveat = {
  code: 'partly-disputed',
  sentence: OBSERVATION_MEANINGS['partly-disputed'],
};

type RuleContext = Pick<DraftingContext, 'parts' | 'takenIn'>;

/** Most rules have no Service and no caveat. */
const NONE: readonly never[] = [];

/** Rules of the same peers become one with all their ports; the result is sorted and independent of input order. */
export function mergeRules(
  direction: Direction,
  drafts: readonly RuleDraft[],
  context: RuleContext,
): DraftRule[] {
  const merged: RuleDraft[] = [];
  const byPeers = new Map<string, RuleDraft[]>();
  for (const draft of drafts) {
    if (draft.isAlone === true) {
      merged.push(draft);
      continue;
    }
    const { basis, title, peers } = draft;
    const key = `${basis} ${title} ${JSON.stringify(peers)}`;
    const group = byPeers.get(key);
    if (group === undefined) byPeers.set(key, [draft]);
    else group.push(draft);
  }
  for (const group of byPeers.values()) merged.push(mergedDraft(group));
  return merged
    .toSorted((a, b) => a.order - b.order || compareDrafts(a, b, context))
    .map((draft) => ruleOf(direction, draft, context));
}

/** One string per protocol and port. */
export function portKey(need: PortNeed): string {
  return `${need.port}/${need.protocol}`;
}

/** By title; rules of one title (two kinds of one name, one class of addresses on several ports) by what they allow. */
function compareDrafts(a: RuleDraft, b: RuleDraft, context: RuleContext): number {
  return compareText(a.title, b.title) || compareText(allowedText(a, context), allowedText(b, context));
}

function allowedText({ peers, ports }: RuleDraft, { parts }: RuleContext): string {
  return JSON.stringify([peers, portsOf({ peers, ports }, parts).ports]);
}

/** The needs of all as those of the first. */
function mergedDraft(group: readonly RuleDraft[]): RuleDraft {
  const [first] = group;
  if (first === undefined) throw new RangeError('no rule to merge');
  if (group.length === 1) return first;
  return {
    ...first,
    order: Math.min(...group.map((draft) => draft.order)),
    ports: group.flatMap((draft) => draft.ports),
    caveats: group.flatMap((draft) => draft.caveats),
    edges: group.flatMap((draft) => draft.edges),
    services: group.flatMap((draft) => draft.services ?? []),
  };
}

function ruleOf(direction: Direction, draft: RuleDraft, context: RuleContext): DraftRule {
  const { basis, title, peers } = draft;
  const edges = distinctEdges(draft.edges);
  const { ports, caveats } = portsOf(draft, context.parts);
  const ofEdges = edgeCaveats(edges, context);
  const own = ofEdges.length === 0 ? caveats : [...ofEdges, ...caveats];
  return {
    direction,
    basis,
    title,
    peers,
    ports,
    services: basis === 'observed' ? servicesDialled(edges) : servicesImplied(draft),
    caveats: distinctCaveats(own.length === 0 ? draft.caveats : [...draft.caveats, ...own]),
    edges: listOf(edges),
  };
}

/** What must be said of the edges that a rule rests on. */
function edgeCaveats(edges: readonly NeededEdge[], { takenIn }: RuleContext): readonly Caveat[] {
  let [isOneWord, isDisputed, isTakenIn] = [false, false, false];
  for (const { edge } of edges) {
    isOneWord ||= isOneSided(edge);
    isDisputed ||= edge.testimony.disputed > 0;
    isTakenIn ||= takenIn.size > 0 && takenIn.has(edgeKeyText(edge));
  }
  if (!isOneWord && !isDisputed && !isTakenIn) return NONE;
  return [
    ...(isOneWord ? [ONE_SIDED] : NONE),
    ...(isDisputed ? [PARTLY_DISPUTED] : NONE),
    ...(isTakenIn ? [TAKEN_IN] : NONE),
  ];
}

function listOf(edges: readonly NeededEdge[]): readonly Edge[] {
  const [one] = edges;
  return one !== undefined && edges.length === 1 ? one.alone : edges.map(({ edge }) => edge);
}

/** Sorted by key, so that evidence is the same whatever the order of input. */
function distinctEdges(edges: readonly NeededEdge[]): readonly NeededEdge[] {
  if (edges.length < 2) return edges;
  return [...new Set(edges)]
    .map((needed) => ({ needed, key: edgeKeyText(needed.edge) }))
    .toSorted((a, b) => compareText(a.key, b.key))
    .map(({ needed }) => needed);
}

function servicesDialled(edges: readonly NeededEdge[]): readonly string[] {
  if (edges.every(({ edge }) => edge.services.length === 0)) return NONE;
  const dialled = new Set<string>();
  for (const { edge } of edges)
    for (const { namespace, name } of edge.services) dialled.add(`${namespace}/${name}`);
  return [...dialled].toSorted(compareText);
}

function servicesImplied({ services = NONE }: RuleDraft): readonly string[] {
  return services.length === 0 ? NONE : [...new Set(services)].toSorted(compareText);
}
