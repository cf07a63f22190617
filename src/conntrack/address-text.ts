/**
 * Addresses between 32-bit words and canonical text. Each IPv6 address of a node's usual set is made into text once:
 * direct-mapped, so that an address on an occupied slot replaces what was there, and memory never grows.
 */
import { formatIp, ipToBits } from '../domain/ip.ts';
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

/** Distinct addresses remembered; all are forgotten when there are more. */
const MOST_KNOWN = 4096;

/** Text is parsed once for each address of a node's usual set. */
export class AddressWords {
  readonly #known = new Map<IpAddress, readonly number[]>();

  /** The four words of an address, of an IPv4 one as IPv4-mapped. */
  of(address: IpAddress): readonly number[] {
    const known = this.#known.get(address);
    if (known !== undefined) return known;
    if (this.#known.size === MOST_KNOWN) this.#known.clear();
    const words = wordsOf(address);
    this.#known.set(address, words);
    return words;
  }
}

export function isV6Text(address: IpAddress): boolean {
  return address.includes(':');
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

function wordsOf(address: IpAddress): readonly number[] {
  if (!isV6Text(address)) return [0, 0, MAPPED, bitsOfV4(address)];
  const bits = ipToBits(address);
  return Array.from(
    { length: WORDS },
    (_, word) => Number((bits >> BigInt(96 - 32 * word)) & 0xffff_ffffn) | 0,
  );
}
