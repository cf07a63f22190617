/** The leases of one address in the order of `from`, laid out so that finding those of an interval touches little memory. */
import type { IpAddress } from '../domain/ip.ts';
import type { LeaseRow } from './lease-table.ts';

/** Numbers kept for each lease. */
const FROM = 0;
const UNTIL = 1;
/** The latest `until` up to this lease. */
const REACH = 2;
const ROW = 3;
const WIDTH = 4;

export class AddressLeases {
  readonly ip: IpAddress;
  /** All numbers of all leases in one array, which the engine keeps as plain doubles. */
  #numbers: number[] = [];
  /** Added since they were put in order. */
  #added: LeaseRow[] | null = null;

  constructor(ip: IpAddress) {
    this.ip = ip;
  }

  /** By `from`, but for those that were added since they were put in order. */
  rows(): LeaseRow[] {
    const rows: LeaseRow[] = [];
    for (let at = 0; at < this.#numbers.length; at += WIDTH) rows.push(this.#numbers[at + ROW] ?? 0);
    return this.#added === null ? rows : [...rows, ...this.#added];
  }

  add(row: LeaseRow): void {
    this.#added ??= [];
    this.#added.push(row);
  }

  /** Takes these rows, in the order of `from`, with their bounds. */
  arrange(
    rows: readonly LeaseRow[],
    bounds: { from(row: LeaseRow): number; until(row: LeaseRow): number },
  ): void {
    const numbers: number[] = [];
    let reach = Number.NEGATIVE_INFINITY;
    for (const row of rows) {
      const until = bounds.until(row);
      if (until > reach) reach = until;
      numbers.push(bounds.from(row), until, reach, row);
    }
    // A copy has no room to spare, and there are as many as addresses.
    this.#numbers = numbers.slice();
    this.#added = null;
  }

  /** Tells `found` the leases that touch an instant of [start, end), the last of them first. */
  during(start: number, end: number, found: (row: LeaseRow) => void): void {
    const numbers = this.#numbers;
    for (let at = this.#startOf(end) - WIDTH; at >= 0; at -= WIDTH) {
      if ((numbers[at + REACH] ?? 0) <= start) return;
      if ((numbers[at + UNTIL] ?? 0) > start) found(numbers[at + ROW] ?? 0);
    }
  }

  /** Where the first lease stands that begins no earlier than this instant. */
  #startOf(end: number): number {
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
