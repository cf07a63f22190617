/**
 * What a reader of the node's connection tracking looks like to whoever consumes it. A source observes and never changes
 * the node: it writes no sysctl, zeroes no counter and deletes no entry.
 */
import { clockOffsetMs } from '../runtime/clock.ts';
import type { KeyWords } from './key-words.ts';
import type { ConntrackRecord } from './record.ts';

/** A sighting in numbers. There is one of each speaker, which says the next with it. */
export interface SpokenSighting {
  readonly kind: 'opened' | 'answered' | 'present' | 'counters';
  readonly key: KeyWords;
  /**
   * Unix ms: the event's own time, or that of the dump. It is the same for all presences of one dump, and differs between
   * two dumps. Of counters it says nothing.
   */
  readonly at: number;
  /** What an ended entry carried; 0 in all other kinds. */
  readonly bytes: number;
  readonly packets: number;
  /** Of a presence: its last packet passed at most so many ms before the dump; IDLE_UNKNOWN when that is not known, and in all other kinds. */
  readonly idleMs: number;
}

/** What a source says, in the order in which it read it. */
export interface SourceSink {
  /** `said` holds until the call returns. */
  sighting(said: SpokenSighting): void;
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
  /**
   * Says at once what was read and held back, to see whether more entries of the same connections come. Whoever ends a batch
   * window asks for it first, so that what was read in the window is in it.
   */
  settle(): void;
  /** Says what was already received, then ends. A dump that runs rejects. */
  close(): Promise<void>;
}

/** What a source needs of a logger. */
export interface SourceLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

/** A record that the system's clock has dated, by the clock of this process: the same record but in a test. */
export function datedByOwnClock(record: ConntrackRecord): ConntrackRecord {
  return clockOffsetMs === 0 || record.at === null ? record : { ...record, at: record.at + clockOffsetMs };
}
