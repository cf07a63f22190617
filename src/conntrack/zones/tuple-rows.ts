/**
 * Tuples of connections as rows of numbers, found through a hash table, and joined into rings: one ring for the tuples of
 * one connection. Rows are referred to by their first cell. It knows no zone's meaning and tells nothing.
 */

/** A tuple: of which kind and protocol, four words of source, four of destination, both ports. */
export const TUPLE_WORDS = 10;
export const [WHAT, SOURCE, DESTINATION, PORTS] = [0, 1, 5, 9];

/** A row: the next of its bucket, its tuple, the next of its ring, flags with a count, and the zones that it was seen in. */
const NEXT = 0;
const TUPLE = 1;
const RING = TUPLE + TUPLE_WORDS;
const FLAGS = RING + 1;
const ZONES = FLAGS + 1;
const ROW_CELLS = 16;
/** Two to a word. A connection passes two to four; one that passes more may be told twice when its ports are used again. */
const MOST_ZONES = 2 * (ROW_CELLS - ZONES);

export const NONE = 0;
/** The first row, since 0 is NONE. */
const FIRST = ROW_CELLS;

/** The count of zones takes the lowest bits of the flags. */
const COUNT_MASK = 7;
/** An entry leads here from another tuple, or from here to another. */
export const IS_REACHED = 1 << 3;
export const IS_LEFT = 1 << 4;
/** Some entry of this tuple was of mid-stream, or surely not. */
export const IS_MID_STREAM = 1 << 5;
export const IS_WHOLE = 1 << 6;
export const IS_TOLD = 1 << 7;

/** The sums of a row. */
const [AT, PACKETS, BYTES] = [0, 1, 2];
const SUMS = 3;
const NOT_COUNTED = -1;

const FEW_ROWS = 256;

export class TupleRows {
  /** Rows in use. */
  count = 0;
  #cells = new Int32Array((1 + FEW_ROWS) * ROW_CELLS);
  #sums = new Float64Array((1 + FEW_ROWS) * SUMS);
  /** The first row of each bucket; a power of two. */
  #buckets = new Int32Array(2 * FEW_ROWS);

  get first(): number {
    return FIRST;
  }

  /** Behind the last row. */
  get end(): number {
    return FIRST + this.count * ROW_CELLS;
  }

  after(row: number): number {
    return row + ROW_CELLS;
  }

  /** The row of this tuple, or NONE. */
  find(tuple: Int32Array): number {
    const cells = this.#cells;
    let row = this.#buckets[hashOf(tuple, 0) & (this.#buckets.length - 1)]!;
    for (; row !== NONE; row = cells[row + NEXT]!) {
      let cell = 0;
      while (cell < TUPLE_WORDS && cells[row + TUPLE + cell] === tuple[cell]) cell++;
      if (cell === TUPLE_WORDS) break;
    }
    return row;
  }

  /** A row for this tuple, which has none; alone in its ring. */
  add(tuple: Int32Array): number {
    const row = this.end;
    if (row === this.#cells.length) this.#grow();
    this.count++;
    this.#cells.set(tuple, row + TUPLE);
    this.clearRow(row);
    this.#link(row);
    return row;
  }

  /** Takes the row out of its ring, as if it had just been added. The others of the ring are to be taken out too. */
  clearRow(row: number): void {
    const cells = this.#cells;
    cells[row + RING] = row;
    cells[row + FLAGS] = 0;
    const sums = (row / ROW_CELLS) * SUMS;
    this.#sums[sums + AT] = Infinity;
    this.#sums[sums + PACKETS] = NOT_COUNTED;
    this.#sums[sums + BYTES] = NOT_COUNTED;
  }

  nextInRing(row: number): number {
    return this.#cells[row + RING]!;
  }

  isOneRing(a: number, b: number): boolean {
    let row = a;
    do {
      if (row === b) return true;
      row = this.nextInRing(row);
    } while (row !== a);
    return false;
  }

  /** Makes one ring of the two that these rows are in. */
  join(a: number, b: number): void {
    if (this.isOneRing(a, b)) return;
    const cells = this.#cells;
    const next = cells[a + RING]!;
    cells[a + RING] = cells[b + RING]!;
    cells[b + RING] = next;
  }

  has(row: number, flag: number): boolean {
    return (this.#cells[row + FLAGS]! & flag) !== 0;
  }

  set(row: number, flags: number): void {
    this.#cells[row + FLAGS]! |= flags;
  }

  /** Whether any entry has this tuple as the one it began with. */
  hasEntry(row: number): boolean {
    return this.has(row, COUNT_MASK);
  }

  hasZone(row: number, zone: number): boolean {
    const count = this.#cells[row + FLAGS]! & COUNT_MASK;
    for (let index = 0; index < count; index++) if (this.#zoneAt(row, index) === zone) return true;
    return false;
  }

  addZone(row: number, zone: number): void {
    const cells = this.#cells;
    const count = cells[row + FLAGS]! & COUNT_MASK;
    if (count === MOST_ZONES) return;
    const cell = row + ZONES + (count >> 1);
    cells[cell] = count % 2 === 0 ? zone : (cells[cell]! & 0xffff) | (zone << 16);
    cells[row + FLAGS]!++;
  }

  /** The earliest time, and the greatest counters: each zone counts the same packets. Null counters add nothing. */
  addSums(row: number, { at, packets, bytes }: Sums): void {
    const sums = this.#sums;
    const from = (row / ROW_CELLS) * SUMS;
    sums[from + AT] = Math.min(sums[from + AT]!, at);
    sums[from + PACKETS] = Math.max(sums[from + PACKETS]!, packets ?? NOT_COUNTED);
    sums[from + BYTES] = Math.max(sums[from + BYTES]!, bytes ?? NOT_COUNTED);
  }

  /** `at` is Infinity for a row without entries. */
  sumsOf(row: number): Sums {
    const from = (row / ROW_CELLS) * SUMS;
    const packets = this.#sums[from + PACKETS]!;
    const bytes = this.#sums[from + BYTES]!;
    return {
      at: this.#sums[from + AT]!,
      packets: packets === NOT_COUNTED ? null : packets,
      bytes: bytes === NOT_COUNTED ? null : bytes,
    };
  }

  /** One word of the row's tuple. */
  word(row: number, index: number): number {
    return this.#cells[row + TUPLE + index]!;
  }

  /** No rows; the memory stays for the next ones. */
  clear(): void {
    this.count = 0;
    this.#buckets.fill(NONE);
  }

  #zoneAt(row: number, index: number): number {
    const word = this.#cells[row + ZONES + (index >> 1)]!;
    return index % 2 === 0 ? word & 0xffff : word >>> 16;
  }

  #grow(): void {
    const cells = new Int32Array(this.#cells.length * 2);
    cells.set(this.#cells);
    this.#cells = cells;
    const sums = new Float64Array(this.#sums.length * 2);
    sums.set(this.#sums);
    this.#sums = sums;
    this.#buckets = new Int32Array(this.#buckets.length * 2);
    for (let row = FIRST; row < this.end; row = this.after(row)) this.#link(row);
  }

  #link(row: number): void {
    const bucket = hashOf(this.#cells, row + TUPLE) & (this.#buckets.length - 1);
    this.#cells[row + NEXT] = this.#buckets[bucket]!;
    this.#buckets[bucket] = row;
  }
}

export interface Sums {
  /** Unix ms. */
  readonly at: number;
  readonly packets: number | null;
  readonly bytes: number | null;
}

/** Mixes the words of the tuple at `at`; the multiplier is 2^32 over the golden ratio (Knuth, TAOCP volume 3, section 6.4). */
function hashOf(cells: Int32Array, at: number): number {
  let hash = 0;
  for (let cell = 0; cell < TUPLE_WORDS; cell++) {
    hash = Math.imul(hash ^ cells[at + cell]!, 0x9e3779b1);
    hash ^= hash >>> 15;
  }
  return hash;
}
