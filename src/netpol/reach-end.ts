/** Who can reach whom: the words in which the answers of reach.ts and compare.ts are given. */
import type { AddressRange } from '../domain/address-range.ts';
import type { Protocol } from '../domain/protocol.ts';
import type { PolicyPod } from './world.ts';

/** A workload, or one pod. Pods are told apart by namespace and name; a pod may be in several groups. */
export interface ReachGroup {
  /** `shop/web`, or `shop/web-1` for one pod. */
  readonly title: string;
  readonly pods: readonly PolicyPod[];
}

/**
 * `outside`: addresses that are no given pod's, nor loopback. A range runs on across the addresses of given pods and
 * says nothing about them: pods have rows of their own.
 */
export type ReachEnd = { readonly kind: 'group'; readonly title: string } | OutsideEnd;

export interface OutsideEnd {
  readonly kind: 'outside';
  readonly ranges: readonly AddressRange[];
}

/** `all`: true of every pair of the two ends' pods; `some`: of some pairs only. */
export type PairShare = 'all' | 'some';

export interface Ends {
  readonly client: ReachEnd;
  readonly server: ReachEnd;
}

/** What is said about one protocol between two ends. */
export interface Finding {
  readonly protocol: Protocol;
  readonly pods: PairShare;
}
