/**
 * Finds, among many selectors, those that match one set of labels, without trying them all. Each entry is filed
 * under one (key, value) pair that it requires, the one with the fewest entries so far; entries that require no
 * pair are always tried.
 */
import type { LabelSelector } from './policy.ts';
import { requiredLabels, selectorMatches } from './selector.ts';

export interface SelectorEntry<T> {
  readonly selector: LabelSelector | null | undefined;
  readonly item: T;
}

export interface LabelIndex<T> {
  add(entry: SelectorEntry<T>): void;
  /** The items whose selectors match, in no promised order. */
  matching(labels: Readonly<Record<string, string>>): T[];
}

export function indexBySelector<T>(entries: readonly SelectorEntry<T>[]): LabelIndex<T> {
  const filed = new Map<string, Map<string, SelectorEntry<T>[]>>();
  const unfiled: SelectorEntry<T>[] = [];
  const add = (entry: SelectorEntry<T>): void => {
    const pair = leastFilled(filed, requiredLabels(entry.selector));
    if (pair === null) unfiled.push(entry);
    else bucketOf(filed, pair).push(entry);
  };
  for (const entry of entries) add(entry);
  return {
    add,
    matching(labels) {
      const found: T[] = [];
      addMatching(found, unfiled, labels);
      for (const [key, byValue] of filed) {
        const value = labels[key];
        const candidates = value === undefined ? undefined : byValue.get(value);
        if (candidates !== undefined) addMatching(found, candidates, labels);
      }
      return found;
    },
  };
}

type LabelPair = readonly [key: string, value: string];
type Filed<T> = Map<string, Map<string, SelectorEntry<T>[]>>;

function leastFilled<T>(filed: Filed<T>, pairs: readonly LabelPair[]): LabelPair | null {
  let best: LabelPair | null = null;
  let fewest = Number.POSITIVE_INFINITY;
  for (const pair of pairs) {
    const size = filed.get(pair[0])?.get(pair[1])?.length ?? 0;
    if (size >= fewest) continue;
    fewest = size;
    best = pair;
  }
  return best;
}

function bucketOf<T>(filed: Filed<T>, [key, value]: LabelPair): SelectorEntry<T>[] {
  const byValue = filed.get(key) ?? new Map<string, SelectorEntry<T>[]>();
  filed.set(key, byValue);
  const bucket = byValue.get(value) ?? [];
  byValue.set(value, bucket);
  return bucket;
}

function addMatching<T>(
  found: T[],
  entries: readonly SelectorEntry<T>[],
  labels: Readonly<Record<string, string>>,
): void {
  for (const { selector, item } of entries) {
    if (selectorMatches(selector, labels)) found.push(item);
  }
}
