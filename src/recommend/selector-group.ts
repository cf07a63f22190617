/**
 * The selector of one workload, or of several that no label tells apart: the controller's own first, else the
 * smallest set of stable labels, else by labels that it lacks. Exact against every pod and template known, or none.
 */
import { compareText } from '../domain/text-order.ts';
import { workloadTitle } from '../domain/workload.ts';
import type { LabelSelector } from '../netpol/policy.ts';
import { selectorMatches } from '../netpol/selector.ts';
import type { WorkloadInfo } from './cluster.ts';
import type { Caveat } from './draft.ts';
import { INSTANCE_KEY, compareKeys, isValidKey, isValidLabel, namesVersion } from './label-rank.ts';
import { labelSetsOf, valueOf } from './label-sets.ts';
import type { LabelSetIndex, Labels } from './label-sets.ts';
import { selectorCaveats } from './selector-caveats.ts';
import { fewestAdded, tidySelector, withRequirements } from './selector-search.ts';
import type { Requirement } from './selector-search.ts';
import { isUnstableKey, isUnstableValue } from './unstable-labels.ts';

/** What is known of a namespace's labels beside the workload's own. */
export interface LabelScope {
  /** Of every workload of the namespace that a policy can select. */
  readonly index: LabelSetIndex;
  /** Keys that vary within some owner of the cluster. */
  readonly learnt: ReadonlySet<string>;
  /** Keys by which Services find this workload. */
  readonly serviceKeysOf: (workload: WorkloadInfo) => ReadonlySet<string>;
}

export type GroupSelector =
  | { readonly kind: 'exact'; readonly selector: LabelSelector; readonly caveats: readonly Caveat[] }
  /** These carry labels that nothing tells from its own. */
  | { readonly kind: 'inseparable'; readonly from: readonly WorkloadInfo[] }
  | { readonly kind: 'none'; readonly why: string; readonly remedy: string };

export function selectorOfGroup(group: readonly WorkloadInfo[], scope: LabelScope): GroupSelector {
  const own = ownSelectorOf(group);
  const members = new Set(group);
  const isOther = (owner: WorkloadInfo): boolean => !members.has(owner);
  const isExact = (selector: LabelSelector): boolean =>
    saysEnough(selector) && !scope.index.some(selector, isOther);
  if (own !== null && isExact(own)) return proved(own, group, { own, scope });
  const base = own ?? {};
  const labels = stableLabels(group, scope, own);
  const byLabels = fewestAdded(base, labels.preferred, isExact) ?? fewestAdded(base, labels.all, isExact);
  if (byLabels !== null) return proved(byLabels, group, { own, scope });
  const expressions =
    own === null && labels.all.length === 0 ? [] : lackedBy(group, own, { labels, scope, isOther });
  const byLack = fewestAdded(base, [...labels.all, ...expressions], isExact);
  if (byLack !== null) return proved(byLack, group, { own, scope });
  const widest = withRequirements(base, [...labels.all, ...expressions]);
  if (!saysEnough(widest)) return { kind: 'none', ...noLabel(group) };
  return { kind: 'inseparable', from: scope.index.ownersMatching(widest).filter(isOther) };
}

/** The last word, whatever the search did: every known pod and template of the group matches. */
function proved(
  selector: LabelSelector,
  group: readonly WorkloadInfo[],
  by: { own: LabelSelector | null; scope: LabelScope },
): GroupSelector {
  const sets = group.flatMap(labelSetsOf);
  if (sets.every((labels) => selectorMatches(selector, labels)))
    return { kind: 'exact', selector, caveats: selectorCaveats(selector, by.own, by.scope.learnt) };
  return {
    kind: 'none',
    why: 'its pods carry different labels and no selector matches them all',
    remedy: 'give the pods of its template one label of their own',
  };
}

function noLabel(group: readonly WorkloadInfo[]): { why: string; remedy: string } {
  const [first] = group;
  const name = first === undefined ? 'NAME' : first.ref.name.slice(0, 63);
  if (group.length > 1)
    return {
      why: `no label that its pods share tells ${group.map(({ ref }) => workloadTitle(ref)).join(', ')} from other workloads`,
      remedy: `add a label of its own to each pod template, such as app.kubernetes.io/name: ${name}`,
    };
  return {
    why: 'no label of its pods is stable',
    remedy: `add one to its pod template, such as app.kubernetes.io/name: ${name}`,
  };
}

/** One label at least, and more than the name of a release that every part of it shares. */
function saysEnough(selector: LabelSelector): boolean {
  const keys = Object.keys(selector.matchLabels ?? {});
  const expressions = selector.matchExpressions ?? [];
  const asked = expressions.filter(({ operator }) => operator === 'In' || operator === 'Exists');
  return asked.length > 0 || keys.some((key) => key !== INSTANCE_KEY);
}

/** The controller's own selector, unless it pins a label that changes (as a bare ReplicaSet's may). Of several, only a common one. */
function ownSelectorOf(group: readonly WorkloadInfo[]): LabelSelector | null {
  const owns = group.map(({ selector }) => usable(selector));
  const [first] = owns;
  if (first === null || first === undefined) return null;
  return owns.every((each) => each !== null && JSON.stringify(each) === JSON.stringify(first)) ? first : null;
}

function usable(selector: LabelSelector | null): LabelSelector | null {
  if (selector === null) return null;
  const labels = Object.entries(selector.matchLabels ?? {});
  const expressions = selector.matchExpressions ?? [];
  const isFit =
    labels.every(([key, value]) => !isUnstableKey(key) && isValidLabel(key, value)) &&
    expressions.every(
      ({ key, values }) => !isUnstableKey(key) && (values ?? []).every((value) => isValidLabel(key, value)),
    ) &&
    expressions.every(({ key }) => isValidKey(key));
  return isFit && labels.length + expressions.length > 0 ? tidySelector(selector) : null;
}

interface StableLabels {
  /** Best first; without those that another owner varies, or that name a version. */
  readonly preferred: readonly Requirement[];
  readonly all: readonly Requirement[];
}

/** Labels with one value on every template and pod of the group; those that vary within it drop out by themselves. */
function stableLabels(
  group: readonly WorkloadInfo[],
  scope: LabelScope,
  own: LabelSelector | null,
): StableLabels {
  const [first, ...rest] = group.flatMap(labelSetsOf);
  const serviceKeys = new Set(group.flatMap((workload) => [...scope.serviceKeysOf(workload)]));
  const compare = compareKeys(serviceKeys);
  const shared = Object.entries(first ?? {})
    .filter(([key, value]) => isValidLabel(key, value) && !isUnstableValue(value))
    .filter(([key]) => !Object.hasOwn(own?.matchLabels ?? {}, key))
    .filter(([key, value]) => rest.every((labels) => valueOf(labels, key) === value))
    .toSorted(([a], [b]) => compare(a, b))
    .map(([key, value]) => ({ kind: 'label' as const, key, value }));
  const isDoubtful = ({ key }: { key: string }): boolean =>
    !serviceKeys.has(key) && (scope.learnt.has(key) || namesVersion(key));
  const preferred = shared.filter((each) => !isDoubtful(each));
  return { preferred, all: [...preferred, ...shared.filter(isDoubtful)] };
}

/** Labels that rivals carry and the group does not, best first: the rival's key itself, or its value. */
function lackedBy(
  group: readonly WorkloadInfo[],
  own: LabelSelector | null,
  by: { labels: StableLabels; scope: LabelScope; isOther: (owner: WorkloadInfo) => boolean },
): Requirement[] {
  const widest = withRequirements(own ?? {}, by.labels.all);
  const rivals = by.scope.index.setsMatching(widest, by.isOther);
  const sets = group.flatMap(labelSetsOf);
  const compare = compareKeys(new Set());
  const keys = [...new Set(rivals.flatMap((labels) => Object.keys(labels)))].filter(isValidKey);
  return keys
    .toSorted((a, b) => Number(by.scope.learnt.has(a)) - Number(by.scope.learnt.has(b)) || compare(a, b))
    .flatMap((key): Requirement[] => {
      const owned = new Set(
        sets.map((labels) => valueOf(labels, key)).filter((value) => value !== undefined),
      );
      if (owned.size === 0) return [{ kind: 'expression', requirement: { key, operator: 'DoesNotExist' } }];
      const values = distinctValues(rivals, key).filter(
        (value) => !owned.has(value) && isValidLabel(key, value),
      );
      return values.length === 0
        ? []
        : [{ kind: 'expression', requirement: { key, operator: 'NotIn', values } }];
    });
}

function distinctValues(sets: readonly Labels[], key: string): string[] {
  return [
    ...new Set(sets.map((labels) => valueOf(labels, key)).filter((value) => value !== undefined)),
  ].toSorted(compareText);
}
