/**
 * Collects what a source says into one batch window after another. It has no timer: the agent closes a window when its
 * time is over, and at once when it tells that it is full.
 */
import type { Sighting } from '../conntrack/flow-of.ts';
import type { Losses } from '../wire/batch.ts';
import { Aggregate } from './aggregate.ts';
import { LossTally } from './losses.ts';

export interface ClosedWindow {
  /** Unix ms by the node's clock, whole; the next window begins where this one ends. */
  readonly start: number;
  readonly end: number;
  readonly aggregate: Aggregate;
  readonly losses: Losses;
}

/** Sightings by kind since the start of the process. */
export interface SightingCounts {
  opened: number;
  answered: number;
  present: number;
  counters: number;
  nothing: number;
}

export class BatchWindow {
  readonly counts: SightingCounts = { opened: 0, answered: 0, present: 0, counters: 0, nothing: 0 };
  /** Everything lost since the start of the process. */
  readonly allLosses = new LossTally();
  readonly #losses = new LossTally();
  readonly #maxKeys: number;
  #aggregate = new Aggregate();
  #spare: Aggregate | null = null;
  #start: number | null = null;

  /** `maxKeys` distinct flows make it full. */
  constructor(maxKeys: number) {
    this.#maxKeys = maxKeys;
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
    return this.#aggregate.keys >= this.#maxKeys;
  }

  /** `at` is unix ms: the dump's own time for a presence. */
  add(sighting: Sighting, at: number): void {
    this.counts[sighting.kind]++;
    if (sighting.kind === 'nothing') this.skipped(sighting.reason, 1);
    else this.#aggregate.add(sighting, Math.floor(at));
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

  /** Ends a window and begins the next one. */
  turn(now: number): ClosedWindow {
    const closed = this.close(now);
    this.open(now);
    return closed;
  }

  /**
   * Ends a window; what comes before the next `open` joins the window after it. A wall clock that stepped back gives a
   * window without length, never one that ends before it starts.
   */
  close(now: number): ClosedWindow {
    const end = Math.ceil(now);
    const start = this.#start ?? end;
    const closed = {
      start,
      end: Math.max(start, end),
      aggregate: this.#aggregate,
      losses: this.#losses.take(),
    };
    this.#aggregate = this.#spare ?? new Aggregate();
    this.#spare = null;
    this.#start = null;
    return closed;
  }

  /** Takes the memory of a window that was closed and packed, so that a busy node makes no garbage of it. */
  reuse(aggregate: Aggregate): void {
    aggregate.clear();
    this.#spare = aggregate;
  }
}
