/**
 * Addresses between 32-bit words and canonical text. Each IPv6 address of a node's usual set is made into text once:
 * direct-mapped, so that an address on an occupied slot replaces what was there, and memory never grows.
 */
import { formatIp } from '../domain/ip.ts';
import type { IpAddress } from '../domain/ip.ts';
import { SPREAD } from './byte-cache.ts';

/** The third word of an IPv4-mapped address, whose first two are 0 (RFC 4291 section 2.5.5.2). */
export const MAPPED = 0xffff;

/** 1,024 addresses: more than one node talks to at once. */
const SLOT_BITS = 10;
const WORDS = 4;
const [ZERO, DOT] = [48, 46];

export class AddressText {
  readonly #bits = new Int32Array(WORDS * 2 ** SLOT_BITS);
  readonly #texts: (IpAddress | null)[] = Array.from<IpAddress | null>({ length: 2 ** SLOT_BITS }).fill(null);

  v4(bits: number): IpAddress {
    return `${bits >>> 24}.${(bits >>> 16) & 255}.${(bits >>> 8) & 255}.${bits & 255}` as IpAddress;
  }

  /** The address in the four words at `at`; an IPv4-mapped one as IPv4. */
  v6(words: Int32Array, at: number): IpAddress {
    const [a, b, c, d] = [words[at]!, words[at + 1]!, words[at + 2]!, words[at + 3]!];
    const hash = Math.imul(Math.imul(Math.imul(a, 31) ^ b, 31) ^ Math.imul(c, 31) ^ d, SPREAD);
    const slot = hash >>> (32 - SLOT_BITS);
    const base = slot * WORDS;
    const bits = this.#bits;
    const known = this.#texts[slot]!;
    const isSame = bits[base] === a && bits[base + 1] === b && bits[base + 2] === c && bits[base + 3] === d;
    if (known !== null && isSame) return known;
    const text = formatIp(
      6,
      [a, b, c, d].reduce((sum, one) => (sum << 32n) | BigInt(one >>> 0), 0n),
    );
    bits.set([a, b, c, d], base);
    this.#texts[slot] = text;
    return text;
  }
}

/** The 32 bits of an IPv4 address in canonical text. */
export function bitsOfV4(address: IpAddress): number {
  let bits = 0;
  let octet = 0;
  for (let at = 0; at < address.length; at++) {
    const code = address.charCodeAt(at);
    if (code === DOT) {
      bits = (bits << 8) | octet;
      octet = 0;
    } else octet = octet * 10 + code - ZERO;
  }
  return (bits << 8) | octet;
}
