/** What a change of policies opens, and how much can be reached before and after it: by meaning, not by traffic. */
import { compareText } from '../domain/text-order.ts';
import { workloadKey, workloadTitle } from '../domain/workload.ts';
import { compareReach } from './compare.ts';
import type { ReachChange } from './compare.ts';
import type { PolicySet } from './compile.ts';
import type { NetworkPolicy } from './policy.ts';
import { reachablePorts } from './reach.ts';
import type { ReachGroup } from './reach.ts';
import { touchedNamespaces } from './verify-change.ts';
import type { VerifyWorkload } from './verify-ends.ts';
import type { PolicyPod } from './world.ts';

/** Among whom it was looked: all workloads, those of the touched namespaces, or, where even those are too many, nobody. */
export type ReachScope = 'cluster' | 'touched' | 'none';

export interface ReachEffect {
  /** Namespaces whose policies change, sorted. */
  readonly touched: readonly string[];
  /** What may connect after the change and could not before; empty also when nobody looked. */
  readonly newlyAllowed: readonly ReachChange[];
  readonly newlyAllowedWithin: ReachScope;
  readonly reachable: Reachable;
}

/** Pairs of pods times ports that may connect, over the same pods before and after; null when nobody counted. */
export interface Reachable {
  readonly before: number | null;
  readonly after: number | null;
  /** How many there would be without any policy. */
  readonly possible: number;
  readonly pods: number;
  readonly within: ReachScope;
}

/** Pairs of workloads that are compared at most: a few seconds' work. */
const MAX_PAIRS = 1_000_000;
/** Pods among which pairs are counted at most: the same. */
const MAX_PODS = 2_000;
/** Ports 1 to 65535 of TCP, UDP and SCTP. */
const PORTS_OF_A_PAIR = 3 * 65_535;

interface Sets {
  readonly before: PolicySet;
  readonly after: PolicySet;
}

export function effectOnReach(
  change: {
    readonly before: readonly NetworkPolicy[];
    readonly after: readonly NetworkPolicy[];
    readonly workloads: readonly VerifyWorkload[];
  },
  sets: Sets,
): ReachEffect {
  const touched = touchedNamespaces(change.before, change.after);
  const all = change.workloads.filter(({ pods }) => pods.length > 0);
  const own = all.filter(({ ref }) => touched.includes(ref.namespace));
  const opened = newlyAllowed(sets, { all, own });
  return {
    touched,
    newlyAllowed: opened.changes,
    newlyAllowedWithin: opened.within,
    reachable: reachable(sets, { all: podsOf(all), own: podsOf(own) }),
  };
}

/** Only pods of touched namespaces change, so their pairs with everyone are compared, or with each other. */
function newlyAllowed(
  sets: Sets,
  of: { readonly all: readonly VerifyWorkload[]; readonly own: readonly VerifyWorkload[] },
): { readonly changes: readonly ReachChange[]; readonly within: ReachScope } {
  if (!of.own.some(({ pods }) => pods.some((pod) => isOpened(sets, pod)))) {
    return { changes: [], within: 'cluster' };
  }
  const compared = (workloads: readonly VerifyWorkload[]): ReachChange[] =>
    compareReach(sets.before, sets.after, groupsOf(workloads)).filter(
      ({ allowedOnlyAfter }) => allowedOnlyAfter.length > 0,
    );
  if (of.own.length * of.all.length <= MAX_PAIRS) return { changes: compared(of.all), within: 'cluster' };
  if (of.own.length ** 2 <= MAX_PAIRS) return { changes: compared(of.own), within: 'touched' };
  return { changes: [], within: 'none' };
}

/**
 * Nothing opens where no pod was shut: to a pod that no policy isolated everything was allowed already
 * (NETPOL rule 6), and one whose isolating policies stay the same is judged the same.
 */
function isOpened({ before, after }: Sets, pod: PolicyPod): boolean {
  return (['ingress', 'egress'] as const).some((direction) => {
    const old = before.isolation(direction, pod).policies.map(({ policy }) => policy);
    const fresh = after.isolation(direction, pod).policies.map(({ policy }) => policy);
    return (
      old.length > 0 && (old.length !== fresh.length || old.some((policy, index) => policy !== fresh[index]))
    );
  });
}

function reachable(
  sets: Sets,
  of: { readonly all: readonly PolicyPod[]; readonly own: readonly PolicyPod[] },
): Reachable {
  const within = of.all.length <= MAX_PODS ? 'cluster' : of.own.length <= MAX_PODS ? 'touched' : 'none';
  const pods = within === 'touched' ? of.own : of.all;
  const counted = (set: PolicySet): number | null => (within === 'none' ? null : reachablePorts(set, pods));
  const possible = pods.length * (pods.length - 1) * PORTS_OF_A_PAIR;
  return { before: counted(sets.before), after: counted(sets.after), possible, pods: pods.length, within };
}

/** Pods on the host network are left out of the figure: no policy selects them. */
function podsOf(workloads: readonly VerifyWorkload[]): PolicyPod[] {
  return workloads.flatMap((workload) => workload.pods).filter((pod) => !pod.hostNetwork);
}

/** `shop/web`; with its kind where two workloads share that name. */
function groupsOf(workloads: readonly VerifyWorkload[]): ReachGroup[] {
  const named = Map.groupBy(workloads, ({ ref }) => workloadTitle(ref));
  return workloads
    .map(({ ref, pods }) => {
      const title = workloadTitle(ref);
      return { title: (named.get(title) ?? []).length > 1 ? workloadKey(ref) : title, pods };
    })
    .toSorted((a, b) => compareText(a.title, b.title));
}
