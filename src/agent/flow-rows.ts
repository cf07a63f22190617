/**
 * Rows of flows in one typed array, found by their key's words through a hash table in another: a string and an object for
 * each would take five times the memory and most of the agent's time. It sums nothing.
 */
import { IS_V6, PORTS, SHAPE, V4_KEY, V6_KEY } from '../conntrack/key-words.ts';
import { NEXT, NONE } from './linked-rows.ts';

/**
 * A flow's row: the next of its bucket, its latest second with what was counted in it, its earlier seconds, its other sums,
 * and from KEY on its key. Rows lie one behind the other and are referred to by their first cell.
 */
export const SECOND = 1;
export const OPENED = 2;
export const ANSWERED = 3;
export const EARLIER = 4;
export const MORE = 5;
export const KEY = 6;

/** What no second is: a flow that has none was only found alive or ended. */
export const NO_SECOND = -1;
/** No row begins at 0, which is NONE. */
const FIRST_ROW = 2;

export class FlowRows {
  /** The key of a row is at `row + KEY`. Replaced by larger ones when a flow is added that has no room. */
  cells: Int32Array;
  #end = FIRST_ROW;
  #count = 0;
  /** The first row of each bucket; a power of two. */
  #buckets: Int32Array;

  /** With room for so many flows at first; what is not used of it takes no memory. */
  constructor(keys: number) {
    this.cells = new Int32Array(FIRST_ROW + keys * (KEY + V4_KEY));
    // Twice as many buckets as flows: to look at the wrong row costs a miss of the cache.
    this.#buckets = new Int32Array(2 ** Math.ceil(Math.log2(2 * keys)));
  }

  get count(): number {
    return this.#count;
  }

  /** The first flow's row, in the order of their first sighting; `end` when there is none. */
  get first(): number {
    return FIRST_ROW;
  }

  /** Behind the last row. */
  get end(): number {
    return this.#end;
  }

  /** The row behind this one. */
  after(row: number): number {
    return row + KEY + ((this.cells[row + KEY + SHAPE]! & IS_V6) === 0 ? V4_KEY : V6_KEY);
  }

  /** The row of the flow with this key, a new one if there was none. */
  rowOf(key: Int32Array, length: number): number {
    const cells = this.cells;
    const hash = hashOf(key, length);
    const first = this.#buckets[hash & (this.#buckets.length - 1)]!;
    for (let row = first; row !== NONE; row = cells[row + NEXT]!) {
      let cell = 0;
      while (cell < length && cells[row + KEY + cell] === key[cell]) cell++;
      if (cell === length) return row;
    }
    return this.#insert(key, length, hash);
  }

  /** No flows; the memory stays for the next ones. */
  clear(): void {
    this.#end = FIRST_ROW;
    this.#count = 0;
    this.#buckets.fill(NONE);
  }

  #insert(key: Int32Array, length: number, hash: number): number {
    const row = this.#end;
    const end = row + KEY + length;
    while (end > this.cells.length) this.#grow();
    if (this.#count === this.#buckets.length) this.#rehash();
    const cells = this.cells;
    cells[row + SECOND] = NO_SECOND;
    cells[row + OPENED] = 0;
    cells[row + ANSWERED] = 0;
    cells[row + EARLIER] = NONE;
    cells[row + MORE] = NONE;
    for (let cell = 0; cell < length; cell++) cells[row + KEY + cell] = key[cell]!;
    this.#link(row, hash);
    this.#end = end;
    this.#count++;
    return row;
  }

  #grow(): void {
    const larger = new Int32Array(this.cells.length * 2);
    larger.set(this.cells);
    this.cells = larger;
  }

  #link(row: number, hash: number): void {
    const bucket = hash & (this.#buckets.length - 1);
    this.cells[row + NEXT] = this.#buckets[bucket]!;
    this.#buckets[bucket] = row;
  }

  #rehash(): void {
    this.#buckets = new Int32Array(this.#buckets.length * 2);
    for (let row = this.first; row < this.end; row = this.after(row)) {
      const key = this.cells.subarray(row + KEY, this.after(row));
      this.#link(row, hashOf(key, key.length));
    }
  }
}

/**
 * Mixes all but the server's port, which is added: the keys of a scan, which differ in nothing else and are the most that a
 * window has, then lie side by side, and not each in a line of the cache of its own. The multiplier is 2^32 over the golden
 * ratio (Knuth, TAOCP volume 3, section 6.4).
 */
function hashOf(key: Int32Array, length: number): number {
  const ports = key[PORTS]!;
  let hash = ports >>> 16;
  for (let cell = 0; cell < length; cell++) {
    if (cell === PORTS) continue;
    hash = Math.imul(hash ^ key[cell]!, 0x9e3779b1);
    hash ^= hash >>> 15;
  }
  return hash + (ports & 0xffff);
}
