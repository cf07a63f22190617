/** Label selectors: apimachinery's LabelSelector, evaluated on plain label maps. */
import type { LabelSelector, LabelSelectorRequirement } from './policy.ts';

type Labels = Readonly<Record<string, string>>;

/**
 * Whether every requirement of the selector holds (NETPOL rule 13). Null, absent and empty selectors match all
 * labels (rules 2 and 13); where a null selector means "no such field" (peers, rule 11) the caller decides first.
 * A requirement that the API server would refuse (In without values, Exists with some) matches nothing.
 */
export function selectorMatches(selector: LabelSelector | null | undefined, labels: Labels): boolean {
  if (selector === null || selector === undefined) return true;
  const { matchLabels, matchExpressions } = selector;
  if (matchLabels !== null && matchLabels !== undefined) {
    for (const key of Object.keys(matchLabels)) {
      if (valueOf(labels, key) !== matchLabels[key]) return false;
    }
  }
  if (matchExpressions !== null && matchExpressions !== undefined) {
    for (const requirement of matchExpressions) {
      if (!requirementHolds(requirement, labels)) return false;
    }
  }
  return true;
}

/** The (key, value) pairs without each of which the selector cannot match; none for selectors such as `{}`. */
export function requiredLabels(selector: LabelSelector | null | undefined): (readonly [string, string])[] {
  const pairs: (readonly [string, string])[] = Object.entries(selector?.matchLabels ?? {});
  for (const { key, operator, values } of selector?.matchExpressions ?? []) {
    const [only, ...others] = values ?? [];
    if (operator === 'In' && only !== undefined && others.length === 0) pairs.push([key, only]);
  }
  return pairs;
}

function requirementHolds({ key, operator, values }: LabelSelectorRequirement, labels: Labels): boolean {
  const value = valueOf(labels, key);
  const listed = values ?? [];
  switch (operator) {
    case 'In':
      return value !== undefined && listed.includes(value);
    case 'NotIn':
      return listed.length > 0 && (value === undefined || !listed.includes(value));
    case 'Exists':
      return listed.length === 0 && value !== undefined;
    case 'DoesNotExist':
      return listed.length === 0 && value === undefined;
    default:
      operator satisfies never;
      return false;
  }
}

/** Labels are foreign data: `constructor` is a legal key and must not find Object.prototype's. */
function valueOf(labels: Labels, key: string): string | undefined {
  return Object.hasOwn(labels, key) ? labels[key] : undefined;
}
