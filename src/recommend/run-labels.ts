/**
 * Labels that one run alone carries, such as the number of a build. Runs that are alike but for such numbers are one thing: what is
 * drafted for one is for the next too.
 */
import type { WorkloadInfo } from './cluster.ts';
import type { Caveat } from './draft.ts';
import { INSTANCE_KEY } from './label-rank.ts';
import { labelSetsOf } from './label-sets.ts';
import type { Labels } from './label-sets.ts';
import { isOfRuns, isRun } from './runs.ts';
import type { SelectorGroup } from './selector.ts';
import { keyRank } from './unstable-labels.ts';

/** The rank of every key but those by which people name what a workload is. */
const UNRANKED = keyRank('');

export interface LikeRuns {
  /** In the order given. A label that holds a run's own number has a value that no selector can name. */
  readonly workloads: readonly WorkloadInfo[];
  /** As it was given. */
  readonly given: (workload: WorkloadInfo) => WorkloadInfo;
}

/** The workloads of one namespace, with runs that are alike but for numbers made indistinguishable. */
export function likeRuns(workloads: readonly WorkloadInfo[]): LikeRuns {
  const runs = workloads.filter(({ ref }) => isRun(ref));
  const byShape = Map.groupBy(runs, shapeOf);
  const given = new Map<WorkloadInfo, WorkloadInfo>();
  const alike = new Map<WorkloadInfo, WorkloadInfo>();
  for (const [shape, group] of byShape) {
    if (shape === null || group.length < 2) continue;
    for (const run of group) {
      const made = unnumbered(run);
      alike.set(run, made);
      given.set(made, run);
    }
  }
  return {
    workloads: alike.size === 0 ? workloads : workloads.map((each) => alike.get(each) ?? each),
    given: (workload) => given.get(workload) ?? workload,
  };
}

/** What runs of one thing have in common; null where nothing but numbers tells what it is. */
function shapeOf(run: WorkloadInfo): string | null {
  const [labels = {}] = labelSetsOf(run);
  const entries = Object.entries(unnumberedLabels(labels));
  const stays = entries.some(([key, value]) => labels[key] === value && key !== INSTANCE_KEY);
  return stays ? JSON.stringify(entries) : null;
}

function unnumbered(run: WorkloadInfo): WorkloadInfo {
  const { templateLabels, pods } = run;
  return {
    ...run,
    templateLabels: templateLabels === null ? null : unnumberedLabels(templateLabels),
    pods: pods.map((pod) => ({ ...pod, labels: unnumberedLabels(pod.labels) })),
  };
}

/** Keys that say that they tell runs apart. Of any other, such as `customer`, `env` or `shard`, a number may tell who is who. */
const RUN_KEY =
  /(?:^|[-_./])(?:run|build|job|pipeline|workflow|execution|attempt|retry|commit|sha|hash|revision|timestamp|date)(?:[-_.]?(?:id|uid|uuid|number|num|no|nr|name|index|sha|hash))?$/i;

/** Keys by which people name what a workload is keep their values too: `app: s3` is no number. */
function unnumberedLabels(labels: Labels): Labels {
  return Object.fromEntries(
    Object.entries(labels).map(([key, value]) => [
      key,
      keyRank(key) === UNRANKED && RUN_KEY.test(key) ? unnumberedText(value) : value,
    ]),
  );
}

/** Hashes, uids and digits as `#`, which no label may hold: of `manual-17` it is `manual-#`. */
function unnumberedText(text: string): string {
  return text.replaceAll(/(?<![A-Za-z0-9])(?=[a-f]*[0-9])[0-9a-f]{7,}(?![A-Za-z0-9])|[0-9]+/g, '#');
}

/**
 * The groups with a caveat on those runs that a selector names by what only one run may carry: another run has the same labels but
 * for the value of that one.
 */
export function doubtRuns(groups: readonly SelectorGroup[]): SelectorGroup[] {
  const runs = groups.map((group) => (isOfRuns(group) ? doubtfulLabels(group) : []));
  const counts = new Map<string, number>();
  for (const { rest } of runs.flat()) counts.set(rest, (counts.get(rest) ?? 0) + 1);
  return groups.map((group, index) => {
    const doubtful = (runs[index] ?? []).filter(({ rest }) => (counts.get(rest) ?? 0) > 1);
    const { choice } = group;
    if (doubtful.length === 0 || choice.kind !== 'exact') return group;
    const caveats = [...choice.caveats, namesOneRun(doubtful.map(({ label }) => label))];
    return { ...group, choice: { ...choice, caveats } };
  });
}

/**
 * Labels of its selector that may be a run's own, each with all that the run carries besides. A key by which people name what a
 * workload is is one only if numbers alone make the difference (`app: migrate-7`).
 */
function doubtfulLabels({ members, choice }: SelectorGroup): { label: string; rest: string }[] {
  if (choice.kind !== 'exact') return [];
  const labels = Object.entries(members.flatMap(labelSetsOf)[0] ?? {});
  return Object.entries(choice.selector.matchLabels ?? {}).flatMap(([key, value]) => {
    const others = labels.filter(([other]) => other !== key);
    const stem = unnumberedText(value);
    if (stem === value && (keyRank(key) < UNRANKED || others.length === 0)) return [];
    return [{ label: `${key}=${value}`, rest: JSON.stringify([key, stem === value ? null : stem, others]) }];
  });
}

function namesOneRun(labels: readonly string[]): Caveat {
  return {
    code: 'selector-names-run',
    sentence: `the selector needs ${labels.join(', ')}, in which runs that are otherwise alike differ; if the next run carries another value, give all of them one label that stays, such as app.kubernetes.io/name, and make this one an annotation`,
  };
}
