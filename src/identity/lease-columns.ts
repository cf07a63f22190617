/**
 * The numbers of a million leases in two typed arrays: some 100 bytes each, beside the holders, which leases share. A row is a lease;
 * rows that were freed are used again, and memory is given back when half of them are free.
 */
import type { BoundSource, BoundSources } from '../domain/lease.ts';
import type { EffectiveBounds } from './mutual-bounds.ts';
import type { RawBounds } from './pod-lease.ts';

const SOURCES: readonly (BoundSource | null)[] = [
  null,
  'created',
  'pod-start',
  'last-seen-before',
  'former-finish',
  'former-holder',
  'unbounded',
  'sandbox-ready',
  'container-start',
  'observed',
  'container-finish',
  'last-word',
  'deletion-request',
  'sandbox-gone',
  'removed',
  'finished-60s',
  'next-sandbox',
  'node-rebooted',
  'next-holder',
  'restored',
];
const CODES: ReadonlyMap<BoundSource | null, number> = new Map(SOURCES.map((source, code) => [source, code]));
const CODE_BITS = 5;
const CODE_MASK = 31;

/** Columns of times: what holds among all leases of the address first, which is what is asked for. */
const FROM = 0;
const UNTIL = 1; // infinite while open
const HELD_FROM = 2;
const HELD_UNTIL = 3; // NaN while nothing ended it
const RAW_FROM = 4;
const RAW_UNTIL = 5;
const RAW_HELD_UNTIL = 6;
const PROVEN_AT = 7;
const RAW_HELD_FROM = 8;
const TIMES = 9;

const HOLDER = 0;
const ORDINAL = 1;
const RAW_SOURCES = 2;
const LIVE_SOURCES = 3;
const NUMBERS = 4;

const FIRST_CAPACITY = 256;
const GROWTH = 1.5;

export class LeaseColumns {
  #times = new Float64Array(FIRST_CAPACITY * TIMES);
  #numbers = new Uint32Array(FIRST_CAPACITY * NUMBERS);
  /** Decoded once for each combination that occurs. */
  readonly #decoded = new Map<number, BoundSources>();
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
    this.setRaw(row, bounds);
    // Until it is settled, a new lease is no candidate at any time.
    this.#times[row * TIMES + FROM] = Number.POSITIVE_INFINITY;
    this.#times[row * TIMES + UNTIL] = Number.NEGATIVE_INFINITY;
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

  from(row: number): number {
    return this.#times[row * TIMES + FROM] ?? 0;
  }

  /** Infinite while open. */
  until(row: number): number {
    return this.#times[row * TIMES + UNTIL] ?? 0;
  }

  heldFrom(row: number): number {
    return this.#times[row * TIMES + HELD_FROM] ?? 0;
  }

  heldUntil(row: number): number | null {
    const at = this.#times[row * TIMES + HELD_UNTIL] ?? Number.NaN;
    return Number.isNaN(at) ? null : at;
  }

  sources(row: number): BoundSources {
    return this.#sourcesOf(this.#numbers[row * NUMBERS + LIVE_SOURCES] ?? 0);
  }

  raw(row: number): RawBounds {
    const at = row * TIMES;
    const times = this.#times;
    return {
      from: times[at + RAW_FROM] ?? 0,
      heldFrom: times[at + RAW_HELD_FROM] ?? 0,
      provenAt: times[at + PROVEN_AT] ?? 0,
      heldUntil: nullable(times[at + RAW_HELD_UNTIL]),
      until: nullable(times[at + RAW_UNTIL]),
      sources: this.#sourcesOf(this.#numbers[row * NUMBERS + RAW_SOURCES] ?? 0),
    };
  }

  /** Whether anything of it is new. */
  setRaw(row: number, bounds: RawBounds): boolean {
    const at = row * TIMES;
    const times = this.#times;
    const isNew =
      times[at + RAW_FROM] !== bounds.from ||
      times[at + RAW_HELD_FROM] !== bounds.heldFrom ||
      times[at + PROVEN_AT] !== bounds.provenAt ||
      nullable(times[at + RAW_HELD_UNTIL]) !== bounds.heldUntil ||
      nullable(times[at + RAW_UNTIL]) !== bounds.until;
    times[at + RAW_FROM] = bounds.from;
    times[at + RAW_HELD_FROM] = bounds.heldFrom;
    times[at + PROVEN_AT] = bounds.provenAt;
    times[at + RAW_HELD_UNTIL] = bounds.heldUntil ?? Number.NaN;
    times[at + RAW_UNTIL] = bounds.until ?? Number.NaN;
    const { from, heldFrom, heldUntil, until } = bounds.sources;
    this.#numbers[row * NUMBERS + RAW_SOURCES] = encoded(from, heldFrom, heldUntil, until);
    return isNew;
  }

  /** Whether anything of it is new. */
  setEffective(row: number, bounds: EffectiveBounds): boolean {
    const at = row * TIMES;
    const times = this.#times;
    const isNew =
      times[at + FROM] !== bounds.from ||
      times[at + HELD_FROM] !== bounds.heldFrom ||
      this.until(row) !== (bounds.until ?? Number.POSITIVE_INFINITY) ||
      this.heldUntil(row) !== bounds.heldUntil;
    times[at + HELD_FROM] = bounds.heldFrom;
    times[at + FROM] = bounds.from;
    times[at + UNTIL] = bounds.until ?? Number.POSITIVE_INFINITY;
    times[at + HELD_UNTIL] = bounds.heldUntil ?? Number.NaN;
    const raw = this.#numbers[row * NUMBERS + RAW_SOURCES] ?? 0;
    const heldFrom = this.#sourcesOf(raw).heldFrom;
    this.#numbers[row * NUMBERS + LIVE_SOURCES] = encoded(
      bounds.fromSource,
      heldFrom,
      bounds.heldUntilSource,
      bounds.untilSource,
    );
    return isNew;
  }

  /** A row of other columns, as a new one of these. */
  copy(from: LeaseColumns, row: number): number {
    const now = this.#nextRow();
    this.#times.set(from.#times.subarray(row * TIMES, (row + 1) * TIMES), now * TIMES);
    this.#numbers.set(from.#numbers.subarray(row * NUMBERS, (row + 1) * NUMBERS), now * NUMBERS);
    return now;
  }

  #sourcesOf(code: number): BoundSources {
    const known = this.#decoded.get(code);
    if (known !== undefined) return known;
    const [from, heldFrom, heldUntil, until] = [0, 1, 2, 3].map(
      (place) => SOURCES[(code >>> (place * CODE_BITS)) & CODE_MASK] ?? null,
    );
    const sources: BoundSources = {
      from: from ?? 'restored',
      heldFrom: heldFrom ?? 'restored',
      heldUntil: heldUntil ?? null,
      until: until ?? null,
    };
    this.#decoded.set(code, sources);
    return sources;
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

function encoded(
  from: BoundSource,
  heldFrom: BoundSource,
  heldUntil: BoundSource | null,
  until: BoundSource | null,
): number {
  return [from, heldFrom, heldUntil, until].reduce(
    (code, source, place) => code | ((CODES.get(source) ?? 0) << (place * CODE_BITS)),
    0,
  );
}

function nullable(at: number | undefined): number | null {
  return at === undefined || Number.isNaN(at) ? null : at;
}
