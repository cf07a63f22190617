/**
 * Keeps a source running: opens it, has it dump at intervals and after a loss, and opens it anew when it fails. It looks
 * at nothing that the source says.
 */
import type { ConntrackSource, SourceLog, SourceSink } from '../conntrack/source.ts';
import { ProblemError } from '../domain/problem.ts';
import { aborted } from '../runtime/aborted.ts';
import { fullJitterMs } from '../runtime/backoff.ts';
import type { BackoffBounds } from '../runtime/backoff.ts';
import type { Clock } from '../runtime/clock.ts';
import type { SourceState } from './packer.ts';
import { DumpSchedule } from './dump-schedule.ts';

export type OpenSource = (
  wanted: 'auto' | 'netlink' | 'conntrack' | 'procfs',
  sink: SourceSink,
  log: SourceLog,
) => Promise<ConntrackSource>;

/** Whoever listens to the source, and to whether there is one. */
export interface SourceListener extends Omit<SourceSink, 'failed'> {
  /** From here on everything is seen. */
  watching(): void;
  /** Nothing is seen until the next `watching`; told once for each of those, after the last sighting. */
  blind(): void;
}

export interface SourceKeeperOptions {
  readonly open: OpenSource;
  readonly wanted: 'auto' | 'netlink' | 'conntrack' | 'procfs';
  readonly listener: SourceListener;
  readonly dumpIntervalMs: number;
  /** Between two dumps at least, whatever was lost. */
  readonly dumpGapMs: number;
  readonly backoff: BackoffBounds;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: SourceLog;
}

/** A source that ran this long was well: its failure is the first of a new row. */
const WELL_AFTER_MS = 60_000;

export class SourceKeeper {
  /** Times that a source failed or could not be opened. */
  failures = 0;
  readonly dumps: DumpSchedule;
  readonly #options: SourceKeeperOptions;
  #source: ConntrackSource | null = null;
  #last: SourceState | null = null;
  #isWatching = false;
  #hasWatched = false;

  constructor(options: SourceKeeperOptions) {
    this.#options = options;
    this.dumps = new DumpSchedule(options);
  }

  get isWatching(): boolean {
    return this.#isWatching;
  }

  /** The source as it is, or as it was when it was last open; null before the first was opened. */
  get state(): SourceState | null {
    if (this.#source !== null) this.#last = stateOf(this.#source);
    return this.#last;
  }

  /** The source says what it held back of what it read: before a window ends. */
  settle(): void {
    this.#source?.settle();
  }

  /**
   * Resolves when the signal is aborted and the source has said its last. Rejects only when the very first source cannot
   * be had for a reason that a person must mend (a ProblemError): a later failure is tried again for ever.
   */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, random, backoff, log } = this.#options;
    let inRow = 0;
    while (!signal.aborted) {
      const began = clock.now();
      const error = await this.#life(signal);
      if (error === null || signal.aborted) return;
      if (error instanceof ProblemError && !this.#hasWatched) throw error;
      this.failures++;
      inRow = clock.now() - began >= WELL_AFTER_MS ? 1 : inRow + 1;
      const retryInMs = Math.round(fullJitterMs(inRow, backoff, random()));
      const hint = error instanceof ProblemError ? error.hint : null;
      log.warn(
        { reason: error.message, hint, retryInMs },
        'the source failed: nothing is seen until it is open again',
      );
      await clock.sleep(retryInMs, signal);
    }
  }

  /** From opening to the end; null when it was told to end. */
  async #life(signal: AbortSignal): Promise<Error | null> {
    const { open, wanted, listener, log } = this.#options;
    const end = new AbortController();
    const sink: SourceSink = {
      sighting: (said) => listener.sighting(said),
      skipped: (reason, count) => listener.skipped(reason, count),
      lost: (count) => {
        listener.lost(count);
        this.dumps.want();
      },
      failed: (error) => end.abort(error),
    };
    const until = AbortSignal.any([signal, end.signal]);
    try {
      const source = await open(wanted, sink, log);
      this.#source = source;
      await Promise.race([source.start(), aborted(until)]);
      if (!until.aborted) {
        this.#isWatching = true;
        this.#hasWatched = true;
        listener.watching();
        await this.dumps.run(source, until);
      }
    } catch (error) {
      end.abort(asError(error));
    }
    await this.#close();
    if (this.#isWatching) {
      this.#isWatching = false;
      listener.blind();
    }
    return end.signal.aborted ? asError(end.signal.reason) : null;
  }

  async #close(): Promise<void> {
    try {
      await this.#source?.close();
    } catch (error) {
      this.#options.log.warn({ reason: asError(error).message }, 'the source did not close cleanly');
    }
    this.#last = this.state;
    this.#source = null;
  }
}

function stateOf({ kind, accounting, timestamps, readLagMs }: ConntrackSource): SourceState {
  return { kind, accounting, timestamps, readLagMs };
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
