/** A workload as drafting meets it at the ends of edges: what is found out about it is found out once. */
import type { WorkloadRef } from '../domain/workload.ts';
import type { NetworkPolicyPeer } from '../netpol/policy.ts';
import type { End } from '../netpol/world.ts';
import type { WorkloadInfo } from './cluster.ts';
import type { Caveat } from './draft.ts';
import { podShapes } from './pod-shapes.ts';

export type PeerAnswer =
  | {
      readonly kind: 'named';
      readonly title: string;
      /** The one peer, as rules list it. */
      readonly peers: readonly [NetworkPolicyPeer];
      readonly caveats: readonly Caveat[];
    }
  | { readonly kind: 'unnamed'; readonly why: string }
  /** Nothing of it is in the cluster any more. */
  | { readonly kind: 'gone'; readonly why: string };

/** As a peer in policies of its own namespace, and of others. */
export interface PeerAnswers {
  readonly inside: PeerAnswer;
  readonly outside: PeerAnswer;
}

export class KnownWorkload {
  readonly ref: WorkloadRef;
  /** Null when nothing of it is in the cluster any more. */
  readonly info: WorkloadInfo | null;
  /** Its place among those that are known to one recommendation, from 0. */
  readonly place: number;
  readonly #answers: PeerAnswers;
  #ends: readonly End[] | null = null;

  constructor(ref: WorkloadRef, known: { info: WorkloadInfo | null; place: number; answers: PeerAnswers }) {
    this.ref = ref;
    this.info = known.info;
    this.place = known.place;
    this.#answers = known.answers;
  }

  /** As a peer in a policy of that namespace. */
  peerIn(namespace: string): PeerAnswer {
    return this.ref.namespace === namespace ? this.#answers.inside : this.#answers.outside;
  }

  /** Pods that a policy governs, one for all that no selector of a draft can tell apart; none when it is gone. */
  get ends(): readonly End[] {
    const isGone = this.info === null || this.#answers.inside.kind === 'gone';
    return (this.#ends ??= isGone ? [] : podShapes(this.info));
  }
}
