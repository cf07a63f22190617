/**
 * Collects what a source says into one batch window after another. It has no timer: the agent closes a window when its
 * time is over, and at once when it tells that it is full.
 */
import type { SpokenSighting } from '../conntrack/source.ts';
import type { Losses } from '../wire/batch.ts';
import { Aggregate } from './aggregate.ts';
import type { FlowTable } from './flow-table.ts';
import { LossTally } from './losses.ts';

/** Rows of earlier seconds and of dumps for each key that a window may hold: memory is bounded by both. */
const ROWS_A_KEY = 2;

export interface ClosedWindow {
  /** Unix ms by the node's clock, whole; the next window begins where this one ends. */
  readonly start: number;
  readonly end: number;
  readonly table: FlowTable;
  readonly losses: Losses;
}

/** Sightings by kind since the start of the process. */
export interface SightingCounts {
  opened: number;
  answered: number;
  present: number;
  counters: number;
}

export class BatchWindow {
  readonly counts: SightingCounts = { opened: 0, answered: 0, present: 0, counters: 0 };
  /** Everything lost since the start of the process. */
  readonly allLosses = new LossTally();
  readonly #losses = new LossTally();
  readonly #maxKeys: number;
  readonly #aggregate: Aggregate;
  #start: number | null = null;

  /** `maxKeys` distinct flows make it full. */
  constructor(maxKeys: number) {
    this.#maxKeys = maxKeys;
    this.#aggregate = new Aggregate({ keys: maxKeys, seconds: maxKeys * ROWS_A_KEY });
  }

  /** Whether the source is watched: only such a time is a window. */
  get isOpen(): boolean {
    return this.#start !== null;
  }

  /** Distinct flows held. */
  get keys(): number {
    return this.#aggregate.keys;
  }

  /** Whether a batch made of it now would tell anything. */
  get hasNews(): boolean {
    return this.isOpen || this.#aggregate.keys > 0 || !this.#losses.isEmpty;
  }

  get isFull(): boolean {
    const { flows, otherRows } = this.#aggregate.table;
    return flows.count >= this.#maxKeys || otherRows >= this.#maxKeys * ROWS_A_KEY;
  }

  add(said: SpokenSighting): void {
    // Nearly all are of this kind, and V8 is slow to find a field by a name that varies.
    if (said.kind === 'opened') this.counts.opened++;
    else this.counts[said.kind]++;
    this.#aggregate.say(said);
  }

  /** The kernel dropped so many events. */
  lost(count: number): void {
    this.#losses.lost(count);
    this.allLosses.lost(count);
  }

  /** So many entries were left out. */
  skipped(reason: string, count: number): void {
    this.#losses.skipped(reason, count);
    this.allLosses.skipped(reason, count);
  }

  /** An earlier batch will not reach the server: the next one tells that, and what the earlier one had to tell. */
  gaveUp(batch: { readonly losses: Losses; readonly opened: number }): void {
    this.#losses.add(batch.losses);
    this.skipped('not-sent', batch.opened);
  }

  /** The source sees everything from now on, unix ms. */
  open(now: number): void {
    this.#start ??= Math.ceil(now);
  }

  /** Ends a window and begins the next one. As `close` for the rest. */
  turn(now: number, pack: (closed: ClosedWindow) => void): void {
    this.close(now, pack);
    this.open(now);
  }

  /**
   * Ends a window; what comes before the next `open` joins the window after it. A wall clock that stepped back gives a
   * window without length, never one that ends before it starts. Its memory serves the next window: what is closed holds
   * until `pack` returns.
   */
  close(now: number, pack: (closed: ClosedWindow) => void): void {
    const end = Math.ceil(now);
    const start = this.#start ?? end;
    const { table } = this.#aggregate;
    this.#start = null;
    try {
      pack({ start, end: Math.max(start, end), table, losses: this.#losses.take() });
    } finally {
      table.clear();
    }
  }
}
