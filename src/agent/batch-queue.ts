/**
 * Batches in memory: those waiting for an acknowledgement, in order; those acknowledged a while ago, in case the server
 * comes back with another database; and those it refused. All of it within one bound of bytes. It sends nothing.
 */
import type { PackedBatch } from './packed-batch.ts';

/** As DESIGN.md section 3: how far back a restored database may be. */
const KEEP_MS = 15 * 60_000;
/** Batches refused that are kept for another database to take. */
const MAX_PARKED = 100;

/** What the process holds for one batch besides its bytes. */
const OVERHEAD_BYTES = 512;

export interface QueueCounts {
  /** Batches given up, which became a loss. */
  dropped: number;
  /** Batches sent again because the server's database was another one. */
  resent: number;
  parked: number;
}

interface Kept {
  readonly batch: PackedBatch;
  /** By the wall clock, unix ms. */
  readonly acknowledgedAt: number;
}

export class BatchQueue {
  readonly counts: QueueCounts = { dropped: 0, resent: 0, parked: 0 };
  readonly #maxBytes: number;
  readonly #onLost: (batch: PackedBatch) => void;
  #pending: PackedBatch[] = [];
  #kept: Kept[] = [];
  #parked: PackedBatch[] = [];
  #bytes = 0;
  #inFlight: PackedBatch | null = null;
  #wake: (() => void) | null = null;

  /** `onLost` is told of each batch given up without an acknowledgement. */
  constructor(options: { readonly maxBytes: number; readonly onLost: (batch: PackedBatch) => void }) {
    this.#maxBytes = options.maxBytes;
    this.#onLost = options.onLost;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Batches waiting for an acknowledgement. */
  get pending(): number {
    return this.#pending.length;
  }

  get kept(): number {
    return this.#kept.length;
  }

  get parked(): number {
    return this.#parked.length;
  }

  /** Connections that wait to be told. */
  get pendingOpened(): number {
    return this.#pending.reduce((sum, batch) => sum + batch.opened, 0);
  }

  add(batch: PackedBatch, now: number): void {
    this.#pending.push(batch);
    this.#bytes += sizeOf(batch);
    this.#forgetOld(now);
    this.#fit();
    this.#wake?.();
  }

  /** The batch to send next, which stays until one of the calls below tells what became of it; null when there is none. */
  next(): PackedBatch | null {
    this.#inFlight = this.#pending[0] ?? null;
    return this.#inFlight;
  }

  /** Resolves when there may be something to send, or when the signal is aborted. */
  async waitForMore(signal: AbortSignal): Promise<void> {
    if (this.#pending.length > 0 || signal.aborted) return;
    await new Promise<void>((resolve) => {
      const done = (): void => {
        this.#wake = null;
        signal.removeEventListener('abort', done);
        resolve();
      };
      this.#wake = done;
      signal.addEventListener('abort', done);
    });
  }

  /** The batch in flight is durable at the server. */
  acknowledge(now: number): void {
    const batch = this.#settle();
    if (batch === null) return;
    this.#bytes += sizeOf(batch);
    this.#kept.push({ batch, acknowledgedAt: now });
    this.#forgetOld(now);
    this.#fit();
  }

  /** The server will never take the batch in flight. The oldest of too many refused ones is given up. */
  park(): void {
    const batch = this.#settle();
    if (batch === null) return;
    this.counts.parked++;
    this.#bytes += sizeOf(batch);
    this.#parked.push(batch);
    if (this.#parked.length > MAX_PARKED) this.#giveUp(this.#parked.shift());
    this.#fit();
  }

  /** The batch in flight travels as these instead, in its place. */
  replace(batches: readonly PackedBatch[]): void {
    if (this.#settle() === null) return;
    this.#pending.unshift(...batches);
    for (const batch of batches) this.#bytes += sizeOf(batch);
    this.#fit();
  }

  /** The batch in flight is to be sent again. */
  retry(): void {
    this.#inFlight = null;
  }

  /** The server's database is another one: all that is still here goes out again, oldest first. */
  resendAll(now: number): number {
    this.#forgetOld(now);
    const again = [...this.#kept.map(({ batch }) => batch), ...this.#parked];
    this.#kept = [];
    this.#parked = [];
    this.#pending = [...again, ...this.#pending].toSorted((a, b) => a.sequence - b.sequence);
    this.counts.resent += again.length;
    return again.length;
  }

  #settle(): PackedBatch | null {
    const batch = this.#inFlight;
    this.#inFlight = null;
    const place = batch === null ? -1 : this.#pending.indexOf(batch);
    if (batch === null || place < 0) return null;
    this.#pending.splice(place, 1);
    this.#bytes -= sizeOf(batch);
    return batch;
  }

  #forgetOld(now: number): void {
    const first = this.#kept.findIndex(({ acknowledgedAt }) => now - acknowledgedAt < KEEP_MS);
    const old = this.#kept.splice(0, first < 0 ? this.#kept.length : first);
    for (const { batch } of old) this.#bytes -= sizeOf(batch);
  }

  /** What is safe at the server goes first, then what it refused, then the oldest that waits; never the one in flight. */
  #fit(): void {
    while (this.#bytes > this.#maxBytes) {
      const kept = this.#kept.shift();
      if (kept !== undefined) {
        this.#bytes -= sizeOf(kept.batch);
        continue;
      }
      const parked = this.#parked.shift();
      if (parked !== undefined) {
        this.#giveUp(parked);
        continue;
      }
      const place = this.#pending.findIndex((batch) => batch !== this.#inFlight);
      if (place < 0) return;
      this.#giveUp(this.#pending.splice(place, 1)[0]);
    }
  }

  #giveUp(batch: PackedBatch | undefined): void {
    if (batch === undefined) return;
    this.#bytes -= sizeOf(batch);
    this.counts.dropped++;
    this.#onLost(batch);
  }
}

function sizeOf(batch: PackedBatch): number {
  return batch.rest.length + OVERHEAD_BYTES;
}
