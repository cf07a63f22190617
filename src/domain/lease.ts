/**
 * A lease says who held an IP address, and how sure we are of when. Four instants bound it: the holder
 * cannot have held the address before `from` nor after `until`, and surely held it from `heldFrom` to
 * `heldUntil`. API times have one-second grain, so the outer bounds are rounded outwards and the inner
 * ones inwards.
 */
import type { IpAddress } from './ip.ts';
import type { Protocol } from './protocol.ts';
import type { WorkloadRef } from './workload.ts';

export type Holder =
  | {
      readonly kind: 'pod';
      readonly namespace: string;
      readonly name: string;
      readonly uid: string;
      /** The node the pod is bound to; empty when the object did not say. */
      readonly node: string;
      readonly workload: WorkloadRef;
      /** Of the mirror of a static pod: the hash of the static pod's manifest, which stays when the mirror's uid changes. */
      readonly mirrorOf?: string;
    }
  | {
      readonly kind: 'service';
      readonly namespace: string;
      readonly name: string;
      readonly ports: readonly { readonly protocol: Protocol; readonly port: number }[];
    }
  | { readonly kind: 'apiserver'; readonly ports: readonly number[] }
  | { readonly kind: 'node'; readonly name: string };

/** What a bound rests on. */
export type BoundSource =
  /** The object's creationTimestamp. */
  | 'created'
  /** status.startTime: the kubelet took the pod up, before any sandbox. */
  | 'pod-start'
  /** The last time that was said of the state before: by its own clock by the kubelet, or of a Service or node when we saw it last. */
  | 'last-seen-before'
  /** The end of the containers that ran in the sandbox before. */
  | 'former-finish'
  /** Another pod surely held the address until then. */
  | 'former-holder'
  /** Nothing bounds it. */
  | 'unbounded'
  /** Condition PodReadyToStartContainers turned True. */
  | 'sandbox-ready'
  | 'container-start'
  /** We saw it then. */
  | 'observed'
  /** The end of the last container. */
  | 'container-finish'
  /** The latest time that the kubelet printed while the sandbox was there. */
  | 'last-word'
  /** deletionTimestamp less the grace period. */
  | 'deletion-request'
  /** Condition PodReadyToStartContainers turned False. */
  | 'sandbox-gone'
  /** The object was gone, after a graceful deletion by a live kubelet. */
  | 'removed'
  /** A live kubelet reported the pod finished; its sandbox goes at most 60 s later. */
  | 'finished-60s'
  /** The pod had another sandbox by then. */
  | 'next-sandbox'
  /** The node ran on another boot by then. */
  | 'node-rebooted'
  /** Another pod surely held the address by then. */
  | 'next-holder'
  /** Persisted without its source. */
  | 'restored';

/** Whether a `heldUntil` from there is a time at which the holder was there by its own word; the others are presumed. */
export function isProvenEnd(source: BoundSource | null): boolean {
  return source === 'container-finish' || source === 'last-word';
}

/** Where each bound came from; null beside a bound that is null. */
export interface BoundSources {
  readonly from: BoundSource;
  readonly heldFrom: BoundSource;
  readonly heldUntil: BoundSource | null;
  readonly until: BoundSource | null;
}

/**
 * What tells the sandbox of a pod from its next one. Times as the kubelet printed them, by its node's clock, unix ms, null where it
 * printed none: what is known of that clock changes, and what was printed does not.
 */
export interface SandboxMark {
  /** Since when the condition PodReadyToStartContainers is True. */
  readonly readyAt: number | null;
  /** Start of the container that was started last. */
  readonly newestStart: number | null;
  /** The kubelet's last word, by our clock: no later than the instant at which it reported this state. */
  readonly word: number;
}

export interface Lease {
  /** Stable: the holder's kind and uid or name, the address, and the ordinal of the sandbox. */
  readonly id: string;
  readonly ip: IpAddress;
  readonly holder: Holder;
  /** Unix ms; the holder cannot have held the address before. */
  readonly from: number;
  /** Unix ms; surely held since. */
  readonly heldFrom: number;
  /** Unix ms; surely held until. Null while nothing says that it ended. */
  readonly heldUntil: number | null;
  /** Unix ms; cannot have held it after. Null while unknown. */
  readonly until: number | null;
  /** Absent on leases that were persisted without. */
  readonly sources?: BoundSources;
  /** Of the sandbox that its pod has now, so that it is known again after a restart. */
  readonly sandbox?: SandboxMark;
}

/** The node that a pod or a node's own address is on; null where none is meant or the object did not say. */
export function nodeOfHolder(holder: Holder): string | null {
  switch (holder.kind) {
    case 'pod':
      return holder.node === '' ? null : holder.node;
    case 'node':
      return holder.name;
    case 'service':
    case 'apiserver':
      return null;
    default:
      return holder satisfies never;
  }
}
