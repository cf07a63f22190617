/**
 * The selector of one workload, or of several that no label tells apart: the controller's own first, else the
 * smallest set of stable labels, else by labels that it lacks. Exact against every pod and template known, or none.
 */
import { compareText } from '../domain/text-order.ts';
import type { LabelSelector } from '../netpol/policy.ts';
import { selectorMatches } from '../netpol/selector.ts';
import type { WorkloadInfo } from './cluster.ts';
import type { Caveat } from './draft.ts';
import { isCurrent } from './governed-pods.ts';
import { INSTANCE_KEY, compareKeys, isValidKey, isValidLabel, saysLittle } from './label-rank.ts';
import { governedSetsOf, labelSetsOf, valueOf } from './label-sets.ts';
import type { LabelSetIndex, Labels } from './label-sets.ts';
import { LEAVES_ENDED, NONE_FITS, noLabel } from './no-selector.ts';
import { isRun } from './runs.ts';
import { selectorCaveats } from './selector-caveats.ts';
import { fewestAdded, tidySelector, withRequirements } from './selector-search.ts';
import type { Requirement } from './selector-search.ts';
import { isUnstableKey, isUnstableValue } from './unstable-labels.ts';

/** What is known of a namespace's labels beside the workload's own. */
export interface LabelScope {
  /** The pods that policies govern (`governedSetsOf`), of every workload of the namespace. */
  readonly index: LabelSetIndex;
  /** Whether some of these workloads are gone. */
  readonly hasGone: boolean;
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

/**
 * What has ended need neither match nor be told apart. It is tried first, so that a pod that ends changes nothing, and given up
 * where it leaves no selector.
 */
export function selectorOfGroup(group: readonly WorkloadInfo[], scope: LabelScope): GroupSelector {
  const members = new Set(group);
  const isOther = (owner: WorkloadInfo): boolean => !members.has(owner);
  const isRival = (owner: WorkloadInfo): boolean => isOther(owner) && isCurrent(owner);
  const governed = group.flatMap(governedSetsOf);
  const all = group.flatMap(labelSetsOf);
  let found: GroupSelector | null = null;
  for (const isTold of scope.hasGone && group.some(isCurrent) ? [isOther, isRival] : [isOther]) {
    for (const sets of all.length > governed.length ? [all, governed] : [governed]) {
      found = searched(group, { sets, isTold, scope });
      if (found.kind === 'exact') return proved(found, group, governed);
    }
  }
  return found ?? { kind: 'none', ...noLabel(group, governed) };
}

interface Search {
  /** Label sets that the selector is to match. */
  readonly sets: readonly Labels[];
  /** Whose label sets it must not match. */
  readonly isTold: (owner: WorkloadInfo) => boolean;
  readonly scope: LabelScope;
}

function searched(group: readonly WorkloadInfo[], by: Search): GroupSelector {
  const { sets, isTold, scope } = by;
  const own = ownSelectorOf(group);
  const exact = (selector: LabelSelector): GroupSelector => ({
    kind: 'exact',
    selector,
    caveats: selectorCaveats(selector, own, scope.learnt),
  });
  const isExact = (selector: LabelSelector): boolean =>
    saysEnough(selector) && !scope.index.some(selector, isTold);
  if (own !== null && isExact(own)) return exact(own);
  const base = own ?? {};
  const labels = stableLabels(group, own, by);
  const byLabels = fewestAdded(base, labels.preferred, isExact) ?? fewestAdded(base, labels.all, isExact);
  if (byLabels !== null) return exact(byLabels);
  const expressions = own === null && labels.all.length === 0 ? [] : lackedBy(own, labels, by);
  const byLack = fewestAdded(base, [...labels.all, ...expressions], isExact);
  if (byLack !== null) return exact(byLack);
  const widest = withRequirements(base, [...labels.all, ...expressions]);
  if (!saysEnough(widest)) return { kind: 'none', ...noLabel(group, sets) };
  return { kind: 'inseparable', from: scope.index.ownersMatching(widest).filter(isTold) };
}

/** The last word, whatever the search did: every pod and template that a policy governs matches. */
function proved(
  found: Extract<GroupSelector, { kind: 'exact' }>,
  group: readonly WorkloadInfo[],
  governed: readonly Labels[],
): GroupSelector {
  const { selector } = found;
  const matches = (labels: Labels): boolean => selectorMatches(selector, labels);
  if (!governed.every(matches)) return { kind: 'none', ...NONE_FITS };
  // A controller's own selector and template say what its pods will carry; of other workloads only pods do.
  const isTold = group.every(({ selector: own, templateLabels }) => own !== null || templateLabels !== null);
  if (isTold || group.flatMap(labelSetsOf).every(matches)) return found;
  return { ...found, caveats: [...found.caveats, LEAVES_ENDED] };
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
  own: LabelSelector | null,
  { sets, scope }: Search,
): StableLabels {
  const [first, ...rest] = sets;
  const serviceKeys = new Set(group.flatMap((workload) => [...scope.serviceKeysOf(workload)]));
  const compare = compareKeys(serviceKeys);
  const names = new Set(group.flatMap(nameOfOperated));
  const isName = (value: string): boolean => names.has(value);
  const shared = Object.entries(first ?? {})
    .filter(([key, value]) => isValidLabel(key, value) && !isUnstableValue(value))
    .filter(([key]) => !Object.hasOwn(own?.matchLabels ?? {}, key))
    .filter(([key, value]) => rest.every((labels) => valueOf(labels, key) === value))
    .toSorted(([a, one], [b, two]) => Number(isName(two)) - Number(isName(one)) || compare(a, b))
    .map(([key, value]) => ({ kind: 'label' as const, key, value }));
  const isDoubtful = ({ key }: { key: string }): boolean =>
    !serviceKeys.has(key) && (scope.learnt.has(key) || saysLittle(key));
  const preferred = shared.filter((each) => !isDoubtful(each));
  return { preferred, all: [...preferred, ...shared.filter(isDoubtful)] };
}

/**
 * Of a resource that an operator turns into pods: what its first pod carries may be that pod's alone, such as its role, but not the
 * name of the resource. A run's name is its own.
 */
function nameOfOperated({ ref, selector, templateLabels }: WorkloadInfo): string[] {
  return selector === null && templateLabels === null && !isRun(ref) ? [ref.name] : [];
}

/** Labels that rivals carry and the group does not, best first: the rival's key itself, or its value. */
function lackedBy(
  own: LabelSelector | null,
  labels: StableLabels,
  { sets, isTold, scope }: Search,
): Requirement[] {
  const widest = withRequirements(own ?? {}, labels.all);
  const rivals = scope.index.setsMatching(widest, isTold);
  const compare = compareKeys(new Set());
  const keys = [...new Set(rivals.flatMap((rival) => Object.keys(rival)))].filter(isValidKey);
  return keys
    .toSorted((a, b) => Number(scope.learnt.has(a)) - Number(scope.learnt.has(b)) || compare(a, b))
    .flatMap((key): Requirement[] => {
      const owned = new Set(sets.map((each) => valueOf(each, key)).filter((value) => value !== undefined));
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
