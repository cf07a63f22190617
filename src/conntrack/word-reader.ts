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
/** 16,384 IPv4 addresses: several times what one node talks to at once. */
const ADDRESS_BITS = 14;
/** 4,096 of IPv6, each of which takes more room. */
const V6_BITS = 12;
const STATE_BITS = 8;
/** So many digits always fit a 32-bit integer. */
const SHORT_DIGITS = 9;

export class WordReader {
  /** Where the last read stopped. */
  next = 0;
  /** Where the line ends. */
  end = 0;
  #bytes: Uint8Array = new Uint8Array();
  /** The same bytes, to read four at once. */
  #view = new DataView(this.#bytes.buffer);
  #start = 0;
  /** IPv4 addresses by their 32 bits, direct-mapped like a ByteCache, and faster: reading one yields its bits. */
  readonly #v4Bits = new Int32Array(2 ** ADDRESS_BITS);
  readonly #v4: (IpAddress | null)[] = Array.from<IpAddress | null>({ length: 2 ** ADDRESS_BITS }).fill(null);
  readonly #addresses = new ByteCache<IpAddress>(V6_BITS, parseIp);
  readonly #states = new ByteCache(STATE_BITS, (text) => (/^[A-Z][A-Z0-9_]*$/.test(text) ? text : null));

  /** Takes the line `bytes[start, end)`, without its newline, and moves to its first word. */
  load(bytes: Uint8Array, start: number, end: number): void {
    if (bytes !== this.#bytes) {
      this.#bytes = bytes;
      this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    }
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
    if (at + 4 <= this.end) return this.#view.getInt32(at);
    let word = 0;
    for (let i = at; i < at + 4; i++) word = (word << 8) | (i < this.end ? this.#bytes[i]! : 0);
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

  /** Where the next word begins, or the line's end. A control character counts as a word. */
  wordStart(at: number): number {
    const bytes = this.#bytes;
    const { end } = this;
    let next = at;
    let byte = 0;
    while (next < end && ((byte = bytes[next]!) === SPACE || byte === TAB)) next++;
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
    const bytes = this.#bytes;
    const { end } = this;
    let value = 0;
    let next = at;
    let digit = 0;
    while (next < end && (digit = bytes[next]! - ZERO) >= 0 && digit <= 9) {
      value = value * 10 + digit;
      next++;
    }
    this.next = next;
    const isWhole = next > at && (next === end || bytes[next]! <= SPACE);
    return isWhole && value <= Number.MAX_SAFE_INTEGER ? value : NOT_A_NUMBER;
  }

  /** The digits from `at` on, whatever follows; NOT_A_NUMBER when there are none or too many. */
  digits(at: number): number {
    const bytes = this.#bytes;
    const shortEnd = Math.min(this.end, at + SHORT_DIGITS);
    let value = 0;
    let next = at;
    let digit = 0;
    while (next < shortEnd && (digit = bytes[next]! - ZERO) >= 0 && digit <= 9) {
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
    let byte = 0;
    while (next < end && (byte = bytes[next]!) > SPACE) {
      const digit = byte - ZERO;
      if (digit >= 0 && digit <= 9) octet = octet * 10 + digit;
      else if (byte === DOT && octet <= 255 && next > octetAt) {
        bits = (bits << 8) | octet;
        octet = 0;
        octetAt = next + 1;
        dots++;
      } else return this.#parsed(at);
      next++;
    }
    if (octet > 255 || next === octetAt || dots !== 3) return this.#parsed(at);
    this.next = next;
    return this.#dottedQuad((bits << 8) | octet, next - at);
  }

  /** The IPv4 address of these bits, which was written in so many characters. */
  #dottedQuad(bits: number, length: number): IpAddress | null {
    const slot = Math.imul(bits, SPREAD) >>> (32 - ADDRESS_BITS);
    let address = this.#v4[slot]!;
    if (address === null || this.#v4Bits[slot] !== bits) {
      address = `${bits >>> 24}.${(bits >>> 16) & 255}.${(bits >>> 8) & 255}.${bits & 255}` as IpAddress;
      this.#v4Bits[slot] = bits;
      this.#v4[slot] = address;
    }
    // Leading zeros, which some read as octal, make it longer.
    return address.length === length ? address : null;
  }

  /** The name of a state up to the word's end, or null for what cannot be one. */
  state(at: number): string | null {
    const state = this.#states.get(this.#bytes, at, this.end);
    this.next = this.#states.next;
    return state;
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
    const address = this.#addresses.get(this.#bytes, at, this.end);
    this.next = this.#addresses.next;
    return address;
  }
}

export function wordBytes(ascii: string): Uint8Array {
  return new TextEncoder().encode(ascii);
}
