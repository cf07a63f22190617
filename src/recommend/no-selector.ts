/** What people are told of a workload that no selector names, or not for good: why, and what to do about it. */
import { workloadTitle } from '../domain/workload.ts';
import type { WorkloadInfo } from './cluster.ts';
import type { Caveat } from './draft.ts';
import type { Labels } from './label-sets.ts';
import { lastingName } from './runs.ts';

export interface NoSelector {
  readonly why: string;
  readonly remedy: string;
}

const OR_LATER = ', or draft again when those with other labels have ended';

/** Its own selector, or what all of its pods share otherwise, does not match them. */
export const NONE_FITS: NoSelector = {
  why: 'its pods carry different labels and no selector matches them all',
  remedy: `give the pods of its template one label of their own${OR_LATER}`,
};

/** Of a workload without a template: nothing says what its pods to come will carry. */
export const LEAVES_ENDED: Caveat = {
  code: 'selector-leaves-ended',
  sentence:
    'pods of it that have ended carried other labels, and such pods would not be selected again; give all of its pods one label of their own',
};

/** `sets` are the labels of the pods that the selector was to match. */
export function noLabel(group: readonly WorkloadInfo[], sets: readonly Labels[]): NoSelector {
  const [first] = group;
  const name = first === undefined ? 'NAME' : lastingName(first.ref).slice(0, 63);
  const label = `app.kubernetes.io/name: ${name}`;
  if (group.length > 1)
    return {
      why: `no label that its pods share tells ${group.map(({ ref }) => workloadTitle(ref)).join(', ')} from other workloads`,
      remedy: `add a label of its own to each pod template, such as ${label}`,
    };
  const isEachLabelled = sets.every((labels) => Object.keys(labels).length > 0);
  if (sets.length > 1 && isEachLabelled)
    return {
      why: 'its pods carry different labels and share none that is stable',
      remedy: `add one to its pod template, such as ${label}${OR_LATER}`,
    };
  return { why: 'no label of its pods is stable', remedy: `add one to its pod template, such as ${label}` };
}
