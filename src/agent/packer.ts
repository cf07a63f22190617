/**
 * Turns closed windows into numbered batches of bounded size and puts them into the queue. Compression runs beside the
 * main thread, window after window; when too many windows wait, the next is packed at once, which holds up the source
 * instead of filling the memory: what the kernel drops meanwhile, it counts.
 */
import type { Flow } from '../domain/flow.ts';
import type { SourceHealth } from '../wire/batch.ts';
import type { Aggregate } from './aggregate.ts';
import type { ClosedWindow } from './batch-window.ts';
import { BodyWriter } from './body-writer.ts';
import type { BatchHead } from './body-writer.ts';
import { packBatch, packBatchNow } from './packed-batch.ts';
import type { PackedBatch } from './packed-batch.ts';

/** Flows of one batch at most: some 1.5 MB before compression, far below what a server takes. */
const MAX_FLOWS = 5_000;
/** Windows that may wait for compression, each with up to --max-keys flows. */
const MAX_WAITING = 2;

/** What is the same in all batches of a process. */
export interface BatchOrigin {
  readonly nodeUid: string;
  readonly nodeName: string;
  readonly bootId: string;
  readonly epoch: string;
}

/** The source as it is when a window closes. */
export interface SourceState extends SourceHealth {
  readonly readLagMs: number;
}

export interface PackerOptions {
  readonly origin: BatchOrigin;
  readonly takeSequence: () => number;
  readonly queued: (batch: PackedBatch) => void;
  /** All of the window's flows are packed: its memory may serve another window. */
  readonly emptied: (aggregate: Aggregate) => void;
  /** Numbers could not be reserved: nothing more can be sent. */
  readonly failed: (error: unknown) => void;
}

export class Packer {
  readonly #options: PackerOptions;
  /** One writer for each way, since the second can come while the first is at work. */
  readonly #beside = new BodyWriter();
  readonly #atOnce = new BodyWriter();
  #waiting = 0;
  #chain: Promise<void> = Promise.resolve();

  constructor(options: PackerOptions) {
    this.#options = options;
  }

  /** At least one batch, even for a window in which nothing happened: that nothing happened is news too. */
  pack(window: ClosedWindow, source: SourceState): void {
    if (this.#waiting >= MAX_WAITING) {
      this.#packAtOnce(window, source);
      return;
    }
    this.#waiting++;
    this.#chain = this.#chain.then(() => this.#packBeside(window, source));
  }

  /** Resolves when everything given so far is in the queue. */
  idle(): Promise<void> {
    return this.#chain;
  }

  async #packBeside(window: ClosedWindow, source: SourceState): Promise<void> {
    try {
      for (const { head, flows } of this.#batches(window, source))
        this.#options.queued(await packBatch(head, flows, this.#beside));
    } catch (error) {
      this.#options.failed(error);
    } finally {
      this.#waiting--;
      this.#options.emptied(window.aggregate);
    }
  }

  #packAtOnce(window: ClosedWindow, source: SourceState): void {
    try {
      for (const { head, flows } of this.#batches(window, source))
        this.#options.queued(packBatchNow(head, flows, this.#atOnce));
    } catch (error) {
      this.#options.failed(error);
    } finally {
      this.#options.emptied(window.aggregate);
    }
  }

  *#batches(
    { start, end, aggregate, losses }: ClosedWindow,
    { kind, accounting, timestamps, readLagMs }: SourceState,
  ): Generator<{ readonly head: BatchHead; readonly flows: Iterable<Flow> }> {
    for (let from = 0; from === 0 || from < aggregate.keys; from += MAX_FLOWS) {
      const head: BatchHead = {
        version: 1,
        ...this.#options.origin,
        sequence: this.#options.takeSequence(),
        windowStart: start,
        windowEnd: end,
        readLagMs,
        source: { kind, accounting, timestamps },
        losses: from === 0 ? losses : { dropped: 0, skipped: {} },
      };
      yield { head, flows: aggregate.part(from, from + MAX_FLOWS) };
    }
  }
}
