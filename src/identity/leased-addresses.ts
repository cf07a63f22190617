/** The addresses that have leases, and which of those touch a time. */
import type { IpAddress } from '../domain/ip.ts';
import { AddressIndex, NO_ENTRY } from './address-index.ts';
import { AddressLeases } from './address-leases.ts';
import { LeaseSlab, NONE } from './lease-slab.ts';
import type { Room, SlabLease, SlabPlace } from './lease-slab.ts';

export class LeasedAddresses {
  readonly #index = new AddressIndex();
  /** By their numbers in the index. */
  readonly #addresses: (AddressLeases | undefined)[] = [];
  /** Of all of them, read at the places that `onlyDuring` gives. */
  readonly slab = new LeaseSlab(() => this.all());
  readonly #memory = { index: this.#index, slab: this.slab };

  all(): AddressLeases[] {
    return this.#addresses.filter((each) => each !== undefined);
  }

  get(ip: IpAddress): AddressLeases | undefined {
    const entry = this.#index.entryOf(ip);
    return entry === NO_ENTRY ? undefined : this.#addresses[this.#index.number(entry)];
  }

  /** Without leases when it is new. */
  getOrAdd(ip: IpAddress): AddressLeases {
    const known = this.get(ip);
    if (known !== undefined) return known;
    const address = new AddressLeases(ip, this.#memory);
    this.#addresses[this.#index.add(ip)] = address;
    return address;
  }

  /** An address whose leases were all removed. */
  forget(ip: IpAddress): void {
    const entry = this.#index.entryOf(ip);
    if (entry === NO_ENTRY) return;
    this.#addresses[this.#index.number(entry)] = undefined;
    this.#index.forget(ip);
  }

  /** Leases whose outer bounds touch an instant of [start, end), by `from`. */
  during(ip: IpAddress, start: number, end: number): SlabLease[] {
    const room = this.#roomOf(ip);
    const leases: SlabLease[] = [];
    if (room === null) return leases;
    for (let place = this.slab.lastDuring(room, start, end); place !== NONE;) {
      leases.push(this.slab.lease(room, place));
      place = this.slab.before(room, place, start);
    }
    return leases.length > 1 ? leases.toReversed() : leases;
  }

  /** Where the only one of those is; null when there is none or more. */
  onlyDuring(ip: IpAddress, start: number, end: number): SlabPlace | null {
    const entry = this.#index.entryOf(ip);
    if (entry === NO_ENTRY) return null;
    const found = { first: this.#index.first(entry), count: this.#index.count(entry), place: NONE };
    found.place = this.slab.lastDuring(found, start, end);
    return found.place !== NONE && this.slab.isFirstSince(found, found.place, start) ? found : null;
  }

  /** Whether `isMeant` holds of the holder of any lease of the address. */
  hasHolder(ip: IpAddress, isMeant: (holder: number) => boolean): boolean {
    const room = this.#roomOf(ip);
    if (room === null) return false;
    for (let place = 0; place < room.count; place++) if (isMeant(this.slab.holder(room, place))) return true;
    return false;
  }

  #roomOf(ip: IpAddress): Room | null {
    const entry = this.#index.entryOf(ip);
    return entry === NO_ENTRY ? null : { first: this.#index.first(entry), count: this.#index.count(entry) };
  }
}
