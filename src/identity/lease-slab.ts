/**
 * The leases of all addresses with the bounds that hold among those of one, in one array of numbers: 56 bytes for each. Those of an
 * address are side by side in the order of `from`: first every `from`, then the rest of each. To find who held an address touches
 * little memory.
 */

import type { LeaseNumbers } from './pod-lease-view.ts';

/** Numbers of a lease besides its `from`. */
const UNTIL = 0; // infinite while open
const FORMER = 1; // the latest `until` of the leases before this one
const HELD_FROM = 2;
const HELD_UNTIL = 3; // NaN while nothing ended it
const REST = 6;

/** The last two of these numbers are four whole ones of 32 bits. */
const ROW = 8;
const HOLDER = 9;
const ORDINAL = 10;
const SOURCES = 11;
const WIDTH = 1 + REST;

/** Where the leases of an address are. */
export interface Room {
  /** In numbers from the beginning of the slab. */
  readonly first: number;
  /** How many leases. */
  readonly count: number;
}

/** Where one of them is. */
export interface SlabPlace extends Room {
  /** Among those of the address, from 0. */
  readonly place: number;
}

/** Whoever has room here and must know when it is elsewhere. */
export interface Tenant extends Room {
  movedTo(first: number): void;
}

export interface SlabLease {
  readonly from: number;
  readonly until: number | null;
  readonly heldFrom: number;
  readonly heldUntil: number | null;
  readonly row: number;
  readonly holder: number;
  readonly ordinal: number;
  /** The code of where the bounds come from. */
  readonly sources: number;
}

/** The last lease of an address was asked for, and there is none. */
export const NONE = -1;

const FIRST_CAPACITY = 64;
/** Little, because what it makes room for stays empty for long. */
const GROWTH = 1.125;
/** What is free is worth moving all else from one part in so many on: less would be used up too soon. */
const FEWEST_FREE = 8;

export class LeaseSlab {
  #numbers = new Float64Array(FIRST_CAPACITY * WIDTH);
  /** The same memory. */
  #words = new Uint32Array(this.#numbers.buffer);
  readonly #tenants: () => Iterable<Tenant>;
  #end = 0;
  /** Where room is free, by for how many leases. */
  #free: number[][] = [];
  #freeNumbers = 0;

  /** `tenants` are all that have room, in any order. */
  constructor(tenants: () => Iterable<Tenant>) {
    this.#tenants = tenants;
  }

  /** Room for so many leases. Others may be told that theirs has moved. */
  take(count: number): number {
    const free = this.#free[count]?.pop();
    if (free !== undefined) {
      this.#freeNumbers -= count * WIDTH;
      return free;
    }
    if (this.#end + count * WIDTH > this.#numbers.length) this.#makeRoom(count * WIDTH);
    const first = this.#end;
    this.#end += count * WIDTH;
    return first;
  }

  give({ first, count }: Room): void {
    if (count === 0) return;
    (this.#free[count] ??= []).push(first);
    this.#freeNumbers += count * WIDTH;
  }

  /** Fills the room with as many leases, by `from`. */
  put(room: Room, leases: readonly SlabLease[]): void {
    const numbers = this.#numbers;
    let former = Number.NEGATIVE_INFINITY;
    for (const [index, lease] of leases.entries()) {
      const at = restOf(room, index);
      const until = lease.until ?? Number.POSITIVE_INFINITY;
      numbers[room.first + index] = lease.from;
      numbers[at + UNTIL] = until;
      numbers[at + FORMER] = former;
      if (until > former) former = until;
      numbers[at + HELD_FROM] = lease.heldFrom;
      numbers[at + HELD_UNTIL] = lease.heldUntil ?? Number.NaN;
      this.#words[2 * at + ROW] = lease.row;
      this.#words[2 * at + HOLDER] = lease.holder;
      this.#words[2 * at + ORDINAL] = lease.ordinal;
      this.#words[2 * at + SOURCES] = lease.sources;
    }
  }

  lease(room: Room, index: number): SlabLease {
    const at = restOf(room, index);
    const until = this.#numbers[at + UNTIL] ?? 0;
    const heldUntil = this.#numbers[at + HELD_UNTIL] ?? Number.NaN;
    return {
      from: this.#numbers[room.first + index] ?? 0,
      until: until === Number.POSITIVE_INFINITY ? null : until,
      heldFrom: this.#numbers[at + HELD_FROM] ?? 0,
      heldUntil: Number.isNaN(heldUntil) ? null : heldUntil,
      row: this.#words[2 * at + ROW] ?? 0,
      holder: this.#words[2 * at + HOLDER] ?? 0,
      ordinal: this.#words[2 * at + ORDINAL] ?? 0,
      sources: this.#words[2 * at + SOURCES] ?? 0,
    };
  }

  numbers(room: Room, index: number): LeaseNumbers {
    const at = restOf(room, index);
    return [
      this.#numbers[room.first + index] ?? 0,
      this.#numbers[at + HELD_FROM] ?? 0,
      this.#numbers[at + HELD_UNTIL] ?? 0,
      this.#numbers[at + UNTIL] ?? 0,
      this.#words[2 * at + ORDINAL] ?? 0,
      this.#words[2 * at + SOURCES] ?? 0,
    ];
  }

  row(room: Room, index: number): number {
    return this.#words[2 * restOf(room, index) + ROW] ?? 0;
  }

  holder(room: Room, index: number): number {
    return this.#words[2 * restOf(room, index) + HOLDER] ?? 0;
  }

  setRow(room: Room, index: number, row: number): void {
    this.#words[2 * restOf(room, index) + ROW] = row;
  }

  /** The last lease that touches an instant of [start, end), by its place among those of the address; NONE when there is none. */
  lastDuring(room: Room, start: number, end: number): number {
    const { first } = room;
    const numbers = this.#numbers;
    let low = 0;
    let high = room.count;
    // The first that begins no earlier than `end`.
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((numbers[first + middle] ?? 0) < end) low = middle + 1;
      else high = middle;
    }
    return this.before(room, low, start);
  }

  /** The last lease before this place that touches an instant from `start` on; NONE when there is none. */
  before(room: Room, index: number, start: number): number {
    for (let place = index - 1; place >= 0; place--) {
      const at = restOf(room, place);
      if ((this.#numbers[at + UNTIL] ?? 0) > start) return place;
      if ((this.#numbers[at + FORMER] ?? 0) <= start) return NONE;
    }
    return NONE;
  }

  /** Whether no lease before this one touches an instant from `start` on. */
  isFirstSince(room: Room, index: number, start: number): boolean {
    return (this.#numbers[restOf(room, index) + FORMER] ?? 0) <= start;
  }

  #makeRoom(length: number): void {
    if (this.#freeNumbers * FEWEST_FREE > this.#end) this.#closeUp();
    const needed = this.#end + length;
    if (needed <= this.#numbers.length) return;
    const numbers = new Float64Array(Math.ceil(needed * GROWTH));
    numbers.set(this.#numbers.subarray(0, this.#end));
    this.#numbers = numbers;
    this.#words = new Uint32Array(numbers.buffer);
  }

  /** Moves everything together, in place. */
  #closeUp(): void {
    const tenants = [...this.#tenants()].filter(({ count }) => count > 0);
    this.#end = 0;
    for (const tenant of tenants.toSorted((a, b) => a.first - b.first)) {
      const { first, count } = tenant;
      this.#numbers.copyWithin(this.#end, first, first + count * WIDTH);
      tenant.movedTo(this.#end);
      this.#end += count * WIDTH;
    }
    this.#free = [];
    this.#freeNumbers = 0;
  }
}

function restOf({ first, count }: Room, index: number): number {
  return first + count + index * REST;
}
