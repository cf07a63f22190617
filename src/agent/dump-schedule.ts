/** When a running source lists what is alive: at intervals, and soon after a loss, but never in a row. */
import type { SourceLog } from '../conntrack/source.ts';
import { aborted } from '../runtime/aborted.ts';
import type { Clock } from '../runtime/clock.ts';

export interface DumpScheduleOptions {
  readonly dumpIntervalMs: number;
  readonly dumpGapMs: number;
  readonly clock: Clock;
  readonly log: SourceLog;
}

export class DumpSchedule {
  /** Dumps that were complete, besides the one with which each source begins. */
  done = 0;
  failed = 0;
  readonly #options: DumpScheduleOptions;
  #wanted = false;
  #wake = new AbortController();

  constructor(options: DumpScheduleOptions) {
    this.#options = options;
  }

  /** Something was lost: the next dump comes as soon as the gap allows. */
  want(): void {
    this.#wanted = true;
    this.#wake.abort();
  }

  /** Runs until the signal is aborted. A source has dumped when it started, so that the first wait comes first. */
  async run(source: { dump(): Promise<void> }, signal: AbortSignal): Promise<void> {
    const { dumpIntervalMs, dumpGapMs, clock } = this.#options;
    const ended = aborted(signal);
    const gap = Math.min(dumpGapMs, dumpIntervalMs);
    while (!signal.aborted) {
      await clock.sleep(gap, signal);
      this.#wake = new AbortController();
      if (!this.#wanted)
        await clock.sleep(dumpIntervalMs - gap, AbortSignal.any([signal, this.#wake.signal]));
      if (signal.aborted) return;
      this.#wanted = false;
      await this.#dump(source, ended, signal);
    }
  }

  async #dump(source: { dump(): Promise<void> }, ended: Promise<void>, signal: AbortSignal): Promise<void> {
    try {
      await Promise.race([source.dump(), ended]);
      if (!signal.aborted) this.done++;
    } catch (error) {
      if (signal.aborted) return;
      this.failed++;
      this.#wanted = true;
      const reason = error instanceof Error ? error.message : String(error);
      this.#options.log.warn({ reason }, 'a dump failed: it is tried again');
    }
  }
}
