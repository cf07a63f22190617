/** Label keys that are seen to change within one owner: a list of known ones is never complete. */
import { governedSetsOf, labelSetsOf, valueOf } from './label-sets.ts';
import type { Labels } from './label-sets.ts';
import type { WorkloadInfo } from './cluster.ts';

/**
 * Keys that two pods of one owner, or a pod and the template, carry with different values. Only owners with a template
 * of their own teach: the pods of an operator's custom resource differ by design.
 */
export function learntKeys(workloads: readonly WorkloadInfo[]): ReadonlySet<string> {
  const learnt = new Set<string>();
  for (const workload of workloads) {
    if (workload.templateLabels === null && workload.selector === null) continue;
    const sets = teachingSetsOf(workload);
    if (sets.length > 1) for (const key of varyingKeys(sets)) learnt.add(key);
  }
  return learnt;
}

/** Pods that ended and have no label in common with what there is now are of before the workload was given others. */
function teachingSetsOf(workload: WorkloadInfo): readonly Labels[] {
  const sets = labelSetsOf(workload);
  const governed = governedSetsOf(workload);
  if (governed.length === 0 || sets.length === governed.length) return sets;
  return sets.filter((labels) => governed.some((now) => isAkin(now, labels)));
}

function isAkin(a: Labels, b: Labels): boolean {
  return Object.entries(a).some(([key, value]) => valueOf(b, key) === value);
}

function varyingKeys(sets: readonly Labels[]): string[] {
  const keys = new Set(sets.flatMap((labels) => Object.keys(labels)));
  return [...keys].filter((key) => {
    const values = new Set(sets.map((labels) => valueOf(labels, key)));
    values.delete(undefined);
    return values.size > 1;
  });
}
