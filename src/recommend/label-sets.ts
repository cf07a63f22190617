/**
 * The labels that workloads are known by: those of the template and of the pods of the window. Labels that no selector may use
 * are left out, so a thousand replicas are one set.
 */
import { compareText } from '../domain/text-order.ts';
import type { LabelSelector } from '../netpol/policy.ts';
import { requiredLabels, selectorMatches } from '../netpol/selector.ts';
import type { WorkloadInfo } from './cluster.ts';
import { governedPods } from './governed-pods.ts';
import { isUnstableKey } from './unstable-labels.ts';

export type Labels = Readonly<Record<string, string>>;

type LabelSetsOf = (workload: WorkloadInfo) => readonly Labels[];

/** Distinct sets of usable labels of a workload's template and pods, ended ones too. */
export const labelSetsOf: LabelSetsOf = rememberedSets(({ templateLabels, pods }) => [
  ...(templateLabels === null ? [] : [templateLabels]),
  ...pods.map((pod) => pod.labels),
]);

/** The same of the pods that a policy governs, which its selector must match. */
export function governedSetsOf(workload: WorkloadInfo): readonly Labels[] {
  const isWhole = !workload.hostNetwork && !workload.pods.some((pod) => pod.ended || pod.hostNetwork);
  return isWhole ? labelSetsOf(workload) : partlyGovernedSetsOf(workload);
}

const partlyGovernedSetsOf: LabelSetsOf = rememberedSets((workload) =>
  governedPods(workload).map((pod) => pod.labels),
);

/** Asked for once per workload and rival; the answer lives as long as the workload's object. */
function rememberedSets(labelsOf: LabelSetsOf): LabelSetsOf {
  const known = new WeakMap<WorkloadInfo, readonly Labels[]>();
  return (workload) => {
    const remembered = known.get(workload);
    if (remembered !== undefined) return remembered;
    const distinct = new Map<string, Labels>();
    for (const labels of labelsOf(workload)) {
      const usable = usableLabels(labels);
      distinct.set(JSON.stringify(usable), Object.fromEntries(usable));
    }
    const sets = [...distinct.values()];
    known.set(workload, sets);
    return sets;
  };
}

/** Labels that a selector may name, sorted. */
export function usableLabels(labels: Labels): (readonly [key: string, value: string])[] {
  return Object.entries(labels)
    .filter(([key]) => !isUnstableKey(key))
    .toSorted(([a], [b]) => compareText(a, b));
}

export function valueOf(labels: Labels, key: string): string | undefined {
  return Object.hasOwn(labels, key) ? labels[key] : undefined;
}

interface OwnedSet {
  readonly owner: WorkloadInfo;
  readonly labels: Labels;
}

/** Finds the workloads of one namespace that a selector matches, without trying them all. */
export class LabelSetIndex {
  readonly #all: readonly OwnedSet[];
  readonly #byLabel = new Map<string, OwnedSet[]>();

  constructor(workloads: readonly WorkloadInfo[], setsOf = labelSetsOf) {
    this.#all = workloads.flatMap((owner) => setsOf(owner).map((labels) => ({ owner, labels })));
    for (const set of this.#all) {
      for (const [key, value] of Object.entries(set.labels)) {
        const filed = this.#byLabel.get(labelKey(key, value));
        if (filed === undefined) this.#byLabel.set(labelKey(key, value), [set]);
        else filed.push(set);
      }
    }
  }

  /** Whether the selector matches a set of labels of which the owner passes. */
  some(selector: LabelSelector, passes: (owner: WorkloadInfo) => boolean): boolean {
    return this.#candidates(selector).some(
      ({ owner, labels }) => passes(owner) && selectorMatches(selector, labels),
    );
  }

  /** Workloads of which a pod or the template matches, in the order given. */
  ownersMatching(selector: LabelSelector): WorkloadInfo[] {
    const matching = this.#candidates(selector).filter(({ labels }) => selectorMatches(selector, labels));
    return [...new Set(matching.map(({ owner }) => owner))];
  }

  /** The label sets that match, of owners that pass. */
  setsMatching(selector: LabelSelector, passes: (owner: WorkloadInfo) => boolean): Labels[] {
    return this.#candidates(selector)
      .filter(({ owner, labels }) => passes(owner) && selectorMatches(selector, labels))
      .map(({ labels }) => labels);
  }

  /** The sets with that required label which the fewest carry. */
  #candidates(selector: LabelSelector): readonly OwnedSet[] {
    let fewest = this.#all;
    for (const [key, value] of requiredLabels(selector)) {
      const filed = this.#byLabel.get(labelKey(key, value)) ?? [];
      if (filed.length < fewest.length) fewest = filed;
    }
    return fewest;
  }
}

/** A label key has no such character. */
function labelKey(key: string, value: string): string {
  return `${key}\n${value}`;
}
