/**
 * How the facts of one pod bound the lease of one of its sandboxes. Each bound cites what it rests on; outer bounds are rounded
 * outwards and inner ones inwards. It never looks at other leases of the address.
 */
import type { BoundSource, BoundSources, SandboxMark } from '../domain/lease.ts';
import type { PodFact } from './facts.ts';
import { earliest, greatest, hasRunning, latest, restartedAfter } from './sandbox.ts';

/** A finished pod that stays listed frees its address when its sandbox is torn down, at most this long after a live kubelet reported the phase. */
const FINISHED_POD_RELEASE_MS = 60_000;

/** A lease by the facts of its holder alone; unix ms. */
export interface RawBounds {
  readonly from: number;
  /** It held the address at some instant by then. */
  readonly heldFrom: number;
  /** It held the address at this instant or later. At least `from`. */
  readonly provenAt: number;
  readonly heldUntil: number | null;
  readonly until: number | null;
  readonly sources: BoundSources;
}

export interface Bound {
  readonly at: number;
  readonly source: BoundSource;
}

/** Where the facts of a sandbox begin. */
export interface SandboxStart {
  readonly from: Bound;
  /** Times printed by then are of the sandbox before; unix ms. */
  readonly after: number;
  /** Whether the address came while the sandbox stayed: then its times prove nothing of the address. */
  readonly isLateAddress: boolean;
}

/** The first sandbox that is known of a pod cannot be older than the pod, as far as the pod's times tell that. */
export function firstStart(fact: PodFact): SandboxStart {
  const created = fact.createdAt - (fact.doubt?.apiMs ?? 0);
  const started = fact.startedAt === null ? null : earliest(fact.startedAt, fact);
  const start = { after: Number.NEGATIVE_INFINITY, isLateAddress: false };
  if (fact.mirrorOf !== undefined) {
    // A mirror can be made anew, and its start time set anew, while the containers run on.
    const runBefore = started === null || (fact.firstContainerStart ?? started) < started;
    return {
      ...start,
      from: runBefore ? { at: 0, source: 'unbounded' } : { at: started, source: 'pod-start' },
    };
  }
  return {
    ...start,
    from:
      started !== null && started > created
        ? { at: started, source: 'pod-start' }
        : { at: created, source: 'created' },
  };
}

/** The bounds after `fact` was observed; `before` is what was known of the same lease, `mark` of its sandbox with this fact. */
export function observedBounds(
  before: RawBounds | null,
  fact: PodFact,
  seen: { start: SandboxStart; mark: SandboxMark; observedAt: number },
): RawBounds {
  const { observedAt, start } = seen;
  const from = before === null ? start.from : { at: before.from, source: before.sources.from };
  const proofs: Bound[] = start.isLateAddress
    ? []
    : proofsOf(fact, start.after).filter(({ at }) => at >= from.at);
  const known: Bound[] = before === null ? [] : [{ at: before.heldFrom, source: before.sources.heldFrom }];
  const held = [...known, ...proofs, { at: observedAt, source: 'observed' as const }].reduce((least, each) =>
    each.at < least.at ? each : least,
  );
  const heldFrom = Math.max(held.at, from.at);
  const proven = start.isLateAddress ? null : provenOf(fact, seen.mark);
  const provenAt = Math.max(before?.provenAt ?? from.at, from.at, proven ?? from.at);
  const { heldUntil, until } = endOf(fact, { ...seen, provenAt });
  const end = until === null ? null : Math.max(until.at, from.at);
  const isEarlier = end !== null && (before?.until ?? Number.POSITIVE_INFINITY) > end;
  return {
    from: from.at,
    heldFrom,
    provenAt,
    heldUntil: heldUntil?.at ?? null,
    until: isEarlier ? end : (before?.until ?? null),
    sources: {
      from: from.source,
      heldFrom: held.source,
      heldUntil: heldUntil?.source ?? null,
      until: isEarlier ? (until?.source ?? null) : (before?.sources.until ?? null),
    },
  };
}

/** The bounds after the pod's object went away. */
export function removedBounds(
  bounds: RawBounds,
  seen: { observedAt: number; lastObserved: number; isEnd: boolean; requestedAt: number | null },
): RawBounds {
  const stillThere: Bound =
    seen.requestedAt === null
      ? { at: seen.lastObserved, source: 'observed' }
      : { at: seen.requestedAt, source: 'deletion-request' };
  const held: Bound =
    bounds.heldUntil === null
      ? stillThere
      : { at: bounds.heldUntil, source: bounds.sources.heldUntil ?? 'observed' };
  const end = seen.isEnd && seen.observedAt < (bounds.until ?? Number.POSITIVE_INFINITY);
  return {
    ...bounds,
    heldUntil: Math.max(bounds.provenAt, Math.min(held.at, seen.observedAt)),
    until: end ? Math.max(seen.observedAt, bounds.from) : bounds.until,
    sources: {
      ...bounds.sources,
      heldUntil: held.source,
      until: end ? 'removed' : bounds.sources.until,
    },
  };
}

/** The bounds of a lease that cannot have gone on after `end`, of which the holder's own facts say no more. */
export function endedBounds(bounds: RawBounds, end: Bound): RawBounds {
  const isEarlier = end.at < (bounds.until ?? Number.POSITIVE_INFINITY);
  return {
    ...bounds,
    heldUntil: bounds.heldUntil ?? bounds.provenAt,
    until: isEarlier ? Math.max(end.at, bounds.from) : bounds.until,
    sources: {
      ...bounds.sources,
      heldUntil: bounds.sources.heldUntil ?? 'last-word',
      until: isEarlier ? end.source : bounds.sources.until,
    },
  };
}

/** Times by which the sandbox surely held its addresses. */
function proofsOf(fact: PodFact, after: number): Bound[] {
  const restarted = restartedAfter(fact);
  const { sandboxReadyAt, firstContainerStart, lastContainerFinish } = fact;
  // When every container has been started again, a sandbox that was ready before may have been another.
  const ready = restarted !== null && (sandboxReadyAt ?? 0) < restarted ? null : sandboxReadyAt;
  const printed: readonly [number | null, BoundSource][] = [
    [ready, 'sandbox-ready'],
    [firstContainerStart, 'container-start'],
    [lastContainerFinish, 'container-finish'],
  ];
  return printed.flatMap(([at, source]) =>
    at === null || earliest(at, fact) <= after ? [] : [{ at: latest(at, fact), source }],
  );
}

/** An instant at which the sandbox surely was there, as late as the fact allows; null when it proves none. */
function provenOf(fact: PodFact, mark: SandboxMark): number | null {
  const finish = fact.lastContainerFinish === null ? null : earliest(fact.lastContainerFinish, fact);
  const isThere = hasRunning(fact) || (fact.sandboxReadyAt !== null && fact.sandboxGoneAt === null);
  return isThere && !isFinished(fact) ? greatest(mark.word, finish) : finish;
}

function endOf(
  fact: PodFact,
  seen: { mark: SandboxMark; observedAt: number; provenAt: number },
): { heldUntil: Bound | null; until: Bound | null } {
  const { lastContainerFinish: finish } = fact;
  const finished: Bound | null =
    finish === null ? null : { at: earliest(finish, fact), source: 'container-finish' };
  const gone = goneAt(fact, seen.mark);
  const lastHeld: Bound = finished ?? { at: seen.provenAt, source: 'last-word' };
  if (gone !== null)
    return { heldUntil: lastHeld, until: { at: latest(gone, fact), source: 'sandbox-gone' } };
  if (isFinished(fact)) {
    // Also others than the kubelet set the phase, of pods that it cannot report on any more: their containers are said to run.
    const isReported = fact.nodeIsAlive !== false && !hasRunning(fact);
    return {
      heldUntil: finished ?? { at: seen.observedAt, source: 'observed' },
      until: isReported ? { at: seen.observedAt + FINISHED_POD_RELEASE_MS, source: 'finished-60s' } : null,
    };
  }
  // All containers ended without a deletion is a pod between two restarts.
  return { heldUntil: fact.deletion === null ? null : finished, until: null };
}

/**
 * When the sandbox was seen to have gone. The condition is False too before the first sandbox, and stays so in a pod that ran and ended in
 * between: only one that turned False after a container's start, or after the sandbox was seen ready, tells of the end.
 */
function goneAt(fact: PodFact, mark: SandboxMark): number | null {
  const { sandboxGoneAt: gone, lastContainerFinish: finish, nodeOffsetMs = 0 } = fact;
  if (gone === null || hasRunning(fact)) return null;
  const wasReady = mark.readyAt !== null && gone - nodeOffsetMs >= mark.readyAt;
  const started = mark.newestStart === null ? null : mark.newestStart + nodeOffsetMs;
  const hadRun =
    started === null ? finish !== null && gone > finish : gone > started && gone >= (finish ?? gone);
  if (!wasReady && !hadRun) return null;
  return Math.max(gone, finish ?? gone);
}

function isFinished(fact: PodFact): boolean {
  return fact.phase === 'Succeeded' || fact.phase === 'Failed';
}
