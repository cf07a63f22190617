/**
 * Where the leases of each address are: one flat table, found by the 32 bits of an IPv4 address or a hash of an IPv6 one. A question
 * comes with a text that was just parsed, whose letters a Map would have to hash and compare with others far away.
 */
import { ipv4Bits } from '../domain/ip.ts';
import type { IpAddress } from '../domain/ip.ts';

/** Where an address stands in the index, until another one is added or forgotten. */
export type Entry = number;

export const NO_ENTRY = -1;

/** Numbers of an entry. */
const KEY = 0;
const NUMBER = 1; // one more than the number of the address, and above it the family; 0 where there is no address
const FIRST = 2;
const COUNT = 3;
const WIDTH = 4;

const FAMILY_6 = 2 ** 31;
const FIRST_CAPACITY = 64;
/** At most so many of four entries are in use. */
const FULLEST = 3;
/** 2^32 divided by the golden ratio: neighbours are spread over the whole table (Knuth, The Art of Computer Programming 6.4). */
const SPREAD = 0x9e3779b1;

export class AddressIndex {
  #entries = new Uint32Array(FIRST_CAPACITY * WIDTH);
  /** What a spread key is shifted by, to leave as many values as there are entries. */
  #shift = 32 - Math.log2(FIRST_CAPACITY);
  #used = 0;
  /** IPv6 addresses by number, to tell those of one hash apart. */
  readonly #v6: (IpAddress | undefined)[] = [];
  readonly #free: number[] = [];
  #next = 0;

  /** NO_ENTRY when the address is not in the index. */
  entryOf(ip: IpAddress): Entry {
    const bits = ipv4Bits(ip);
    const at = bits < 0 ? this.#findV6(ip) : this.#findV4(bits);
    return this.#entries[at + NUMBER] === 0 ? NO_ENTRY : at;
  }

  /** A small whole number of its own, given to another address when this one is forgotten. */
  number(entry: Entry): number {
    return ((this.#entries[entry + NUMBER] ?? 0) & ~FAMILY_6) - 1;
  }

  first(entry: Entry): number {
    return this.#entries[entry + FIRST] ?? 0;
  }

  count(entry: Entry): number {
    return this.#entries[entry + COUNT] ?? 0;
  }

  /** An address that is not in the index. Returns its number. */
  add(ip: IpAddress): number {
    if (4 * (this.#used + 1) * WIDTH > FULLEST * this.#entries.length) this.#grow();
    const number = this.#free.pop() ?? this.#next++;
    const bits = ipv4Bits(ip);
    const at = bits < 0 ? this.#findV6(ip) : this.#findV4(bits);
    this.#entries[at + KEY] = bits < 0 ? hashOf(ip) : bits;
    this.#entries[at + NUMBER] = bits < 0 ? FAMILY_6 + number + 1 : number + 1;
    this.#entries[at + FIRST] = 0;
    this.#entries[at + COUNT] = 0;
    if (bits < 0) this.#v6[number] = ip;
    this.#used += 1;
    return number;
  }

  /** The leases of an address that is in the index are there now. */
  set(ip: IpAddress, first: number, count: number): void {
    const at = this.entryOf(ip);
    if (at === NO_ENTRY) return;
    this.#entries[at + FIRST] = first;
    this.#entries[at + COUNT] = count;
  }

  forget(ip: IpAddress): void {
    const at = this.entryOf(ip);
    if (at === NO_ENTRY) return;
    const number = this.number(at);
    this.#free.push(number);
    this.#used -= 1;
    const entries = this.#entries;
    const mask = entries.length - 1;
    entries[at + NUMBER] = 0;
    // What follows without a gap is put anew, so that no search ends at the entry that is empty now.
    for (let next = (at + WIDTH) & mask; entries[next + NUMBER] !== 0; next = (next + WIDTH) & mask) {
      const moved = entries.slice(next, next + WIDTH);
      entries[next + NUMBER] = 0;
      entries.set(moved, this.#emptyFor(moved[KEY] ?? 0));
    }
    this.#v6[number] = undefined;
  }

  /** Its entry, or the empty one that ends the search for it. */
  #findV4(bits: number): Entry {
    const entries = this.#entries;
    const mask = entries.length - 1;
    let at = this.#home(bits);
    for (; ; at = (at + WIDTH) & mask) {
      const number = entries[at + NUMBER] ?? 0;
      if (number === 0 || (entries[at + KEY] === bits && number < FAMILY_6)) return at;
    }
  }

  #findV6(ip: IpAddress): Entry {
    const entries = this.#entries;
    const mask = entries.length - 1;
    for (let at = this.#home(hashOf(ip)); ; at = (at + WIDTH) & mask) {
      const number = entries[at + NUMBER] ?? 0;
      if (number === 0 || (number > FAMILY_6 && this.#v6[number - FAMILY_6 - 1] === ip)) return at;
    }
  }

  #emptyFor(key: number): Entry {
    const entries = this.#entries;
    const mask = entries.length - 1;
    let at = this.#home(key);
    while (entries[at + NUMBER] !== 0) at = (at + WIDTH) & mask;
    return at;
  }

  #home(key: number): Entry {
    return (Math.imul(key, SPREAD) >>> this.#shift) * WIDTH;
  }

  #grow(): void {
    const old = this.#entries;
    this.#entries = new Uint32Array(2 * old.length);
    this.#shift -= 1;
    for (let at = 0; at < old.length; at += WIDTH)
      if (old[at + NUMBER] !== 0)
        this.#entries.set(old.subarray(at, at + WIDTH), this.#emptyFor(old[at + KEY] ?? 0));
  }
}

function hashOf(text: string): number {
  let hash = 0;
  for (let index = 0; index < text.length; index++) hash = (Math.imul(hash, 31) + text.charCodeAt(index)) | 0;
  return hash >>> 0;
}
