/**
 * Selectors with proof: the controller's own selector first, else the smallest set of stable labels, then
 * checked against every pod and template known. A selector that matches anything else says what.
 */
import { compareText } from '../domain/text-order.ts';
import type { WorkloadRef } from '../domain/workload.ts';
import { workloadKey, workloadTitle } from '../domain/workload.ts';
import type { LabelSelector } from '../netpol/policy.ts';
import { selectorMatches } from '../netpol/selector.ts';
import type { WorkloadInfo } from './cluster.ts';
import { isUnstableKey, isUnstableValue, keyRank } from './unstable-labels.ts';

type Labels = Readonly<Record<string, string>>;

export type SelectorChoice =
  | { readonly kind: 'exact'; readonly selector: LabelSelector }
  /** Matches every pod of the workload, and pods of these others too. */
  | { readonly kind: 'shared'; readonly selector: LabelSelector; readonly others: readonly WorkloadRef[] }
  /** No stable label, or pods that the selector does not match. */
  | { readonly kind: 'none'; readonly why: string };

/** More labels than this are not searched exhaustively for the smallest set. */
const MAX_CANDIDATE_LABELS = 20;
/** Adding more labels than this to a selector is no longer something a reviewer can read. */
const MAX_ADDED_LABELS = 4;

/** Chooses selectors for all workloads of one namespace. */
export class SelectorBook {
  readonly #byKey = new Map<string, SelectorChoice>();
  readonly #selectable: readonly WorkloadInfo[];

  constructor(workloadsOfNamespace: readonly WorkloadInfo[]) {
    this.#selectable = workloadsOfNamespace.filter((workload) => !workload.hostNetwork);
  }

  choose(workload: WorkloadInfo): SelectorChoice {
    const key = workloadKey(workload.ref);
    const known = this.#byKey.get(key);
    if (known !== undefined) return known;
    const choice = choose(
      workload,
      this.#selectable.filter((other) => workloadKey(other.ref) !== key),
    );
    this.#byKey.set(key, choice);
    return choice;
  }
}

function choose(workload: WorkloadInfo, others: readonly WorkloadInfo[]): SelectorChoice {
  const stable = stableLabels(workload);
  const own = ownSelector(workload);
  const exact = own !== null && clashesOf(own, others).length === 0 ? own : narrow(own ?? {}, stable, others);
  const selector = exact ?? own ?? bestLabelOf(stable);
  if (selector === null)
    return { kind: 'none', why: 'no label of its pods is stable; add one such as app.kubernetes.io/name' };
  if (labelSetsOf(workload).some((labels) => !selectorMatches(selector, labels)))
    return { kind: 'none', why: 'its pods carry different labels and no selector matches them all' };
  return exact === null
    ? { kind: 'shared', selector, others: clashesOf(selector, others) }
    : { kind: 'exact', selector };
}

/** The controller's own selector, unless it pins a label that changes (as a bare ReplicaSet's may). */
function ownSelector(workload: WorkloadInfo): LabelSelector | null {
  const { selector } = workload;
  if (selector === null) return null;
  const labels = Object.keys(selector.matchLabels ?? {});
  const expressions = selector.matchExpressions ?? [];
  if (labels.length + expressions.length === 0) return null;
  const keys = [...labels, ...expressions.map((each) => each.key)];
  return keys.some(isUnstableKey) ? null : tidy(selector);
}

/** Labels with one value on the template and on every pod; those that vary within the workload drop out by themselves. */
function stableLabels(workload: WorkloadInfo): Labels {
  const [first, ...rest] = labelSetsOf(workload);
  if (first === undefined) return {};
  const shared = Object.entries(first)
    .filter(([key, value]) => !isUnstableKey(key) && !isUnstableValue(value))
    .filter(([key, value]) => rest.every((labels) => labels[key] === value))
    .toSorted(([a], [b]) => keyRank(a) - keyRank(b) || compareText(a, b));
  return Object.fromEntries(shared.slice(0, MAX_CANDIDATE_LABELS));
}

/** Distinct label sets of a workload's template and pods. */
function labelSetsOf(workload: WorkloadInfo): readonly Labels[] {
  const known = labelSets.get(workload);
  if (known !== undefined) return known;
  const template = workload.templateLabels === null ? [] : [workload.templateLabels];
  const sets = [...template, ...workload.pods.map((pod) => pod.labels)];
  const distinct = [
    ...new Map(
      sets.map((labels) => [
        JSON.stringify(Object.entries(labels).toSorted(([a], [b]) => compareText(a, b))),
        labels,
      ]),
    ).values(),
  ];
  labelSets.set(workload, distinct);
  return distinct;
}

/** Every workload is compared with every other of its namespace; its label sets are found once. */
const labelSets = new WeakMap<WorkloadInfo, readonly Labels[]>();

function bestLabelOf(stable: Labels): LabelSelector | null {
  const [best] = Object.entries(stable);
  return best === undefined ? null : { matchLabels: { [best[0]]: best[1] } };
}

/** Workloads of which a pod or the template matches. */
function clashesOf(selector: LabelSelector, others: readonly WorkloadInfo[]): WorkloadRef[] {
  return others
    .filter((other) => labelSetsOf(other).some((labels) => selectorMatches(selector, labels)))
    .map((other) => other.ref)
    .toSorted((a, b) => compareText(workloadTitle(a), workloadTitle(b)));
}

/** The selector with the fewest, best ranked labels added that make it exact; null when equality cannot. */
function narrow(base: LabelSelector, stable: Labels, others: readonly WorkloadInfo[]): LabelSelector | null {
  const candidates = Object.entries(stable).filter(([key]) => base.matchLabels?.[key] === undefined);
  const rivals = others
    .flatMap((other) => labelSetsOf(other))
    .filter((labels) => selectorMatches(base, labels));
  for (let size = 1; size <= Math.min(MAX_ADDED_LABELS, candidates.length); size++) {
    for (const added of combinations(candidates, size)) {
      if (rivals.every((labels) => added.some(([key, value]) => labels[key] !== value)))
        return tidy({ ...base, matchLabels: { ...base.matchLabels, ...Object.fromEntries(added) } });
    }
  }
  return null;
}

/** All choices of `size` items, in the order of the items. */
function* combinations<T>(items: readonly T[], size: number): Generator<T[]> {
  if (size === 0) {
    yield [];
    return;
  }
  for (let index = 0; index <= items.length - size; index++) {
    const item = items[index];
    if (item === undefined) return;
    for (const rest of combinations(items.slice(index + 1), size - 1)) yield [item, ...rest];
  }
}

/** Keys and values sorted, empty parts left out. */
function tidy(selector: LabelSelector): LabelSelector {
  const labels = Object.entries(selector.matchLabels ?? {}).toSorted(([a], [b]) => compareText(a, b));
  const expressions = (selector.matchExpressions ?? [])
    .map((each) => ({
      key: each.key,
      operator: each.operator,
      ...((each.values ?? []).length > 0 ? { values: (each.values ?? []).toSorted(compareText) } : {}),
    }))
    .toSorted((a, b) => compareText(JSON.stringify(a), JSON.stringify(b)));
  return {
    ...(labels.length > 0 ? { matchLabels: Object.fromEntries(labels) } : {}),
    ...(expressions.length > 0 ? { matchExpressions: expressions } : {}),
  };
}
