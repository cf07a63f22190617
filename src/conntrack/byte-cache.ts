/**
 * A bounded map from short runs of bytes to values, so that a word seen a thousand times is decoded and parsed once.
 * Direct-mapped: a run that falls on an occupied slot replaces what was there, and memory never grows.
 */

/** The longest run looked up: an IPv6 address with an IPv4 tail has 45 characters. */
const LONGEST_KEY_BYTES = 48;
/** Knuth's multiplicative hashing: spreads a weak hash over the upper bits (2^32 divided by the golden ratio). */
export const SPREAD = 0x9e37_79b1;

const SPACE = 32;

export class ByteCache<T> {
  readonly #parse: (text: string) => T | null;
  readonly #shift: number;
  readonly #keys: Uint8Array;
  readonly #lengths: Uint8Array;
  readonly #values: (T | null)[];

  /** Holds up to 2^`bits` values. `parse` gets a run as text, one character a byte, and answers null for what is no value. */
  constructor(bits: number, parse: (text: string) => T | null) {
    const slots = 2 ** bits;
    this.#parse = parse;
    this.#shift = 32 - bits;
    this.#keys = new Uint8Array(slots * LONGEST_KEY_BYTES);
    this.#lengths = new Uint8Array(slots);
    this.#values = Array.from<T | null>({ length: slots }).fill(null);
  }

  /** Where the word that the last `get` read ended. */
  next = 0;

  /** The value of the bytes from `start` to the next blank or `end`, or null. */
  get(bytes: Uint8Array, start: number, end: number): T | null {
    let hash = 0;
    let next = start;
    let byte = 0;
    while (next < end && (byte = bytes[next]!) > SPACE) {
      hash = (Math.imul(hash, 31) + byte) | 0;
      next++;
    }
    this.next = next;
    const length = next - start;
    if (length === 0 || length > LONGEST_KEY_BYTES) return null;
    const slot = Math.imul(hash, SPREAD) >>> this.#shift;
    const base = slot * LONGEST_KEY_BYTES;
    if (this.#lengths[slot] === length && isSame(this.#keys, base, bytes, start, length)) {
      return this.#values[slot]!;
    }
    const value = this.#parse(String.fromCharCode(...bytes.subarray(start, next)));
    if (value === null) return null;
    this.#keys.set(bytes.subarray(start, next), base);
    this.#lengths[slot] = length;
    this.#values[slot] = value;
    return value;
  }
}

function isSame(keys: Uint8Array, base: number, bytes: Uint8Array, start: number, length: number): boolean {
  let i = 0;
  while (i < length && keys[base + i] === bytes[start + i]) i++;
  return i === length;
}
