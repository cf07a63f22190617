/**
 * Rows of numbers in one growing typed array: a hundred thousand of them are one object to the garbage collector, and are
 * filled anew without any garbage at all.
 */

/** Small enough for a quiet node, and a busy one makes it grow a few times. */
const FIRST_ROWS = 256;
/** Growing by half wastes less than doubling and copies hardly more. */
const GROWTH = 1.5;

export class NumberRows {
  readonly #width: number;
  readonly #make: (length: number) => Uint32Array | Float64Array;
  #cells: Uint32Array | Float64Array;
  #length = 0;

  private constructor(width: number, make: (length: number) => Uint32Array | Float64Array) {
    this.#width = width;
    this.#make = make;
    this.#cells = make(width * FIRST_ROWS);
  }

  /** Rows of `width` whole numbers from 0 to 2^32 - 1: seconds of Unix time fit until 2106. */
  static ofWords(width: number): NumberRows {
    return new NumberRows(width, (length) => new Uint32Array(length));
  }

  /** Rows of `width` doubles, for what does not fit into 32 bits. */
  static ofDoubles(width: number): NumberRows {
    return new NumberRows(width, (length) => new Float64Array(length));
  }

  get length(): number {
    return this.#length;
  }

  /** The number of a new row, whose cells are 0. */
  addRow(): number {
    const start = this.#length * this.#width;
    if (start + this.#width > this.#cells.length) {
      const larger = this.#make(Math.ceil(this.#length * GROWTH) * this.#width);
      larger.set(this.#cells);
      this.#cells = larger;
    }
    // A loop, since a call of `fill` costs more than so few cells do.
    for (let cell = start; cell < start + this.#width; cell++) this.#cells[cell] = 0;
    return this.#length++;
  }

  get(row: number, cell: number): number {
    return this.#cells[row * this.#width + cell] ?? 0;
  }

  set(row: number, cell: number, value: number): void {
    this.#cells[row * this.#width + cell] = value;
  }

  /** No rows; the memory stays for the next ones. */
  clear(): void {
    this.#length = 0;
  }
}
