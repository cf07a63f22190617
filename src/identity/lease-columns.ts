/**
 * What the book knows of each lease by the facts of its holder alone: the numbers of a million leases in two typed arrays, some 50 bytes
 * each. A row is a lease; rows that were freed are used again.
 */
import type { RawBounds } from './pod-lease.ts';
import { codeOf, SourceCodes } from './source-codes.ts';

const FROM = 0;
const HELD_FROM = 1;
const PROVEN_AT = 2;
const HELD_UNTIL = 3; // NaN while nothing ended it
const UNTIL = 4; // NaN while unknown
const TIMES = 5;

const HOLDER = 0;
const ORDINAL = 1;
const SOURCES = 2;
const NUMBERS = 3;

const FIRST_CAPACITY = 256;
/** Little, because what it makes room for stays empty for long. */
const GROWTH = 1.125;

export class LeaseColumns {
  #times = new Float64Array(FIRST_CAPACITY * TIMES);
  #numbers = new Uint32Array(FIRST_CAPACITY * NUMBERS);
  readonly #codes = new SourceCodes();
  #rows = 0;
  readonly #free: number[] = [];

  /** How many rows are in use. */
  get size(): number {
    return this.#rows - this.#free.length;
  }

  /** How many rows are free. */
  get spare(): number {
    return this.#free.length;
  }

  add(holder: number, ordinal: number, bounds: RawBounds): number {
    const row = this.#free.pop() ?? this.#nextRow();
    this.#numbers[row * NUMBERS + HOLDER] = holder;
    this.#numbers[row * NUMBERS + ORDINAL] = ordinal;
    this.set(row, bounds);
    return row;
  }

  free(row: number): void {
    this.#free.push(row);
  }

  holder(row: number): number {
    return this.#numbers[row * NUMBERS + HOLDER] ?? 0;
  }

  ordinal(row: number): number {
    return this.#numbers[row * NUMBERS + ORDINAL] ?? 0;
  }

  bounds(row: number): RawBounds {
    const at = row * TIMES;
    const times = this.#times;
    return {
      from: times[at + FROM] ?? 0,
      heldFrom: times[at + HELD_FROM] ?? 0,
      provenAt: times[at + PROVEN_AT] ?? 0,
      heldUntil: nullable(times[at + HELD_UNTIL]),
      until: nullable(times[at + UNTIL]),
      sources: this.#codes.sourcesOf(this.#numbers[row * NUMBERS + SOURCES] ?? 0),
    };
  }

  /** Whether any of the times is new. */
  set(row: number, bounds: RawBounds): boolean {
    const at = row * TIMES;
    const times = this.#times;
    const isNew =
      times[at + FROM] !== bounds.from ||
      times[at + HELD_FROM] !== bounds.heldFrom ||
      times[at + PROVEN_AT] !== bounds.provenAt ||
      nullable(times[at + HELD_UNTIL]) !== bounds.heldUntil ||
      nullable(times[at + UNTIL]) !== bounds.until;
    times[at + FROM] = bounds.from;
    times[at + HELD_FROM] = bounds.heldFrom;
    times[at + PROVEN_AT] = bounds.provenAt;
    times[at + HELD_UNTIL] = bounds.heldUntil ?? Number.NaN;
    times[at + UNTIL] = bounds.until ?? Number.NaN;
    this.#numbers[row * NUMBERS + SOURCES] = codeOf(bounds.sources);
    return isNew;
  }

  /** A row of other columns, as a new one of these. */
  copy(from: LeaseColumns, row: number): number {
    const now = this.#nextRow();
    this.#times.set(from.#times.subarray(row * TIMES, (row + 1) * TIMES), now * TIMES);
    this.#numbers.set(from.#numbers.subarray(row * NUMBERS, (row + 1) * NUMBERS), now * NUMBERS);
    return now;
  }

  #nextRow(): number {
    const row = this.#rows++;
    if (row * TIMES < this.#times.length) return row;
    const capacity = Math.ceil(row * GROWTH);
    const times = new Float64Array(capacity * TIMES);
    times.set(this.#times);
    this.#times = times;
    const numbers = new Uint32Array(capacity * NUMBERS);
    numbers.set(this.#numbers);
    this.#numbers = numbers;
    return row;
  }
}

function nullable(at: number | undefined): number | null {
  return at === undefined || Number.isNaN(at) ? null : at;
}
