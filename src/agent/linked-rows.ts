/**
 * Rows of four numbers in one growing typed array, linked into lists: a row begins with the next one of its list, and is
 * referred to by its first cell. A hundred thousand of them are one object to the garbage collector.
 */

export const ROW_CELLS = 4;
export const NEXT = 0;
/** What stands for no row; the first one begins behind it. */
export const NONE = 0;

export class LinkedRows<Cells extends Int32Array | Float64Array> {
  /** Replaced by a larger one when a row is added that has no room. */
  cells: Cells;
  #end = ROW_CELLS;
  readonly #make: (length: number) => Cells;

  /** With room for so many rows at first; what is not used of it takes no memory. */
  constructor(rows: number, make: (length: number) => Cells) {
    this.#make = make;
    this.cells = make((1 + rows) * ROW_CELLS);
  }

  get count(): number {
    return this.#end / ROW_CELLS - 1;
  }

  /** A new row before `next`, with zeros behind that. */
  add(next: number): number {
    const row = this.#end;
    this.#end += ROW_CELLS;
    if (this.#end > this.cells.length) {
      const larger = this.#make(this.cells.length * 2);
      larger.set(this.cells);
      this.cells = larger;
    }
    this.cells[row + NEXT] = next;
    for (let cell = NEXT + 1; cell < ROW_CELLS; cell++) this.cells[row + cell] = 0;
    return row;
  }

  /** No rows; the memory stays for the next ones. */
  clear(): void {
    this.#end = ROW_CELLS;
  }
}
