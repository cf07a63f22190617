/** Finds the smallest set of requirements that makes a selector exact; among equal sizes the one of the best labels. */
import { compareText } from '../domain/text-order.ts';
import type { LabelSelector, LabelSelectorRequirement } from '../netpol/policy.ts';

/** One thing to ask of a pod: a label with a value, or what the pods of another workload fail. */
export type Requirement =
  | { readonly kind: 'label'; readonly key: string; readonly value: string }
  | { readonly kind: 'expression'; readonly requirement: LabelSelectorRequirement };

/** Sets of more requirements than this are not searched for exhaustively: 20 candidates have 4,845 sets of 4. */
const MAX_SEARCHED = 4;
/** More candidates than this are not searched exhaustively either. */
const MAX_CANDIDATES = 20;

/**
 * The selector with the fewest of `candidates` (best first) added to `base` for which `isExact` holds; null when
 * not even all of them together suffice. `isExact` must stay true when a requirement is added.
 */
export function fewestAdded(
  base: LabelSelector,
  candidates: readonly Requirement[],
  isExact: (selector: LabelSelector) => boolean,
): LabelSelector | null {
  if (candidates.length === 0) return null;
  const whole = withRequirements(base, candidates);
  if (!isExact(whole)) return null;
  const searched = candidates.slice(0, MAX_CANDIDATES);
  for (let size = 1; size <= Math.min(MAX_SEARCHED, searched.length); size++) {
    for (const added of combinations(searched, size)) {
      const selector = withRequirements(base, added);
      if (isExact(selector)) return selector;
    }
  }
  let kept = [...candidates];
  for (const each of candidates.toReversed()) {
    const without = kept.filter((one) => one !== each);
    if (isExact(withRequirements(base, without))) kept = without;
  }
  return withRequirements(base, kept);
}

export function withRequirements(base: LabelSelector, added: readonly Requirement[]): LabelSelector {
  const labels = added.filter((each) => each.kind === 'label').map(({ key, value }) => [key, value] as const);
  const expressions = added.filter((each) => each.kind === 'expression').map((each) => each.requirement);
  return tidySelector({
    matchLabels: { ...base.matchLabels, ...Object.fromEntries(labels) },
    matchExpressions: [...(base.matchExpressions ?? []), ...expressions],
  });
}

/** Keys and values sorted, empty parts left out. */
export function tidySelector(selector: LabelSelector): LabelSelector {
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

/** All choices of `size` items, in the order of the items. */
function* combinations<T>(items: readonly T[], size: number, from = 0): Generator<T[]> {
  if (size === 0) {
    yield [];
    return;
  }
  for (let index = from; index <= items.length - size; index++) {
    const item = items[index];
    if (item === undefined) return;
    for (const rest of combinations(items, size - 1, index + 1)) yield [item, ...rest];
  }
}
