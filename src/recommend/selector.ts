/**
 * Selectors of all workloads of one namespace, each proved against every pod and template known. Workloads that no
 * label tells apart share one; it never selects by `{}`, and never by a label that a rollout or a replica changes.
 */
import { compareText } from '../domain/text-order.ts';
import { workloadKey } from '../domain/workload.ts';
import type { LabelSelector } from '../netpol/policy.ts';
import type { ServiceInfo, WorkloadInfo } from './cluster.ts';
import type { Caveat } from './draft.ts';
import { LabelSetIndex } from './label-sets.ts';
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

/** The groups of a namespace, in the order of their first members; hostNetwork workloads are in none (NETPOL rule 24). */
export function selectorGroups(
  workloadsOfNamespace: readonly WorkloadInfo[],
  servicesOfNamespace: readonly ServiceInfo[],
  learnt: ReadonlySet<string>,
): SelectorGroup[] {
  const workloads = workloadsOfNamespace.filter(({ hostNetwork }) => !hostNetwork).toSorted(compareWorkloads);
  const index = new LabelSetIndex(workloads);
  const scope: LabelScope = { index, learnt, serviceKeysOf: serviceKeys(servicesOfNamespace, index) };
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
