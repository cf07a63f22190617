/** Reads one direction's addresses and ports out of a CTA_TUPLE_ORIG or CTA_TUPLE_REPLY. */
import { MAPPED } from '../address-text.ts';
import { ABSENT, AttributeWalk, swapped } from './attribute-walk.ts';
import { ATTRIBUTE_BYTES, CTA_IP, CTA_PROTO, CTA_TUPLE, NESTED } from './ctnetlink.ts';

const [V4_BYTES, V6_BYTES] = [4, 16];
const WORDS = 4;

/**
 * The heads of a tuple's attributes as the kernel writes them for IPv4 and a protocol with ports (ctnetlink_dump_tuples and
 * nf_ct_port_tuple_to_nlattr), by their places in it. Nearly all are of this form, and need no walk.
 */
const USUAL_BYTES = 48;
/** Of such a tuple, with the head of its own. */
export const USUAL_TUPLE_WORDS = (ATTRIBUTE_BYTES + USUAL_BYTES) / 4;
const USUAL_HEADS = {
  0: head(CTA_TUPLE.IP | NESTED, 16),
  1: head(CTA_IP.V4_SRC, V4_BYTES),
  3: head(CTA_IP.V4_DST, V4_BYTES),
  5: head(CTA_TUPLE.PROTO | NESTED, 24),
  6: head(CTA_PROTO.NUM, 1),
  8: head(CTA_PROTO.SRC_PORT, 2),
  10: head(CTA_PROTO.DST_PORT, 2),
} as const;

/** Made once and filled again for each message, so that reading one makes no object. */
export class Tuple {
  /** Ports and the IP protocol's number: 0 when absent, negative when of an impossible size. */
  sourcePort = 0;
  destinationPort = 0;
  protocol = 0;
  /** The zone of this direction alone. */
  zone = ABSENT;
  #hasSource = false;
  #hasDestination = false;
  /** Of the attribute, when it is of the usual form. */
  readonly #head: number;
  readonly #addresses: Int32Array;
  readonly #source: number;
  readonly #parts = new AttributeWalk();
  readonly #within = new AttributeWalk();

  /**
   * The tuple of an attribute of this type. Its addresses go into `addresses` from the place `source` on, four words each,
   * IPv4 as IPv4-mapped.
   */
  constructor(type: number, addresses: Int32Array, source: number) {
    this.#head = head(type | NESTED, USUAL_BYTES);
    this.#addresses = addresses;
    this.#source = source;
  }

  /** Whether it has both addresses and both ports. */
  get isWhole(): boolean {
    return this.#hasSource && this.#hasDestination && this.sourcePort > 0 && this.destinationPort > 0;
  }

  clear(): void {
    this.sourcePort = 0;
    this.destinationPort = 0;
    this.protocol = 0;
    this.zone = ABSENT;
    this.#hasSource = false;
    this.#hasDestination = false;
  }

  /**
   * Reads the attribute at the word `at` if it is this tuple in its usual form, of USUAL_TUPLE_WORDS. Otherwise it does
   * nothing and answers false. The bytes end at the byte `end`.
   */
  readUsual(words: Int32Array, at: number, end: number): boolean {
    if ((at + USUAL_TUPLE_WORDS) * 4 > end || words[at] !== this.#head || !isUsual(words, at + 1))
      return false;
    this.#take(words, at + 1);
    return true;
  }

  /** Reads the attributes within the one at which `outer` is; false when one of them does not fit. */
  read(words: Int32Array, outer: AttributeWalk): boolean {
    if (outer.size === USUAL_BYTES && isUsual(words, outer.value)) {
      this.#take(words, outer.value);
      return true;
    }
    const parts = this.#parts;
    parts.enter(outer);
    while (parts.next(words)) {
      if (parts.type === CTA_TUPLE.IP) this.#ends(words);
      else if (parts.type === CTA_TUPLE.PROTO) this.#ports(words);
      else if (parts.type === CTA_TUPLE.ZONE) this.zone = parts.two(words);
      if (this.#within.isBroken) return false;
    }
    return !parts.isBroken;
  }

  /** The tuple of the usual form whose first attribute is at the word `at`. */
  #take(words: Int32Array, at: number): void {
    this.#putV4(this.#source, words[at + 2]!);
    this.#putV4(this.#source + WORDS, words[at + 4]!);
    this.#hasSource = true;
    this.#hasDestination = true;
    this.protocol = words[at + 7]! & 0xff;
    this.sourcePort = swapped(words[at + 9]!) >>> 16;
    this.destinationPort = swapped(words[at + 11]!) >>> 16;
  }

  #ends(words: Int32Array): void {
    const within = this.#within;
    within.enter(this.#parts);
    while (within.next(words)) {
      const { type, size } = within;
      const isV4 = (type === CTA_IP.V4_SRC || type === CTA_IP.V4_DST) && size === V4_BYTES;
      const isV6 = (type === CTA_IP.V6_SRC || type === CTA_IP.V6_DST) && size === V6_BYTES;
      if (!isV4 && !isV6) continue;
      const isSource = type === CTA_IP.V4_SRC || type === CTA_IP.V6_SRC;
      this.#put(words, isSource ? this.#source : this.#source + WORDS);
      if (isSource) this.#hasSource = true;
      else this.#hasDestination = true;
    }
  }

  #put(words: Int32Array, to: number): void {
    const addresses = this.#addresses;
    const { size, value } = this.#within;
    if (size === V6_BYTES) {
      for (let word = 0; word < WORDS; word++) addresses[to + word] = swapped(words[value + word]!);
      return;
    }
    this.#putV4(to, words[value]!);
  }

  #putV4(to: number, word: number): void {
    const addresses = this.#addresses;
    addresses[to] = 0;
    addresses[to + 1] = 0;
    addresses[to + 2] = MAPPED;
    addresses[to + 3] = swapped(word);
  }

  #ports(words: Int32Array): void {
    const within = this.#within;
    within.enter(this.#parts);
    while (within.next(words)) {
      if (within.type === CTA_PROTO.NUM) this.protocol = within.one(words);
      else if (within.type === CTA_PROTO.SRC_PORT) this.sourcePort = within.two(words);
      else if (within.type === CTA_PROTO.DST_PORT) this.destinationPort = within.two(words);
    }
  }
}

function isUsual(words: Int32Array, at: number): boolean {
  return (
    words[at] === USUAL_HEADS[0] &&
    words[at + 1] === USUAL_HEADS[1] &&
    words[at + 3] === USUAL_HEADS[3] &&
    words[at + 5] === USUAL_HEADS[5] &&
    words[at + 6] === USUAL_HEADS[6] &&
    words[at + 8] === USUAL_HEADS[8] &&
    words[at + 10] === USUAL_HEADS[10]
  );
}

/** The first word of an attribute with a value of so many bytes. */
function head(type: number, bytes: number): number {
  return (type << 16) | (ATTRIBUTE_BYTES + bytes);
}
