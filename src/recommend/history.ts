/** What was watched, and when pods lived: what it takes to say how much of a workload was really observed. Plain serialisable values. */
import type { WorkloadRef } from '../domain/workload.ts';

/** A stretch of time, unix ms. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** One pod address, from first to last: the bounds of its lease (domain/lease.ts), unix ms. A pod of two families has two. */
export interface PodLife {
  readonly workload: WorkloadRef;
  readonly uid: string;
  /** Null when the pod did not say. */
  readonly node: string | null;
  readonly from: number;
  readonly heldFrom: number;
  readonly heldUntil: number | null;
  readonly until: number | null;
}

/** What the agent of a node watched. */
export interface WatchedNode {
  readonly node: string;
  /** When it looked and lost nothing: ascending, disjoint. */
  readonly stretches: readonly Span[];
  /** When it looked and lost events: ascending, disjoint. */
  readonly lossy: readonly Span[];
  /** The end of its newest window, lossy or not, unix ms; null when it never looked. */
  readonly newest: number | null;
}

export interface History {
  /** Those that touch the window. */
  readonly pods: readonly PodLife[];
  readonly nodes: readonly WatchedNode[];
}

/** When a pod had its address, by all its leases: it surely began after `start` and was surely there from `heldFrom`. */
export interface PodSpan {
  readonly uid: string;
  readonly node: string | null;
  readonly start: number;
  readonly heldFrom: number;
  /** Surely there until; null while nothing ended it. */
  readonly heldUntil: number | null;
  /** Surely gone; null while it lives, or when nobody can say when it went. */
  readonly gone: number | null;
}

/** The lives of each pod as one, in the order in which the pods come. A pod lives while one of its addresses does. */
export function podSpans(lives: readonly PodLife[]): PodSpan[] {
  return [...Map.groupBy(lives, ({ uid }) => uid)].map(([uid, own]) => {
    const gone = own.map(({ until }) => until);
    const held = own.map(({ heldUntil }) => heldUntil);
    return {
      uid,
      node: own[0]?.node ?? null,
      start: Math.min(...own.map(({ from }) => from)),
      heldFrom: Math.min(...own.map(({ heldFrom }) => heldFrom)),
      heldUntil: latest(held),
      gone: latest(gone),
    };
  });
}

/** How much of `span` lies in the stretches, ms. */
export function overlapMs(stretches: readonly Span[], span: Span): number {
  let sum = 0;
  for (let at = firstEndingAfter(stretches, span.start); ; at++) {
    const stretch = stretches[at];
    if (stretch === undefined || stretch.start >= span.end) return sum;
    sum += Math.min(stretch.end, span.end) - Math.max(stretch.start, span.start);
  }
}

/** Whether one stretch holds all of `span`. */
export function isWhole(stretches: readonly Span[], span: Span): boolean {
  const stretch = stretches[firstEndingAfter(stretches, span.start)];
  return stretch !== undefined && stretch.start <= span.start && span.end <= stretch.end;
}

/** A node that loses events every minute has thousands of stretches, and hosts hundreds of pods. */
function firstEndingAfter(stretches: readonly Span[], instant: number): number {
  let low = 0;
  let high = stretches.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((stretches[middle]?.end ?? instant) > instant) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Null as soon as one is: it has not ended. */
function latest(times: readonly (number | null)[]): number | null {
  let most: number | null = Number.NEGATIVE_INFINITY;
  for (const at of times) most = at === null || most === null ? null : Math.max(most, at);
  return most;
}
