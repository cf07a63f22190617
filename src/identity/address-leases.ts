/**
 * The leases of one address in the order of `from`, with the bounds that hold among all of them, laid out so that finding those of an
 * interval touches little memory: 64 bytes for each, side by side.
 */
import type { IpAddress } from '../domain/ip.ts';
import type { EffectiveBounds } from './mutual-bounds.ts';
import { codeOf } from './source-codes.ts';

/** Numbers of a lease. */
const FROM = 0;
const UNTIL = 1; // infinite while open
const REACH = 2; // the latest `until` up to this lease
const HELD_FROM = 3;
const HELD_UNTIL = 4; // NaN while nothing ended it
const HOLDER = 5;
const LABEL = 6; // the ordinal above the code of the sources
const ROW = 7;
const WIDTH = 8;

const CODES = 2 ** 20;

/** Where a lease stands among those of its address, until they are arranged anew. */
export type Place = number;

/** A lease with the bounds that hold among all leases of the address. */
export interface ArrangedLease {
  readonly row: number;
  readonly holder: number;
  readonly ordinal: number;
  readonly bounds: EffectiveBounds;
}

export class AddressLeases {
  readonly ip: IpAddress;
  /** One array that the engine keeps as plain doubles. */
  #numbers: readonly number[] = [];
  /** Added since they were arranged. */
  #added: number[] | null = null;

  constructor(ip: IpAddress) {
    this.ip = ip;
  }

  /** Rows by `from`, and then those that were added since. */
  rows(): number[] {
    const rows: number[] = [];
    for (let at = 0; at < this.#numbers.length; at += WIDTH) rows.push(this.#numbers[at + ROW] ?? 0);
    return this.#added === null ? rows : [...rows, ...this.#added];
  }

  add(row: number): void {
    this.#added ??= [];
    this.#added.push(row);
  }

  arrange(leases: readonly ArrangedLease[]): void {
    const ordered = leases.toSorted(
      (a, b) => a.bounds.from - b.bounds.from || a.bounds.heldFrom - b.bounds.heldFrom || a.row - b.row,
    );
    let reach = Number.NEGATIVE_INFINITY;
    const numbers: number[] = [];
    for (const { row, holder, ordinal, bounds } of ordered) {
      const { from, heldFrom, heldUntil } = bounds;
      const until = bounds.until ?? Number.POSITIVE_INFINITY;
      if (until > reach) reach = until;
      const label = ordinal * CODES + codeOf(bounds.sources);
      numbers.push(from, until, reach, heldFrom, heldUntil ?? Number.NaN, holder, label, row);
    }
    // A copy has no room to spare, and there are as many as addresses.
    this.#numbers = numbers.slice();
    this.#added = null;
  }

  /** Takes some out; the bounds of the others stay as they are. */
  remove(rows: ReadonlySet<number>): void {
    const kept: number[] = [];
    let reach = Number.NEGATIVE_INFINITY;
    for (let at = 0; at < this.#numbers.length; at += WIDTH) {
      if (rows.has(this.row(at))) continue;
      reach = Math.max(reach, this.until(at));
      kept.push(...this.#numbers.slice(at, at + WIDTH).with(REACH, reach));
    }
    this.#numbers = kept.slice();
  }

  renumber(moved: ReadonlyMap<number, number>): void {
    const rows = (at: number): number => moved.get(this.row(at)) ?? this.row(at);
    this.#numbers = this.#numbers.map((value, index) => (index % WIDTH === ROW ? rows(index - ROW) : value));
  }

  /** Where this lease stands; null when it was not arranged yet. */
  placeOf(row: number): Place | null {
    for (let at = 0; at < this.#numbers.length; at += WIDTH) if (this.#numbers[at + ROW] === row) return at;
    return null;
  }

  from(place: Place): number {
    return this.#numbers[place + FROM] ?? 0;
  }

  /** Infinite while open. */
  until(place: Place): number {
    return this.#numbers[place + UNTIL] ?? 0;
  }

  heldFrom(place: Place): number {
    return this.#numbers[place + HELD_FROM] ?? 0;
  }

  heldUntil(place: Place): number | null {
    const at = this.#numbers[place + HELD_UNTIL] ?? Number.NaN;
    return Number.isNaN(at) ? null : at;
  }

  holder(place: Place): number {
    return this.#numbers[place + HOLDER] ?? 0;
  }

  ordinal(place: Place): number {
    return Math.floor((this.#numbers[place + LABEL] ?? 0) / CODES);
  }

  /** The code of where its bounds come from. */
  sources(place: Place): number {
    return (this.#numbers[place + LABEL] ?? 0) % CODES;
  }

  row(place: Place): number {
    return this.#numbers[place + ROW] ?? 0;
  }

  /** The last lease that touches an instant of [start, end), before `before`; null when there is none. */
  lastDuring(start: number, end: number, before: Place = this.#startOf(end)): Place | null {
    const numbers = this.#numbers;
    for (let at = before - WIDTH; at >= 0; at -= WIDTH) {
      if ((numbers[at + REACH] ?? 0) <= start) return null;
      if ((numbers[at + UNTIL] ?? 0) > start) return at;
    }
    return null;
  }

  /** Where the first lease stands that begins no earlier than this instant. */
  #startOf(end: number): Place {
    const numbers = this.#numbers;
    let low = 0;
    let high = Math.trunc(numbers.length / WIDTH);
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((numbers[middle * WIDTH + FROM] ?? 0) < end) low = middle + 1;
      else high = middle;
    }
    return low * WIDTH;
  }
}
