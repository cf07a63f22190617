/**
 * Reads the words of one line of bytes: numbers, addresses, states. Each method reads at a position it is given, never
 * past the line, and leaves in `next` where it stopped.
 */
import { isUtf8 } from 'node:buffer';
import { parseIp } from '../domain/ip.ts';
import type { IpAddress } from '../domain/ip.ts';
import { ByteCache, SPREAD } from './byte-cache.ts';

/** Answered for what is no number. */
export const NOT_A_NUMBER = -1;

const TAB = 9;
const SPACE = 32;
const DOT = 46;
const ZERO = 48;
/** 16,384 addresses: several times what one node talks to at once. */
const ADDRESS_BITS = 14;
/** Rare words of an address: IPv6, and IPv4 at first sight. */
const OTHER_BITS = 12;
const STATE_BITS = 8;
/** So many digits always fit a 32-bit integer. */
const SHORT_DIGITS = 9;

export class WordReader {
  /** Where the last read stopped. */
  next = 0;
  /** Where the line ends. */
  end = 0;
  #bytes: Uint8Array = new Uint8Array();
  #start = 0;
  /** IPv4 addresses by their 32 bits, direct-mapped like a ByteCache, and faster: reading one yields its bits. */
  readonly #v4Bits = new Int32Array(2 ** ADDRESS_BITS);
  readonly #v4: (IpAddress | null)[] = Array.from<IpAddress | null>({ length: 2 ** ADDRESS_BITS }).fill(null);
  readonly #addresses = new ByteCache<IpAddress>(OTHER_BITS, parseIp);
  readonly #states = new ByteCache(STATE_BITS, (text) => (/^[A-Z][A-Z0-9_]*$/.test(text) ? text : null));

  /** Takes the line `bytes[start, end)`, without its newline, and moves to its first word. */
  load(bytes: Uint8Array, start: number, end: number): void {
    this.#bytes = bytes;
    this.#start = start;
    this.end = end;
    this.next = start;
  }

  /** The byte at a position, or a blank at the line's end. */
  byte(at: number): number {
    return at < this.end ? this.#bytes[at]! : SPACE;
  }

  /** The first four bytes of a word as one number, what is past the line's end as zeros. */
  first4(at: number): number {
    const bytes = this.#bytes;
    if (at + 4 <= this.end) {
      return (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
    }
    let word = 0;
    for (let i = at; i < at + 4; i++) word = (word << 8) | (i < this.end ? bytes[i]! : 0);
    return word;
  }

  /** Whether `text` stands at a position; then `next` is behind it. */
  has(text: Uint8Array, at: number): boolean {
    const bytes = this.#bytes;
    const { length } = text;
    if (at + length > this.end) return false;
    for (let i = 0; i < length; i++) if (bytes[at + i] !== text[i]) return false;
    this.next = at + length;
    return true;
  }

  /** Whether a word, and not only a part of one, is `text`. */
  isWord(text: Uint8Array, at: number): boolean {
    return this.has(text, at) && this.byte(this.next) <= SPACE;
  }

  /** Where the next word begins, or the line's end. A control character counts as a word. */
  wordStart(at: number): number {
    const bytes = this.#bytes;
    const { end } = this;
    let next = at;
    while (next < end && (bytes[next] === SPACE || bytes[next] === TAB)) next++;
    return next;
  }

  /** Where the word that holds `at` ends. */
  wordEnd(at: number): number {
    const bytes = this.#bytes;
    const { end } = this;
    let next = at;
    while (next < end && bytes[next]! > SPACE) next++;
    return next;
  }

  /** The digits up to the word's end as a number up to 2^53 - 1, else NOT_A_NUMBER. */
  number(at: number): number {
    const value = this.digits(at);
    const { next } = this;
    return next < this.end && this.#bytes[next]! > SPACE ? NOT_A_NUMBER : value;
  }

  /** The digits from `at` on, whatever follows; NOT_A_NUMBER when there are none or too many. */
  digits(at: number): number {
    const bytes = this.#bytes;
    const shortEnd = Math.min(this.end, at + SHORT_DIGITS);
    let value = 0;
    let next = at;
    while (next < shortEnd) {
      const digit = bytes[next]! - ZERO;
      if (digit < 0 || digit > 9) break;
      value = (value * 10 + digit) | 0;
      next++;
    }
    if (next === at + SHORT_DIGITS) return this.#longDigits(next, value);
    this.next = next;
    return next === at ? NOT_A_NUMBER : value;
  }

  /** The address up to the word's end in canonical form, or null. */
  address(at: number): IpAddress | null {
    const bytes = this.#bytes;
    const { end } = this;
    let bits = 0;
    let octet = 0;
    let octetAt = at;
    let dots = 0;
    let next = at;
    for (; next < end; next++) {
      const byte = bytes[next]!;
      if (byte <= SPACE) break;
      if (byte === DOT) {
        if (octet > 255 || next === octetAt) return this.#parsed(at);
        bits = (bits << 8) | octet;
        octet = 0;
        octetAt = next + 1;
        dots++;
      } else {
        const digit = byte - ZERO;
        if (digit < 0 || digit > 9) return this.#parsed(at);
        octet = octet * 10 + digit;
      }
    }
    if (octet > 255 || next === octetAt || dots !== 3) return this.#parsed(at);
    bits = (bits << 8) | octet;
    const slot = Math.imul(bits, SPREAD) >>> (32 - ADDRESS_BITS);
    const known = this.#v4[slot]!;
    // The same bits in the same length are the same text: only leading zeros could differ, and they make it longer.
    if (known !== null && this.#v4Bits[slot] === bits && known.length === next - at) {
      this.next = next;
      return known;
    }
    const address = this.#parsed(at);
    if (address === null) return null;
    this.#v4Bits[slot] = bits;
    this.#v4[slot] = address;
    return address;
  }

  /** The name of a state up to the word's end, or null for what cannot be one. */
  state(at: number): string | null {
    this.next = this.wordEnd(at);
    return this.#states.get(this.#bytes, at, this.next);
  }

  /** Whether no other word follows the one where the last read stopped. */
  isLastWord(): boolean {
    return this.wordStart(this.wordEnd(this.next)) === this.end;
  }

  /** Whether the line is valid UTF-8 without control characters. */
  isText(): boolean {
    const line = this.#bytes.subarray(this.#start, this.end);
    return isUtf8(line) && line.every((byte) => byte >= SPACE || byte === TAB);
  }

  /** Goes on where 32 bits no longer hold the number. */
  #longDigits(at: number, first: number): number {
    let value = first;
    let next = at;
    for (; next < this.end; next++) {
      const digit = this.#bytes[next]! - ZERO;
      if (digit < 0 || digit > 9) break;
      value = value * 10 + digit;
    }
    this.next = next;
    return value > Number.MAX_SAFE_INTEGER ? NOT_A_NUMBER : value;
  }

  #parsed(at: number): IpAddress | null {
    this.next = this.wordEnd(at);
    return this.#addresses.get(this.#bytes, at, this.next);
  }
}

export function wordBytes(ascii: string): Uint8Array {
  return new TextEncoder().encode(ascii);
}
