/**
 * Compares drafts with the NetworkPolicies in force: which of those select a draft's pods and stay, and which connections behind a
 * rule they allow already. It changes no policy and no rule; with no policy in force it looks at nothing.
 */
import { compareText } from '../domain/text-order.ts';
import { isolatedDirections } from '../netpol/compile.ts';
import { indexBySelector } from '../netpol/label-index.ts';
import type { LabelIndex } from '../netpol/label-index.ts';
import type { LabelSelector, NetworkPolicy } from '../netpol/policy.ts';
import { selectorMatches } from '../netpol/selector.ts';
import { policyKey } from '../netpol/verify-change.ts';
import type { Direction } from '../netpol/world.ts';
import type { ClusterInfo, WorkloadInfo } from './cluster.ts';
import { SURROUNDING_MEANINGS } from './caveat-codes.ts';
import type { BareDraft, Caveat, DraftRule } from './draft.ts';
import { keptNames } from './existing.ts';
import type { Existing, ExistingPolicy, PolicyAllowance } from './existing.ts';
import { EdgeAllowance } from './edge-allowance.ts';
import { governedSetsOf } from './label-sets.ts';
import type { Labels } from './label-sets.ts';
import { isSamePolicy } from './same-policy.ts';
import { isUnstableKey } from './unstable-labels.ts';

/** What the policies in force mean for a draft. */
export interface Compared {
  readonly existing: Existing | null;
  readonly rules: readonly DraftRule[];
  readonly caveats: readonly Caveat[];
}

const DIRECTIONS = ['ingress', 'egress'] as const satisfies readonly Direction[];
const NOTHING_IN_FORCE: Existing = { policies: [], isolatesFirst: DIRECTIONS };

/** A policy in force, with the labels by which it selects but for those that change with a rollout or a replica. */
interface InForce {
  readonly policy: NetworkPolicy;
  readonly key: string;
  readonly selector: LabelSelector;
  /** No label that changes is among those by which it selects. */
  readonly isLasting: boolean;
  readonly allows: ExistingPolicy['allows'];
}

/**
 * The comparison of each of these drafts, which are all that would be applied; `membersOf` gives the workloads that a draft is
 * for. `existing` is null where nobody could list the policies in force.
 */
export function comparedWithExisting(
  cluster: ClusterInfo,
  drafts: readonly BareDraft[],
  membersOf: (draft: BareDraft) => readonly WorkloadInfo[],
): (draft: BareDraft) => Compared {
  if (cluster.policiesUnread === true) return ({ rules }) => ({ existing: null, rules, caveats: [] });
  if (cluster.policies.length === 0)
    return ({ rules }) => ({ existing: NOTHING_IN_FORCE, rules, caveats: [] });
  const replacing = new Map(drafts.map(({ policy }) => [policyKey(policy), policy]));
  const inForce = cluster.policies.map(inForceOf);
  const indexes = indexByNamespace(inForce);
  const kept = inForce.filter(({ key, isLasting }) => isLasting && !replacing.has(key));
  const allowance = new EdgeAllowance(
    cluster,
    kept.map(({ policy }) => policy),
  );
  return (draft) => {
    const labels = membersOf(draft).flatMap(governedSetsOf);
    const selecting = selectingOf(labels, indexes.get(draft.workload.namespace));
    if (selecting.length === 0) return { existing: NOTHING_IN_FORCE, rules: draft.rules, caveats: [] };
    const existing: Existing = {
      policies: selecting.map((each) => existingPolicy(each, { draft, labels, replacing })),
      isolatesFirst: DIRECTIONS.filter((direction) => !isolateAll(selecting, direction, labels)),
    };
    const staying = selecting.filter(({ key }) => !replacing.has(key));
    const [isJudged, isKeptIsolated] = [directionTest(selecting, labels), directionTest(staying, labels)];
    const isInForce =
      draft.leftOut.length === 0 && existing.policies.some(({ becomes }) => becomes === 'unchanged');
    const effectOf = (rule: DraftRule): NonNullable<DraftRule['effect']> => {
      if (rule.basis !== 'observed' || rule.edges.length === 0) return 'not-compared';
      return allowance.of(rule.direction, rule.edges, {
        isKeptIsolated: isKeptIsolated[rule.direction],
        isInForce,
      });
    };
    return {
      existing,
      rules: draft.rules.map((rule) =>
        isJudged[rule.direction] ? { ...rule, effect: effectOf(rule) } : rule,
      ),
      caveats: keptCaveats(existing),
    };
  };
}

function keptCaveats(existing: Existing): Caveat[] {
  const names = keptNames(existing);
  return names.length === 0
    ? []
    : [{ code: 'kept-policies', sentence: SURROUNDING_MEANINGS['kept-policies'], names }];
}

function inForceOf(policy: NetworkPolicy): InForce {
  const { podSelector, ingress, egress } = policy.spec;
  const { matchLabels, matchExpressions } = podSelector ?? {};
  const labels = Object.entries(matchLabels ?? {});
  const lasting = labels.filter(([key]) => !isUnstableKey(key));
  const expressions = (matchExpressions ?? []).filter(({ key }) => !isUnstableKey(key));
  const isolated = isolatedDirections(policy.spec);
  const allowanceOf = (
    direction: Direction,
    rules: readonly { readonly peers: readonly unknown[]; readonly ports: readonly unknown[] }[],
  ): PolicyAllowance | null => {
    if (!isolated.has(direction)) return null;
    if (rules.length === 0) return 'nothing';
    return rules.some(({ peers, ports }) => peers.length + ports.length === 0) ? 'anything' : 'some';
  };
  return {
    policy,
    key: policyKey(policy),
    selector: { matchLabels: Object.fromEntries(lasting), matchExpressions: expressions },
    isLasting: lasting.length === labels.length && expressions.length === (matchExpressions ?? []).length,
    allows: {
      ingress: allowanceOf(
        'ingress',
        (ingress ?? []).map(({ from, ports }) => ({ peers: from ?? [], ports: ports ?? [] })),
      ),
      egress: allowanceOf(
        'egress',
        (egress ?? []).map(({ to, ports }) => ({ peers: to ?? [], ports: ports ?? [] })),
      ),
    },
  };
}

function indexByNamespace(inForce: readonly InForce[]): ReadonlyMap<string, LabelIndex<InForce>> {
  const byNamespace = Map.groupBy(inForce, ({ policy }) => policy.metadata.namespace);
  return new Map(
    [...byNamespace].map(([namespace, own]) => [
      namespace,
      indexBySelector(own.map((item) => ({ selector: item.selector, item }))),
    ]),
  );
}

/** Sorted by name. */
function selectingOf(labels: readonly Labels[], index: LabelIndex<InForce> | undefined): InForce[] {
  if (index === undefined) return [];
  const found = new Set(labels.flatMap((each) => index.matching(each)));
  return [...found].toSorted((a, b) => compareText(a.key, b.key));
}

function existingPolicy(
  { policy, key, selector, isLasting, allows }: InForce,
  by: {
    readonly draft: BareDraft;
    readonly labels: readonly Labels[];
    readonly replacing: ReadonlyMap<string, NetworkPolicy>;
  },
): ExistingPolicy {
  const replacement = by.replacing.get(key);
  const becomes = ((): ExistingPolicy['becomes'] => {
    if (replacement === undefined) return 'kept';
    if (replacement !== by.draft.policy) return 'replaced-by-other';
    return isSamePolicy(policy.spec, replacement.spec) ? 'unchanged' : 'replaced';
  })();
  const isAll = isLasting && by.labels.every((each) => selectorMatches(selector, each));
  return { policy: key, becomes, pods: isAll ? 'all' : 'some', allows };
}

function directionTest(
  selecting: readonly InForce[],
  labels: readonly Labels[],
): Readonly<Record<Direction, boolean>> {
  return {
    ingress: isolateAll(selecting, 'ingress', labels),
    egress: isolateAll(selecting, 'egress', labels),
  };
}

/** Whether each pod is surely isolated, whatever its labels that change. */
function isolateAll(selecting: readonly InForce[], direction: Direction, labels: readonly Labels[]): boolean {
  const isolating = selecting.filter(({ isLasting, allows }) => isLasting && allows[direction] !== null);
  return labels.every((each) => isolating.some(({ selector }) => selectorMatches(selector, each)));
}
