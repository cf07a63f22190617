/**
 * Turns closed windows into numbered batches of bounded size and puts them into the queue. All of it at once, so that a
 * window's memory is free for the next one: of the most that a window holds, it takes a tenth of a second, for which the
 * kernel's queue has room.
 */
import type { SourceHealth } from '../wire/batch.ts';
import type { ClosedWindow } from './batch-window.ts';
import { BodyWriter } from './body-writer.ts';
import type { BatchHead } from './body-writer.ts';
import { packBatch } from './packed-batch.ts';
import type { Compression, PackedBatch } from './packed-batch.ts';

/** Flows of one batch at most: some 1.5 MB before compression, far below what a server takes. */
const MAX_FLOWS = 5_000;

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
  /** What the server takes, as far as is known. */
  readonly compression: () => Compression;
  readonly queued: (batch: PackedBatch) => void;
}

export class Packer {
  readonly #options: PackerOptions;
  readonly #writer = new BodyWriter();

  constructor(options: PackerOptions) {
    this.#options = options;
  }

  /**
   * At least one batch, even for a window in which nothing happened: that nothing happened is news too. Throws when numbers
   * cannot be reserved: nothing more can be sent then.
   */
  pack({ table, ...window }: ClosedWindow, source: SourceState): void {
    const { flows } = table;
    const { compression, queued } = this.#options;
    let from = flows.first;
    do {
      const head = this.#headOf(window, source, from === flows.first);
      const body = this.#writer.write(head, table, { from, most: MAX_FLOWS });
      queued(packBatch(head, body, compression()));
      from = body.next;
    } while (from < flows.end);
  }

  #headOf(
    { start, end, losses }: Omit<ClosedWindow, 'table'>,
    { kind, accounting, timestamps, readLagMs }: SourceState,
    isFirst: boolean,
  ): BatchHead {
    return {
      version: 1,
      ...this.#options.origin,
      sequence: this.#options.takeSequence(),
      windowStart: start,
      windowEnd: end,
      readLagMs,
      source: { kind, accounting, timestamps },
      losses: isFirst ? losses : { dropped: 0, skipped: {} },
    };
  }
}
