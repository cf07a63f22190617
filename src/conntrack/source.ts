/**
 * What a reader of the node's connection tracking looks like to whoever consumes it. A source observes and never changes
 * the node: it writes no sysctl, zeroes no counter and deletes no entry.
 */
import { clockOffsetMs } from '../runtime/clock.ts';
import { meaningOf, sightingOf } from './flow-of.ts';
import type { Facts, Sighting } from './flow-of.ts';
import { isTranslated, KeyWords } from './key-words.ts';
import type { Tuples } from './key-words.ts';
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

/** Says to a sink what records mean. */
export class Speaker {
  readonly #sink: Pick<SourceSink, 'sighting' | 'skipped'>;
  readonly #key = new KeyWords();
  readonly #said: { -readonly [Field in keyof SpokenSighting]: SpokenSighting[Field] };

  constructor(sink: Pick<SourceSink, 'sighting' | 'skipped'>) {
    this.#sink = sink;
    // A time with a fraction, so that the field is made to hold one: no number is then ever put on the heap for it.
    this.#said = { kind: 'opened', key: this.#key, at: 0.5, bytes: 0, packets: 0 };
  }

  /** What an entry means that is held in words: its own time, or that of the dump, is `at`. Makes no object. */
  entry(entry: Facts & Tuples, at: number): void {
    const meaning = meaningOf(entry, isTranslated(entry));
    if (meaning.kind === 'nothing') return this.#sink.skipped(meaning.reason, 1);
    this.#key.setTuples(entry, meaning.orientation === 'guessed');
    const isEnd = meaning.kind === 'counters';
    this.#said.bytes = isEnd ? (entry.bytes ?? 0) : 0;
    this.#said.packets = isEnd ? (entry.packets ?? 0) : 0;
    this.#say(meaning.kind, at);
  }

  /** What a record means. `at` is the time of the dump or of the read, unix ms; an event's own time goes before. */
  record(record: ConntrackRecord, at: number): void {
    this.sighting(sightingOf(record), at);
  }

  sighting(sighting: Sighting, at: number): void {
    if (sighting.kind === 'nothing') return this.#sink.skipped(sighting.reason, 1);
    this.#key.set(sighting.key);
    const isEnd = sighting.kind === 'counters';
    this.#said.bytes = isEnd ? sighting.bytes : 0;
    this.#said.packets = isEnd ? sighting.packets : 0;
    this.#say(sighting.kind, 'at' in sighting ? sighting.at : at);
  }

  #say(kind: SpokenSighting['kind'], at: number): void {
    this.#said.kind = kind;
    this.#said.at = at;
    this.#sink.sighting(this.#said);
  }
}
