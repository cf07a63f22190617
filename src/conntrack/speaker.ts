/**
 * Says to a sink what records and entries mean. Where the node uses conntrack zones it says each connection once, however
 * many entries it has; it then holds entries back until it is settled.
 */
import { meaningOf, sightingOf, silenceOf, spokenOf } from './flow-of.ts';
import type { Facts, Meaning, Sighting } from './flow-of.ts';
import { IDLE_UNKNOWN, idleMsOf, UNKNOWN_TIMEOUTS } from './idle.ts';
import type { StateTimeouts } from './idle.ts';
import { isTranslated, KeyWords } from './key-words.ts';
import type { Tuples } from './key-words.ts';
import type { ConntrackRecord } from './record.ts';
import type { SourceSink, SpokenSighting } from './source.ts';
import { RecordEntry } from './zones/record-entry.ts';
import { ZoneFold } from './zones/zone-fold.ts';
import type { ZonedEntry } from './zones/zone-fold.ts';
import type { ZoneWatch } from './zones/zone-watch.ts';

/** Tuples of events held at most: of some seconds, on a busy node. */
const MOST_OF_EVENTS = 16_384;
/** Of one list, all of which is to be held: 13 MB. A larger list of a node with zones may say connections twice. */
const MOST_OF_A_LIST = 131_072;

export class Speaker {
  readonly #sink: Pick<SourceSink, 'sighting' | 'skipped'>;
  readonly #watch: ZoneWatch | null;
  readonly #most: number;
  readonly #timeouts: StateTimeouts;
  readonly #key = new KeyWords();
  readonly #said: { -readonly [Field in keyof SpokenSighting]: SpokenSighting[Field] };
  #fold: ZoneFold | null = null;
  #record: RecordEntry | null = null;

  /** Says each entry by itself. */
  constructor(
    sink: Pick<SourceSink, 'sighting' | 'skipped'>,
    {
      watch,
      most,
      timeouts = UNKNOWN_TIMEOUTS,
    }: { watch: ZoneWatch | null; most: number; timeouts?: StateTimeouts } = { watch: null, most: 0 },
  ) {
    this.#sink = sink;
    this.#watch = watch;
    this.#most = most;
    this.#timeouts = timeouts;
    // A time with a fraction, so that the field is made to hold one: no number is then ever put on the heap for it.
    this.#said = { kind: 'opened', key: this.#key, at: 0.5, bytes: 0, packets: 0, idleMs: IDLE_UNKNOWN };
  }

  /** Says the connections of events, folded while `watch` tells that the node has zones. */
  static ofEvents(sink: Pick<SourceSink, 'sighting' | 'skipped'>, watch: ZoneWatch): Speaker {
    return new Speaker(sink, { watch, most: MOST_OF_EVENTS });
  }

  /** Says the connections of one list of entries, likewise. Of those in zones it does not say how long they have been idle. */
  static ofList(
    sink: Pick<SourceSink, 'sighting' | 'skipped'>,
    watch: ZoneWatch,
    timeouts: StateTimeouts = UNKNOWN_TIMEOUTS,
  ): Speaker {
    return new Speaker(sink, { watch, most: MOST_OF_A_LIST, timeouts });
  }

  /** What an entry means that is held in words: its own time, or that of the dump, is `at`. Makes no object. */
  entry(entry: ZonedEntry & { readonly timeoutS?: number }, at: number): void {
    const watch = this.#watch;
    if (watch !== null && (watch.isOn || entry.zone > 0)) return this.#hold(entry, at);
    if (entry.event === 'dump')
      this.#said.idleMs = idleMsOf(entry, entry.timeoutS ?? IDLE_UNKNOWN, this.#timeouts);
    this.#mean(entry, meaningOf(entry, isTranslated(entry)), at);
    this.#said.idleMs = IDLE_UNKNOWN;
  }

  /** What a record means. `at` is the time of the dump or of the read, unix ms; an event's own time goes before. */
  record(record: ConntrackRecord, at: number): void {
    const watch = this.#watch;
    const isHeld = watch !== null && (watch.isOn || (record.zone ?? 0) > 0);
    const isUntimed = record.at === null && (record.event === 'new' || record.event === 'update');
    if (!isHeld || isUntimed) return this.sighting(sightingOf(record), at);
    this.#record ??= new RecordEntry();
    this.#record.take(record);
    this.#hold(this.#record, record.at ?? at);
  }

  sighting(sighting: Sighting, at: number): void {
    if (sighting.kind === 'nothing') return this.#sink.skipped(sighting.reason, 1);
    this.#key.set(sighting.key);
    const isEnd = sighting.kind === 'counters';
    this.#said.bytes = isEnd ? sighting.bytes : 0;
    this.#said.packets = isEnd ? sighting.packets : 0;
    this.#say(sighting.kind, 'at' in sighting ? sighting.at : at);
  }

  /** Says all that is held back. */
  settle(): void {
    this.#fold?.settle();
    // What is not needed takes no memory.
    if (this.#watch?.isOn === false) this.#fold = null;
  }

  #hold(entry: ZonedEntry, at: number): void {
    if (entry.zone > 0) this.#watch?.seen();
    const reason = silenceOf(entry);
    if (reason !== null) return this.#sink.skipped(reason, 1);
    this.#fold ??= new ZoneFold({
      tell: (folded, time) => this.#mean(folded, spokenOf(folded, isTranslated(folded)), time),
      most: this.#most,
    });
    this.#fold.entry(entry, at);
  }

  #mean(entry: Tuples & Pick<Facts, 'bytes' | 'packets'>, meaning: Meaning, at: number): void {
    if (meaning.kind === 'nothing') return this.#sink.skipped(meaning.reason, 1);
    this.#key.setTuples(entry, meaning.orientation === 'guessed');
    const isEnd = meaning.kind === 'counters';
    this.#said.bytes = isEnd ? (entry.bytes ?? 0) : 0;
    this.#said.packets = isEnd ? (entry.packets ?? 0) : 0;
    this.#say(meaning.kind, at);
  }

  #say(kind: SpokenSighting['kind'], at: number): void {
    this.#said.kind = kind;
    this.#said.at = at;
    this.#sink.sighting(this.#said);
  }
}
