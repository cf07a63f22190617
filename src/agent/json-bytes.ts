/**
 * Bytes of JSON text in a buffer that is used again and again and grows as needed. It writes text of ASCII, numbers and
 * addresses byte by byte or eight at a time, and makes no string of what it writes.
 */
import { endianness } from 'node:os';

/**
 * Text of ASCII whose bytes were made into words of eight once. A number of 64 bits is the widest word that can be written
 * without making an object, and no eight bytes of ASCII are a NaN, of which alone the bits could change on the way.
 */
export interface Literal {
  readonly words: Float64Array;
  readonly length: number;
}

const WORD_BYTES = 8;
/** What is written last may be followed by so many bytes of no meaning, which the next one takes. */
const SPARE_BYTES = WORD_BYTES;
/** UTF-8 bytes that one UTF-16 code unit takes at most. */
const BYTES_PER_UNIT = 3;
const ZERO = 48;
/** The order of bytes in a word, which is the same when it is read and when it is written. */
const IS_LITTLE = endianness() === 'LE';

/** Each number below 256 in digits with a dot behind it, as one word, and how many bytes of that count. */
const DOTTED = Array.from({ length: 256 }, (_, octet) => literal(`${octet}.`));
const OCTETS = Int32Array.from(DOTTED, ({ words }) => new Int32Array(words.buffer)[0] ?? 0);
const OCTET_BYTES = Uint8Array.from(DOTTED, ({ length }) => length);

export class JsonBytes {
  #bytes: Buffer;
  #view: DataView;
  #length = 0;

  /** With room for so many bytes at first. */
  constructor(room: number) {
    this.#bytes = Buffer.allocUnsafeSlow(room);
    this.#view = new DataView(this.#bytes.buffer);
  }

  /** What was written since `clear`; valid until the next one. */
  get written(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  clear(): void {
    this.#length = 0;
  }

  /** Makes room for so many bytes more: all calls below but `text` need it. */
  reserve(count: number): void {
    const most = this.#length + count + SPARE_BYTES;
    if (most <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(most, this.#bytes.length * 2));
    this.#bytes.copy(larger, 0, 0, this.#length);
    this.#bytes = larger;
    this.#view = new DataView(larger.buffer);
  }

  /** Any text, for which it makes room itself. */
  text(text: string): void {
    this.reserve(text.length * BYTES_PER_UNIT);
    this.#length += this.#bytes.write(text, this.#length);
  }

  literal({ words, length }: Literal): void {
    const view = this.#view;
    let at = this.#length;
    for (let word = 0; word < words.length; word++, at += WORD_BYTES)
      view.setFloat64(at, words[word]!, IS_LITTLE);
    this.#length += length;
  }

  ascii(text: string): void {
    const bytes = this.#bytes;
    let at = this.#length;
    for (let index = 0; index < text.length; index++) bytes[at++] = text.charCodeAt(index);
    this.#length = at;
  }

  number(value: number): void {
    // What is no small whole number is rare: counters, and the times of dumps.
    if ((value | 0) !== value || value < 0) return this.ascii(String(value));
    const bytes = this.#bytes;
    if (value < 10) {
      bytes[this.#length++] = ZERO + value;
      return;
    }
    let end = this.#length + 1;
    for (let rest = value; rest >= 10; rest = (rest / 10) | 0) end++;
    this.#length = end;
    let rest = value;
    do {
      const tenth = (rest / 10) | 0;
      bytes[--end] = ZERO + rest - tenth * 10;
      rest = tenth;
    } while (rest > 0);
  }

  /** An IPv4 address, given as its 32 bits. */
  v4(bits: number): void {
    const view = this.#view;
    let at = this.#length;
    for (let shift = 24; shift >= 0; shift -= 8) {
      const octet = (bits >>> shift) & 255;
      view.setInt32(at, OCTETS[octet]!, IS_LITTLE);
      at += OCTET_BYTES[octet]!;
    }
    // The last one has no dot behind it.
    this.#length = at - 1;
  }
}

export function literal(text: string): Literal {
  const words = new Float64Array(Math.ceil(text.length / WORD_BYTES));
  Buffer.from(words.buffer).write(text, 'latin1');
  return { words, length: text.length };
}
