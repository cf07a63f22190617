/** The leases of one address in the order of `from`, with the bounds that hold among all of them. */
import type { IpAddress } from '../domain/ip.ts';
import type { AddressIndex } from './address-index.ts';
import type { LeaseSlab, SlabLease, Tenant } from './lease-slab.ts';
import type { EffectiveBounds } from './mutual-bounds.ts';
import { codeOf } from './source-codes.ts';

/** Where a lease stands among those of its address, until they are arranged anew. */
export type Place = number;

/** A lease with the bounds that hold among all leases of the address. */
export interface ArrangedLease {
  readonly row: number;
  readonly holder: number;
  readonly ordinal: number;
  readonly bounds: EffectiveBounds;
}

/** Where all addresses have their leases. */
export interface LeaseMemory {
  readonly index: AddressIndex;
  readonly slab: LeaseSlab;
}

export class AddressLeases implements Tenant {
  readonly ip: IpAddress;
  readonly #memory: LeaseMemory;
  #first = 0;
  #count = 0;
  /** Added since they were arranged. */
  #added: number[] | null = null;

  constructor(ip: IpAddress, memory: LeaseMemory) {
    this.ip = ip;
    this.#memory = memory;
  }

  get first(): number {
    return this.#first;
  }

  get count(): number {
    return this.#count;
  }

  movedTo(first: number): void {
    this.#first = first;
    this.#memory.index.set(this.ip, first, this.#count);
  }

  /** Rows by `from`, and then those that were added since. */
  rows(): number[] {
    const rows: number[] = [];
    for (let place = 0; place < this.#count; place++) rows.push(this.row(place));
    return this.#added === null ? rows : [...rows, ...this.#added];
  }

  add(row: number): void {
    this.#added ??= [];
    this.#added.push(row);
  }

  arrange(leases: readonly ArrangedLease[]): void {
    this.#put(
      leases
        .map(({ row, holder, ordinal, bounds }) => {
          const { from, heldFrom, heldUntil, until, sources } = bounds;
          return { row, holder, ordinal, sources: codeOf(sources), from, heldFrom, heldUntil, until };
        })
        .toSorted((a, b) => a.from - b.from || a.heldFrom - b.heldFrom || a.row - b.row),
    );
    this.#added = null;
  }

  /** Takes some out; the bounds of the others stay as they are. */
  remove(rows: ReadonlySet<number>): void {
    const leases = Array.from({ length: this.#count }, (_, place) => this.lease(place));
    this.#put(leases.filter(({ row }) => !rows.has(row)));
  }

  renumber(moved: ReadonlyMap<number, number>): void {
    for (let place = 0; place < this.#count; place++)
      this.#memory.slab.setRow(this, place, moved.get(this.row(place)) ?? this.row(place));
  }

  /** Where this lease stands; null when it was not arranged yet. */
  placeOf(row: number): Place | null {
    for (let place = 0; place < this.#count; place++) if (this.row(place) === row) return place;
    return null;
  }

  lease(place: Place): SlabLease {
    return this.#memory.slab.lease(this, place);
  }

  row(place: Place): number {
    return this.#memory.slab.row(this, place);
  }

  #put(leases: readonly SlabLease[]): void {
    const { index, slab } = this.#memory;
    if (leases.length !== this.#count) {
      slab.give(this);
      // Whoever has none is not moved while room is made.
      this.#count = 0;
      this.#first = slab.take(leases.length);
      this.#count = leases.length;
      index.set(this.ip, this.#first, this.#count);
    }
    slab.put(this, leases);
  }
}
