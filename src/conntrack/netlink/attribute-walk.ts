/**
 * Walks the attributes of a netlink message: a length and a type of two bytes each in the machine's byte order, a value,
 * padding to four bytes. It goes from word to word of four bytes, since every attribute begins with one. Made once for each
 * place that walks, so that a message makes no object.
 */
import { ATTRIBUTE_BYTES, ATTRIBUTE_TYPE_MASK } from './ctnetlink.ts';

/** What stands for an absent number. */
export const ABSENT = -1;
/** What stands for a number in a value of an impossible size. */
export const IMPOSSIBLE = -2;

export class AttributeWalk {
  type = 0;
  /** The word at which the value begins, and how many bytes it has. */
  value = 0;
  size = 0;
  /** An attribute did not fit into what holds it; what follows cannot be read. */
  isBroken = false;
  #next = 0;
  /** In bytes, as lengths are. */
  #limit = 0;

  /** Begins with the attribute at the word `at`; the last one ends at the byte `end` at the latest. */
  begin(at: number, end: number): void {
    this.isBroken = false;
    this.#next = at;
    this.#limit = end;
  }

  /** Begins with the first attribute within the one at which `outer` is. */
  enter(outer: AttributeWalk): void {
    this.begin(outer.value, outer.value * 4 + outer.size);
  }

  /** Moves to the next attribute; false behind the last and at a broken one. `words` hold at least all up to the end. */
  next(words: Int32Array): boolean {
    const at = this.#next;
    const start = at * 4;
    if (start + ATTRIBUTE_BYTES > this.#limit) return false;
    const head = words[at]!;
    const length = head & 0xffff;
    if (length < ATTRIBUTE_BYTES || start + length > this.#limit) {
      this.isBroken = true;
      return false;
    }
    this.type = (head >>> 16) & ATTRIBUTE_TYPE_MASK;
    this.value = at + 1;
    this.size = length - ATTRIBUTE_BYTES;
    this.#next = at + ((length + 3) >>> 2);
    return true;
  }

  /** A value of one byte, or IMPOSSIBLE. */
  one(words: Int32Array): number {
    return this.size === 1 ? words[this.value]! & 0xff : IMPOSSIBLE;
  }

  /** A value of two bytes, most significant first, or IMPOSSIBLE. */
  two(words: Int32Array): number {
    if (this.size !== 2) return IMPOSSIBLE;
    const word = words[this.value]!;
    return ((word & 0xff) << 8) | ((word >>> 8) & 0xff);
  }

  /** A value of four bytes, likewise. */
  four(words: Int32Array): number {
    return this.size === 4 ? swapped(words[this.value]!) >>> 0 : IMPOSSIBLE;
  }
}

/** The word with its bytes in the other order, as 32 bits. */
export function swapped(word: number): number {
  return (word << 24) | ((word & 0xff00) << 8) | ((word >>> 8) & 0xff00) | (word >>> 24);
}
