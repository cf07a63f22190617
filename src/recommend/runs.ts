/**
 * Workloads that are one run of something, made anew under another name each time. What is drafted for them is called by the
 * label that stays from run to run, never by a run's own name, so that the next run changes no byte.
 */
import { workloadTitle } from '../domain/workload.ts';
import type { WorkloadRef } from '../domain/workload.ts';
import type { LabelSelector } from '../netpol/policy.ts';
import { selectorWords } from '../netpol/selector-words.ts';
import type { Caveat } from './draft.ts';
import { isCurrent } from './governed-pods.ts';
import { INSTANCE_KEY, compareKeys } from './label-rank.ts';
import type { SelectorGroup } from './selector.ts';

/**
 * Of Kubernetes itself, and of the operators that people run jobs with: Argo Workflows, Tekton, OpenShift builds and GitHub's
 * runners. A Job of a CronJob or of an operator's resource is no workload by itself.
 */
const RUN_KINDS: ReadonlySet<string> = new Set([
  'Job',
  'Pod',
  'Workflow',
  'TaskRun',
  'Build',
  'EphemeralRunner',
]);

/** More names than this in a sentence are read by nobody; the JSON has all. */
const MAX_NAMED = 5;

export function isRun({ kind }: WorkloadRef): boolean {
  return RUN_KINDS.has(kind);
}

/** What a label could call it for good: of the run `migrate-4471` that is `migrate`, of anything else its name. */
export function lastingName(ref: WorkloadRef): string {
  if (!isRun(ref)) return ref.name;
  return ref.name.replace(/([-.](?=[a-z]*[0-9])[a-z0-9]+)+$/, '');
}

/** Whether it stands for runs and is called by a label, as no object can be. */
export function isCalledByLabel({ name }: WorkloadRef): boolean {
  return name.includes('=');
}

/** Whether all that there is of a group are runs, and what is gone too where nothing is left. */
export function isOfRuns({ members }: Pick<SelectorGroup, 'members'>): boolean {
  const current = members.filter(isCurrent);
  return (current.length === 0 ? members : current).every(({ ref }) => isRun(ref));
}

/** How the groups of one namespace that are runs are called; the others are not in it. */
export function callRuns(groups: readonly SelectorGroup[]): ReadonlyMap<SelectorGroup, WorkloadRef> {
  const found = groups.flatMap((group) => {
    const { choice, members } = group;
    if (choice.kind !== 'exact' || !isOfRuns(group)) return [];
    const best = bestLabel(choice.selector);
    return best === null || isNamedForGood(members, best) ? [] : [{ group, selector: choice.selector, best }];
  });
  const sharing = Map.groupBy(found, ({ best }) => best.join('='));
  return new Map(
    found.map(({ group, selector, best }) => {
      const short = best.join('=');
      const isAlone = sharing.get(short)?.length === 1;
      return [group, refOf(group, isAlone ? short : (selectorWords(selector) ?? short))];
    }),
  );
}

function refOf({ members }: SelectorGroup, name: string): WorkloadRef {
  const kinds = [...new Set(members.map(({ ref }) => ref.kind).filter((kind) => RUN_KINDS.has(kind)))];
  const [kind = 'Pod', ...others] = kinds;
  const namespace = members[0]?.ref.namespace ?? '';
  return { namespace, kind: others.length === 0 ? kind : 'Pod', name };
}

/** The label of a selector that says best what it names, whatever else it needs to tell it from others. */
function bestLabel({ matchLabels }: LabelSelector): readonly [key: string, value: string] | null {
  const compare = compareKeys(new Set());
  const ordered = Object.entries(matchLabels ?? {}).toSorted(
    ([a], [b]) => Number(a === INSTANCE_KEY) - Number(b === INSTANCE_KEY) || compare(a, b),
  );
  return ordered[0] ?? null;
}

/** A Job or pod called as its label is has a name that somebody gave it, as `kubectl run` does. */
function isNamedForGood(members: SelectorGroup['members'], [, value]: readonly [string, string]): boolean {
  return members.length === 1 && members[0]?.ref.name === value;
}

/** Says of runs that they are called by a label, and of what shares a policy with whom: runs by no name, because those move. */
export function sharedPolicyCaveats(
  ref: WorkloadRef,
  members: readonly { readonly ref: WorkloadRef }[],
): Caveat[] {
  if (isCalledByLabel(ref))
    return [
      {
        code: 'called-by-label',
        sentence: `its Jobs or pods come under names of their own, so the policy is called by ${ref.name} and is for all that its selector names`,
      },
    ];
  if (members.length < 2) return [];
  const refs = members.map((each) => each.ref);
  const lasting = refs.filter((each) => !isRun(each));
  const isMixed = lasting.length > 0 && lasting.length < refs.length;
  const names = (isMixed ? lasting : refs).map((each) => `${workloadTitle(each)} (${each.kind})`);
  const more = names.length - MAX_NAMED;
  const listed = `${names.slice(0, MAX_NAMED).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
  const whom = isMixed ? `${listed} from Jobs or pods of other names` : `${listed} apart`;
  return [
    {
      code: 'merged',
      sentence: `no label tells ${whom}, so they share this policy with the rules of all`,
    },
  ];
}
