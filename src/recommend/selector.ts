/**
 * Selectors of all workloads of one namespace, each proved against every pod and template known. Workloads that no
 * label tells apart share one; it never selects by `{}`, and never by a label that a rollout or a replica changes.
 */
import { compareText } from '../domain/text-order.ts';
import { workloadKey } from '../domain/workload.ts';
import type { LabelSelector } from '../netpol/policy.ts';
import { selectorMatches } from '../netpol/selector.ts';
import type { ServiceInfo, WorkloadInfo } from './cluster.ts';
import type { Caveat } from './draft.ts';
import { isCurrent, isOnNodes } from './governed-pods.ts';
import { LabelSetIndex, governedSetsOf } from './label-sets.ts';
import { selectorOfGroup } from './selector-group.ts';
import type { LabelScope } from './selector-group.ts';

export type SelectorChoice =
  | { readonly kind: 'exact'; readonly selector: LabelSelector; readonly caveats: readonly Caveat[] }
  /** No selector names it; `remedy` says what to add. */
  | { readonly kind: 'none'; readonly why: string; readonly remedy: string };

/** Workloads that one selector names: one, or those that no label tells apart, sorted. */
export interface SelectorGroup {
  readonly members: readonly WorkloadInfo[];
  readonly choice: SelectorChoice;
}

/**
 * The groups of a namespace, in the order of their first members. Workloads on the host network are in none (NETPOL rule 24);
 * nor is one that is gone, if its labels are now another's, or no selector names it.
 */
export function selectorGroups(
  workloadsOfNamespace: readonly WorkloadInfo[],
  servicesOfNamespace: readonly ServiceInfo[],
  learnt: ReadonlySet<string>,
): SelectorGroup[] {
  const workloads = workloadsOfNamespace.filter((each) => !isOnNodes(each)).toSorted(compareWorkloads);
  const [current, gone] = [workloads.filter(isCurrent), workloads.filter((each) => !isCurrent(each))];
  const index = new LabelSetIndex(workloads, governedSetsOf);
  const serviceKeysOf = serviceKeys(servicesOfNamespace, index);
  const scope: LabelScope = { index, hasGone: gone.length > 0, learnt, serviceKeysOf };
  const groups = groupsOf(current, scope);
  if (gone.length === 0) return groups;
  const { heirs, others } = inherited(gone, groups);
  const rest: LabelScope = { ...scope, index: new LabelSetIndex([...current, ...others], governedSetsOf) };
  return [
    ...groups.map((group) => {
      const members = [...group.members, ...(heirs.get(group) ?? [])];
      return { ...group, members: members.toSorted(compareWorkloads) };
    }),
    ...groupsOf(others, rest).filter(({ choice }) => choice.kind === 'exact'),
  ].toSorted((a, b) => compareFirst(a.members, b.members));
}

/** Those of `workloads` that no label tells apart are one group; who cannot be told from another either is in none. */
function groupsOf(workloads: readonly WorkloadInfo[], scope: LabelScope): SelectorGroup[] {
  const groups = new Map(workloads.map((workload) => [workload, [workload]]));
  const chosen = new Map<readonly WorkloadInfo[], SelectorChoice>();
  const waiting = [...groups.values()];
  for (const group of waiting) {
    const [first] = group;
    if (first === undefined || groups.get(first) !== group) continue;
    const found = selectorOfGroup(group, scope);
    if (found.kind !== 'inseparable') {
      chosen.set(group, found);
      continue;
    }
    if (!found.from.every((other) => groups.has(other))) continue;
    const joined = new Set([...group, ...found.from.flatMap((other) => groups.get(other) ?? [])]);
    const merged = [...joined].toSorted(compareWorkloads);
    for (const member of merged) groups.set(member, merged);
    waiting.push(merged);
  }
  return [...new Set(groups.values())].flatMap((members) => {
    const choice = chosen.get(members);
    return choice === undefined ? [] : [{ members, choice }];
  });
}

interface Inherited {
  /** Workloads that are gone by the one group whose selector matches all of their pods. */
  readonly heirs: ReadonlyMap<SelectorGroup, readonly WorkloadInfo[]>;
  /** Those of which no group's selector matches a pod. */
  readonly others: readonly WorkloadInfo[];
}

function inherited(gone: readonly WorkloadInfo[], groups: readonly SelectorGroup[]): Inherited {
  const index = new LabelSetIndex(gone, governedSetsOf);
  const matching = new Map<WorkloadInfo, SelectorGroup[]>();
  for (const group of groups) {
    if (group.choice.kind === 'none') continue;
    for (const owner of index.ownersMatching(group.choice.selector)) {
      const known = matching.get(owner);
      if (known === undefined) matching.set(owner, [group]);
      else known.push(group);
    }
  }
  const heirs = new Map<SelectorGroup, WorkloadInfo[]>();
  for (const [owner, [group, ...others]] of matching) {
    if (group?.choice.kind !== 'exact' || others.length > 0) continue;
    const { selector } = group.choice;
    if (!governedSetsOf(owner).every((labels) => selectorMatches(selector, labels))) continue;
    const known = heirs.get(group);
    if (known === undefined) heirs.set(group, [owner]);
    else known.push(owner);
  }
  return { heirs, others: gone.filter((each) => !matching.has(each)) };
}

function compareFirst([a]: readonly WorkloadInfo[], [b]: readonly WorkloadInfo[]): number {
  return a === undefined || b === undefined ? 0 : compareWorkloads(a, b);
}

export function compareWorkloads(a: WorkloadInfo, b: WorkloadInfo): number {
  return (
    compareText(a.ref.namespace, b.ref.namespace) ||
    compareText(a.ref.name, b.ref.name) ||
    compareText(a.ref.kind, b.ref.kind)
  );
}

function serviceKeys(
  services: readonly ServiceInfo[],
  index: LabelSetIndex,
): (workload: WorkloadInfo) => ReadonlySet<string> {
  const byWorkload = new Map<string, Set<string>>();
  for (const { selector } of services) {
    const keys = Object.keys(selector ?? {});
    if (keys.length === 0) continue;
    for (const owner of index.ownersMatching({ matchLabels: selector })) {
      const known = byWorkload.get(workloadKey(owner.ref)) ?? new Set();
      for (const key of keys) known.add(key);
      byWorkload.set(workloadKey(owner.ref), known);
    }
  }
  const none: ReadonlySet<string> = new Set();
  return (workload) => byWorkload.get(workloadKey(workload.ref)) ?? none;
}
