/** How the facts of one pod bound its lease of one address. Each bound cites what it rests on. */
import type { IpAddress } from '../domain/ip.ts';
import type { Lease } from '../domain/lease.ts';
import { API_TIME_GRAIN_MS } from './facts.ts';
import type { PodFact } from './facts.ts';

/** A finished pod that stays listed frees its address when its sandbox is torn down, at most this long after a live kubelet reported the phase. */
const FINISHED_POD_RELEASE_MS = 60_000;

/** The lease after `fact` was observed; `before` is the same lease as known so far. */
export function observedPodLease(
  before: Lease | null,
  fact: PodFact,
  seen: { id: string; ip: IpAddress; observedAt: number; notBefore: number | null },
): Lease {
  const from = before?.from ?? Math.max(fact.startedAt ?? fact.createdAt, seen.notBefore ?? 0);
  // Surely held once the sandbox had its network or a container ran; at the latest when the address was reported to us.
  const proofs = [fact.sandboxReadyAt, fact.firstContainerStart]
    .filter((at) => at !== null)
    .map((at) => at + API_TIME_GRAIN_MS)
    .filter((at) => at >= from);
  const heldFrom = Math.min(
    before?.heldFrom ?? seen.observedAt,
    seen.observedAt,
    ...(seen.notBefore === null ? proofs : []),
  );
  const end = endOf(fact, seen.observedAt);
  return {
    id: seen.id,
    ip: seen.ip,
    holder: {
      kind: 'pod',
      namespace: fact.namespace,
      name: fact.name,
      uid: fact.uid,
      node: fact.node,
      workload: fact.workload,
    },
    from: Math.min(from, heldFrom),
    heldFrom: Math.max(heldFrom, from),
    heldUntil: end.heldUntil,
    until: before?.until ?? end.until,
  };
}

/** The lease after the pod's object went away, or its address changed. */
export function removedPodLease(
  lease: Lease,
  last: PodFact,
  seen: { observedAt: number; lastObserved: number },
): Lease {
  const wasGraceful = isFinished(last) || (last.deletion !== null && last.deletion.graceS > 0);
  const stillThere =
    lease.heldUntil ?? (last.deletion === null ? seen.lastObserved : requestedAt(last.deletion));
  const heldUntil = Math.max(lease.heldFrom, Math.min(stillThere, seen.observedAt));
  // A force-deleted pod, or one that vanished between two lists, may live on: its end stays open.
  return { ...lease, heldUntil, until: lease.until ?? (wasGraceful ? seen.observedAt : null) };
}

function endOf(fact: PodFact, observedAt: number): { heldUntil: number | null; until: number | null } {
  if (fact.sandboxGoneAt !== null)
    return {
      heldUntil: fact.lastContainerFinish ?? fact.sandboxGoneAt,
      until: fact.sandboxGoneAt + API_TIME_GRAIN_MS,
    };
  if (isFinished(fact))
    return { heldUntil: fact.lastContainerFinish ?? observedAt, until: observedAt + FINISHED_POD_RELEASE_MS };
  // All containers ended without a deletion is a pod between two restarts.
  return { heldUntil: fact.deletion === null ? null : fact.lastContainerFinish, until: null };
}

function isFinished(fact: PodFact): boolean {
  return fact.phase === 'Succeeded' || fact.phase === 'Failed';
}

/** deletionTimestamp lies in the future by the grace period; the request is the last time at which the pod was surely there. */
function requestedAt(deletion: { at: number; graceS: number }): number {
  return deletion.at - deletion.graceS * 1000;
}
