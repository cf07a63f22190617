/**
 * Walks the attributes of a netlink message: a length and a type of two bytes each in the machine's byte order, a value,
 * padding to four bytes. Made once for each place that walks, so that a message allocates nothing.
 */
import { ATTRIBUTE_BYTES, ATTRIBUTE_TYPE_MASK } from './ctnetlink.ts';

export class AttributeWalk {
  type = 0;
  /** Where the value begins and ends. */
  value = 0;
  end = 0;
  /** An attribute did not fit into what holds it; what follows cannot be read. */
  isBroken = false;
  #next = 0;
  #limit = 0;

  /** Begins with the first attribute of `[start, end)`. */
  begin(start: number, end: number): void {
    this.isBroken = false;
    this.#next = start;
    this.#limit = end;
  }

  /** Moves to the next attribute; false behind the last and at a broken one. */
  next(bytes: Uint8Array): boolean {
    const at = this.#next;
    if (at + ATTRIBUTE_BYTES > this.#limit) return false;
    const length = bytes[at]! | (bytes[at + 1]! << 8);
    const end = at + length;
    if (length < ATTRIBUTE_BYTES || end > this.#limit) {
      this.isBroken = true;
      return false;
    }
    this.type = (bytes[at + 2]! | (bytes[at + 3]! << 8)) & ATTRIBUTE_TYPE_MASK;
    this.value = at + ATTRIBUTE_BYTES;
    this.end = end;
    this.#next = at + ((length + 3) & ~3);
    return true;
  }

  /** The value as an unsigned number when it has that many bytes, most significant first, else -1. */
  unsigned(bytes: Uint8Array, size: 1 | 2 | 4): number {
    const { value } = this;
    if (this.end - value !== size) return -1;
    if (size === 1) return bytes[value]!;
    const upper = (bytes[value]! << 8) | bytes[value + 1]!;
    return size === 2 ? upper : upper * 0x1_0000 + ((bytes[value + 2]! << 8) | bytes[value + 3]!);
  }

  /** The value of eight bytes as its upper and lower half in `halves`; false when it has another size. */
  halves(bytes: Uint8Array, halves: { upper: number; lower: number }): boolean {
    const { value } = this;
    if (this.end - value !== 8) return false;
    halves.upper = word(bytes, value);
    halves.lower = word(bytes, value + 4);
    return true;
  }
}

function word(bytes: Uint8Array, at: number): number {
  return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;
}
