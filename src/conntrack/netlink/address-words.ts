/**
 * Turns the bytes of addresses into canonical text, each address of a node's usual set once. Direct-mapped: an address
 * that falls on an occupied slot replaces what was there, and memory never grows.
 */
import { formatIp } from '../../domain/ip.ts';
import type { IpAddress } from '../../domain/ip.ts';
import { SPREAD } from '../byte-cache.ts';

/** 16,384 IPv4 addresses: several times what one node talks to at once. */
const V4_BITS = 14;
const V6_BITS = 12;
export const V4_BYTES = 4;
export const V6_BYTES = 16;
const WORDS = 4;

export class AddressWords {
  /** The 32 bits of the address in each slot. */
  readonly #v4Bits = new Int32Array(2 ** V4_BITS);
  readonly #v4: (IpAddress | null)[] = emptySlots(V4_BITS);
  /** The four words of the address in each slot. */
  readonly #v6Bits = new Int32Array(WORDS * 2 ** V6_BITS);
  readonly #v6: (IpAddress | null)[] = emptySlots(V6_BITS);

  /** The address in the four bytes at `at`, which must be there. */
  v4(bytes: Uint8Array, at: number): IpAddress {
    const bits = word(bytes, at);
    const slot = Math.imul(bits, SPREAD) >>> (32 - V4_BITS);
    const known = this.#v4[slot]!;
    if (known !== null && this.#v4Bits[slot] === bits) return known;
    const address = `${bits >>> 24}.${(bits >>> 16) & 255}.${(bits >>> 8) & 255}.${bits & 255}` as IpAddress;
    this.#v4Bits[slot] = bits;
    this.#v4[slot] = address;
    return address;
  }

  /** The address in the sixteen bytes at `at`, which must be there; an IPv4-mapped one as IPv4. */
  v6(bytes: Uint8Array, at: number): IpAddress {
    const [a, b, c, d] = [word(bytes, at), word(bytes, at + 4), word(bytes, at + 8), word(bytes, at + 12)];
    const slot =
      Math.imul(Math.imul(Math.imul(a, 31) ^ b, 31) ^ Math.imul(c, 31) ^ d, SPREAD) >>> (32 - V6_BITS);
    const base = slot * WORDS;
    const bits = this.#v6Bits;
    const known = this.#v6[slot]!;
    const isSame = bits[base] === a && bits[base + 1] === b && bits[base + 2] === c && bits[base + 3] === d;
    if (known !== null && isSame) return known;
    const address = formatIp(
      6,
      [a, b, c, d].reduce((sum, one) => (sum << 32n) | BigInt(one >>> 0), 0n),
    );
    bits.set([a, b, c, d], base);
    this.#v6[slot] = address;
    return address;
  }
}

function emptySlots(bits: number): (IpAddress | null)[] {
  return Array.from<IpAddress | null>({ length: 2 ** bits }).fill(null);
}

function word(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
}
