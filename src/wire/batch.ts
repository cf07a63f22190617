/**
 * The batch: what an agent sends and a server accepts exactly once, keyed by (node uid, epoch, sequence).
 * Types only, so that an agent loads no schema library; `batch-schema.ts` checks the same shape on arrival.
 */
import type { Flow } from '../domain/flow.ts';

export interface BatchKey {
  /** The Node object's uid; empty from an agent that does not know it, and then filled in on arrival from its name. */
  readonly nodeUid: string;
  /** 128 random bits in hex, new with every state directory. */
  readonly epoch: string;
  /** 1, 2, 3 ... within the epoch. */
  readonly sequence: number;
}

export interface SourceHealth {
  /** Where the flows were read. */
  readonly kind: 'netlink' | 'conntrack' | 'procfs' | 'text';
  /** Whether nf_conntrack_acct and nf_conntrack_timestamp were on; null when the source cannot tell. */
  readonly accounting: boolean | null;
  readonly timestamps: boolean | null;
}

/** What the agent knows it did not see, or saw and could not use. */
export interface Losses {
  /** Events the kernel dropped on the agent's socket. */
  readonly dropped: number;
  /** Entries left out, by reason: `protocol`, `malformed`, `closing` ... */
  readonly skipped: Readonly<Record<string, number>>;
}

export interface Batch extends BatchKey {
  readonly version: 1;
  readonly nodeName: string;
  /** The kernel's boot id; empty for a capture. */
  readonly bootId: string;
  /** Unix ms, node's clock: the batch window. */
  readonly windowStart: number;
  readonly windowEnd: number;
  /** Unix ms, node's clock, when sent. */
  readonly sentAt: number;
  /** A connection counted in second s began no earlier than s minus this; ms. */
  readonly readLagMs: number;
  readonly source: SourceHealth;
  readonly losses: Losses;
  readonly flows: readonly Flow[];
}
