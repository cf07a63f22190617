/**
 * How much of a workload's life in the learning window was really observed: pod-hours under an agent that lost nothing, and
 * starts and terminations seen from first to last second (DESIGN sections 6 and 8). Figures only; readiness.ts judges them.
 */
import { HOUR_MS } from '../domain/edge.ts';
import { compareText } from '../domain/text-order.ts';
import { workloadKey } from '../domain/workload.ts';
import { isWhole, overlapMs, podSpans } from './history.ts';
import type { History, PodSpan, Span, WatchedNode } from './history.ts';

export interface WorkloadCoverage {
  /** Distinct pods that lived in the window. */
  readonly pods: number;
  /** Sum over them of the hours in which they had an address, within the window. */
  readonly podHours: number;
  /** Of these, hours in which the agent of the pod's node looked and lost nothing. */
  readonly observedPodHours: number;
  /** Pods that started, or went, within the window, and of these the ones observed from first to last second. */
  readonly starts: { readonly total: number; readonly whole: number };
  readonly terminations: { readonly total: number; readonly whole: number };
  /** A pod of it ran before anything watched its node. */
  readonly olderThanAgent: boolean;
  /** Names of nodes that host it and of which nothing was observed meanwhile, or whose agent has fallen silent; sorted. */
  readonly blindNodes: readonly string[];
  /** Names of nodes whose agent lost events while they hosted it; sorted. */
  readonly lossyNodes: readonly string[];
}

/** What a pod does at its start is done within this time of having an address; ms. Longer start-ups are traffic like any other. */
const START_MS = 60_000;
/** The default terminationGracePeriodSeconds: what a pod does when it is told to end is done from then on; ms. */
const TERMINATION_MS = 30_000;
/** An agent sends every 10 s; one that hosts a pod and has not for this long has fallen silent; ms. */
const SILENT_MS = 10 * 60_000;

export const NO_COVERAGE: WorkloadCoverage = {
  pods: 0,
  podHours: 0,
  observedPodHours: 0,
  starts: { total: 0, whole: 0 },
  terminations: { total: 0, whole: 0 },
  olderThanAgent: false,
  blindNodes: [],
  lossyNodes: [],
};

/** Coverage by workload key, of every workload that had a pod with an address in the window. */
export function coverageOf(history: History, window: Span): ReadonlyMap<string, WorkloadCoverage> {
  const nodes = new Map(history.nodes.map((each) => [each.node, each]));
  const byWorkload = Map.groupBy(history.pods, ({ workload }) => workloadKey(workload));
  return new Map(
    [...byWorkload].map(([key, lives]) => [key, coverageOfPods(podSpans(lives), { nodes, window })]),
  );
}

interface Watched {
  readonly nodes: ReadonlyMap<string, WatchedNode>;
  readonly window: Span;
}

function coverageOfPods(pods: readonly PodSpan[], by: Watched): WorkloadCoverage {
  const lived = pods.filter((pod) => lifeOf(pod, by.window).end > lifeOf(pod, by.window).start);
  const watchedMs = (pod: PodSpan): number => overlapMs(stretchesOf(pod, by), lifeOf(pod, by.window));
  const starts = lived.filter(({ start }) => start >= by.window.start);
  const ends = lived.filter((pod) => endOf(pod) !== null && (endOf(pod) ?? 0) <= by.window.end);
  const hosts = [...Map.groupBy(lived, ({ node }) => node)].flatMap(([node, hosted]) =>
    node === null ? [] : [{ node, hosted, watch: by.nodes.get(node) ?? null }],
  );
  const isBlind = ({ hosted, watch }: (typeof hosts)[number]): boolean =>
    hosted.every((pod) => watchedMs(pod) === 0) ||
    (hosted.some((pod) => endOf(pod) === null) && by.window.end - (watch?.newest ?? 0) > SILENT_MS);
  const hasLosses = ({ hosted, watch }: (typeof hosts)[number]): boolean =>
    hosted.some((pod) => overlapMs(watch?.lossy ?? [], lifeOf(pod, by.window)) > 0);
  return {
    pods: lived.length,
    podHours: hours(
      lived.map((pod) => lifeOf(pod, by.window)).reduce((sum, { start, end }) => sum + end - start, 0),
    ),
    observedPodHours: hours(lived.reduce((sum, pod) => sum + watchedMs(pod), 0)),
    starts: { total: starts.length, whole: starts.filter((pod) => isStartWhole(pod, by)).length },
    terminations: { total: ends.length, whole: ends.filter((pod) => isEndWhole(pod, by)).length },
    olderThanAgent: lived.some((pod) => {
      const [first] = stretchesOf(pod, by);
      return first !== undefined && pod.heldFrom < first.start;
    }),
    blindNodes: namesOf(hosts.filter(isBlind)),
    lossyNodes: namesOf(hosts.filter(hasLosses)),
  };
}

/** The part of its life that lies in the window. */
function lifeOf(pod: PodSpan, window: Span): Span {
  return { start: Math.max(pod.heldFrom, window.start), end: Math.min(endOf(pod) ?? window.end, window.end) };
}

/** Null while it lives. Of a pod of which nobody can say when it went, the last that is known. */
function endOf({ gone, heldUntil }: PodSpan): number | null {
  return gone ?? heldUntil;
}

function isStartWhole(pod: PodSpan, by: Watched): boolean {
  const settled = pod.heldFrom + START_MS;
  return isWhole(stretchesOf(pod, by), { start: pod.start, end: Math.min(settled, endOf(pod) ?? settled) });
}

function isEndWhole(pod: PodSpan, by: Watched): boolean {
  if (pod.gone === null) return false;
  const told = Math.min(pod.heldUntil ?? pod.gone, pod.gone) - TERMINATION_MS;
  return isWhole(stretchesOf(pod, by), { start: Math.max(told, pod.heldFrom), end: pod.gone });
}

function stretchesOf({ node }: PodSpan, { nodes }: Watched): readonly Span[] {
  return node === null ? [] : (nodes.get(node)?.stretches ?? []);
}

function namesOf(hosts: readonly { readonly node: string }[]): string[] {
  return hosts.map(({ node }) => node).toSorted(compareText);
}

function hours(ms: number): number {
  return ms / HOUR_MS;
}
