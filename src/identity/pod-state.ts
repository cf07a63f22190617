/** What the book remembers of a pod between two facts. */
import type { IpAddress } from '../domain/ip.ts';
import type { Holder, SandboxMark } from '../domain/lease.ts';
import type { PodFact } from './facts.ts';
import type { LeaseRow } from './lease-table.ts';
import type { SandboxStart } from './pod-lease.ts';

/** A lease of the sandbox that a pod has. */
export interface HeldAddress {
  readonly ip: IpAddress;
  readonly row: LeaseRow;
  /** How it began: with the sandbox, or later. */
  readonly start: SandboxStart;
}

/** A pod as it was last told, with the leases of its sandbox. A hundred thousand of them are there at a time. */
export interface PodState {
  readonly uid: string;
  readonly node: string;
  /** False after a restart, until the pod is told again. */
  readonly isTold: boolean;
  readonly isMirror: boolean;
  /** Whether its containers run, or its kubelet is silent: then its object can go without it. */
  readonly mayLiveOn: boolean;
  readonly observedAt: number;
  readonly mark: SandboxMark;
  readonly held: readonly HeldAddress[];
  readonly isGone: boolean;
  /** When its deletion was first asked for, and whether that left it time to end; null while nobody asked. */
  readonly deletion: { readonly requestedAt: number; readonly isGraceful: boolean } | null;
}

/** How the lease of an address begins that was not told before: the kubelet reports all addresses of a sandbox together. */
export function lateStart({ word }: SandboxMark): SandboxStart {
  return { from: { at: word, source: 'last-seen-before' }, after: word, isLateAddress: true };
}

/** What is known of the pod's deletion after this fact. */
export function deletionOf(before: PodState['deletion'], { deletion, doubt }: PodFact): PodState['deletion'] {
  if (deletion === null) return before;
  // deletionTimestamp lies in the future by the grace period; when the kubelet is done it deletes with none left.
  const requestedAt = deletion.at - deletion.graceS * 1000 - (doubt?.apiMs ?? 0);
  return {
    requestedAt: Math.min(requestedAt, before?.requestedAt ?? requestedAt),
    isGraceful: before?.isGraceful === true || deletion.graceS > 0,
  };
}

export function holderOf(fact: PodFact): Extract<Holder, { kind: 'pod' }> {
  return {
    kind: 'pod',
    namespace: fact.namespace,
    name: fact.name,
    uid: fact.uid,
    node: fact.node,
    workload: fact.workload,
    ...(fact.mirrorOf !== undefined && { mirrorOf: fact.mirrorOf }),
  };
}

/** A pod by its uid, and the mirror of a static pod by what it mirrors. */
export function keyOf({ uid, node, mirrorOf }: Pick<PodFact, 'uid' | 'node' | 'mirrorOf'>): string {
  return mirrorOf === undefined ? uid : `static ${node} ${mirrorOf}`;
}
