/** What a reviewer must know of a selector that is exact today. */
import type { LabelSelector } from '../netpol/policy.ts';
import type { Caveat } from './draft.ts';
import { namesVersion } from './label-rank.ts';

/** `own` is the controller's own selector, to which nobody added anything a reviewer did not write. */
export function selectorCaveats(
  selector: LabelSelector,
  own: LabelSelector | null,
  learnt: ReadonlySet<string>,
): Caveat[] {
  const expressions = selector.matchExpressions ?? [];
  const ownExpressions = new Set((own?.matchExpressions ?? []).map((each) => JSON.stringify(each)));
  const lacked = expressions.filter(
    (each) =>
      (each.operator === 'DoesNotExist' || each.operator === 'NotIn') &&
      !ownExpressions.has(JSON.stringify(each)),
  );
  const keys = [...Object.keys(selector.matchLabels ?? {}), ...expressions.map(({ key }) => key)];
  const ownKeys = new Set(Object.keys(own?.matchLabels ?? {}));
  const version = keys.filter(namesVersion);
  const unstable = keys.filter((key) => learnt.has(key) && !ownKeys.has(key) && !namesVersion(key));
  return [
    ...(lacked.length === 0
      ? []
      : [
          {
            code: 'selector-fragile',
            sentence: `it is told from another workload only by what it lacks (${lacked.map(({ key }) => key).join(', ')}); give its pods a label of their own`,
          },
        ]),
    ...(version.length === 0
      ? []
      : [
          {
            code: 'selector-pins-version',
            sentence: `the selector names a version (${version.join(', ')}); the next version is another workload and needs a draft of its own`,
          },
        ]),
    ...(unstable.length === 0
      ? []
      : [
          {
            code: 'selector-unstable',
            sentence: `the selector needs ${unstable.join(', ')}, which changes within other workloads; give its pods a label of their own`,
          },
        ]),
  ];
}
