/**
 * What a reader of the node's connection tracking looks like to whoever consumes it. A source observes and never changes
 * the node: it writes no sysctl, zeroes no counter and deletes no entry.
 */
import { sightingOf } from './flow-of.ts';
import type { Sighting } from './flow-of.ts';
import type { ConntrackRecord } from './record.ts';

/** What a source says, in the order in which it read it. */
export interface SourceSink {
  /**
   * `at` is unix ms: the event's own time, or that of the dump. It is the same for all presences of one dump, and differs
   * between two dumps.
   */
  sighting(sighting: Sighting, at: number): void;
  /** So many more events were dropped by the kernel before they were read. A dump heals most of it; the consumer decides when. */
  lost(count: number): void;
  /** So many more entries said nothing, by reason: `protocol`, `malformed`, `closing` ... The reasons are few and constant. */
  skipped(reason: string, count: number): void;
  /** The source has ended and will say no more. Called at most once, never by `close`. */
  failed(error: Error): void;
}

export interface ConntrackSource {
  readonly kind: 'netlink' | 'conntrack' | 'procfs';
  /** A sighting's `at` is at most this late; ms. Covers at least the last 30 s, so that it is read when a batch is closed. */
  readonly readLagMs: number;
  /** Whether nf_conntrack_acct is on; null when it cannot be read. */
  readonly accounting: boolean | null;
  /** Whether nf_conntrack_timestamp is on; null when it cannot be read. */
  readonly timestamps: boolean | null;
  /** Begins to listen and then reports what is alive; resolves when that first dump is complete. */
  start(): Promise<void>;
  /** Reports every entry alive, as presences with one `at`; resolves when complete. A dump that runs already is joined. */
  dump(): Promise<void>;
  /** Says what was already received, then ends. A dump that runs rejects. */
  close(): Promise<void>;
}

/** What a source needs of a logger. */
export interface SourceLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

/** Passes on what one record says. `at` is the time of the dump or of the read, unix ms; an event's own time goes before. */
export function sayRecord(sink: SourceSink, record: ConntrackRecord, at: number): void {
  const sighting = sightingOf(record);
  if (sighting.kind === 'nothing') sink.skipped(sighting.reason, 1);
  else sink.sighting(sighting, 'at' in sighting ? sighting.at : at);
}
