/**
 * Sums of flows as rows of numbers in a few typed arrays. A hundred thousand flows are a handful of objects to the garbage
 * collector, and are summed without making any. It knows no clock and makes no text.
 */
import type { Presence } from '../domain/flow.ts';
import { ANSWERED, EARLIER, FlowRows, MORE, NO_SECOND, OPENED, SECOND } from './flow-rows.ts';
import { LinkedRows, NEXT, NONE } from './linked-rows.ts';

/** A linked row of another sum: what it is of, and two numbers. One of an earlier second is as a flow's row up to EARLIER. */
const IS_OF = 1;
const FIRST = 2;
const LATTER = 3;
/** What such a row is of: the counters of ended entries, or a dump, which is told by its time. */
const COUNTERS = -1;

/** Cells of a listed second: the second, opened and answered. */
export const LISTED = 3;

/** Room for dumps and counters at first. */
const FIRST_MORE = 64;
export interface Room {
  /** Flows and seconds for which there is room at first. What is not used takes no memory. */
  readonly keys: number;
  readonly seconds: number;
}

export class FlowTable {
  readonly flows: FlowRows;
  readonly #seconds: LinkedRows<Int32Array>;
  readonly #more = new LinkedRows(FIRST_MORE, (length) => new Float64Array(length));
  /** What `listSeconds` has found. */
  listed = new Int32Array(LISTED * 64);

  constructor({ keys, seconds }: Room) {
    this.flows = new FlowRows(keys);
    this.#seconds = new LinkedRows(seconds, (length) => new Int32Array(length));
  }

  /** Rows beside those of the flows: earlier seconds, dumps and counters. */
  get otherRows(): number {
    return this.#seconds.count + this.#more.count;
  }

  addOpened(row: number, second: number): void {
    const { cells } = this.flows;
    if (cells[row + SECOND] === second) cells[row + OPENED]!++;
    else this.#addElsewhere(row, second, OPENED);
  }

  addAnswered(row: number, second: number): void {
    const { cells } = this.flows;
    if (cells[row + SECOND] === second) cells[row + ANSWERED]!++;
    else this.#addElsewhere(row, second, ANSWERED);
  }

  /** `at` tells one dump from another. `idleMs`: see SpokenSighting; of several entries the one that is idle for least counts. */
  addPresence(row: number, at: number, idleMs: number): void {
    const dump = this.#moreOf(row, at);
    const { cells } = this.#more;
    const known = cells[dump + LATTER]!;
    const isFirst = cells[dump + FIRST] === 0;
    cells[dump + LATTER] = isFirst ? idleMs : Math.min(known, idleMs);
    cells[dump + FIRST]!++;
  }

  addCounters(row: number, bytes: number, packets: number): void {
    const counters = this.#moreOf(row, COUNTERS);
    const { cells } = this.#more;
    cells[counters + FIRST]! += bytes;
    cells[counters + LATTER]! += packets;
  }

  /**
   * Lists the seconds of a flow, ascending, in `listed`: LISTED cells for each, the second, opened and answered. Answers how
   * many seconds there are.
   */
  listSeconds(row: number): number {
    const { cells } = this.flows;
    const latest = cells[row + SECOND]!;
    if (latest === NO_SECOND) return 0;
    const seconds = this.#seconds.cells;
    let count = 1;
    for (let at = cells[row + EARLIER]!; at !== NONE; at = seconds[at + NEXT]!) count++;
    if (count * LISTED > this.listed.length) this.listed = new Int32Array(count * LISTED * 2);
    let place = count - 1;
    this.#list(place, cells, row);
    // Each earlier row holds an earlier second, but for events that came out of order.
    for (let at = cells[row + EARLIER]!; at !== NONE; at = seconds[at + NEXT]!)
      this.#list(--place, seconds, at);
    for (let i = 1; i < count; i++) this.#sink(i);
    return count;
  }

  /** What each dump found alive of the flow, ascending. */
  presencesOf(row: number): Presence[] {
    const { cells } = this.#more;
    const presences: Presence[] = [];
    for (let at = this.flows.cells[row + MORE]!; at !== NONE; at = cells[at + NEXT]!)
      if (cells[at + IS_OF] !== COUNTERS) presences.push(presenceAt(cells, at));
    return presences.length < 2 ? presences : presences.toSorted((a, b) => a.at - b.at);
  }

  /** What ended entries carried; null when none was counted. */
  countersOf(row: number): { readonly bytes: number; readonly packets: number } | null {
    const { cells } = this.#more;
    const at = this.#find(row, COUNTERS);
    return at === NONE ? null : { bytes: cells[at + FIRST]!, packets: cells[at + LATTER]! };
  }

  /** Whether the flow has neither presences nor counters. */
  hasOnlySeconds(row: number): boolean {
    return this.flows.cells[row + MORE] === NONE;
  }

  /** No flows; the memory stays for the next ones. */
  clear(): void {
    this.flows.clear();
    this.#seconds.clear();
    this.#more.clear();
  }

  /** Counts one in a second that is not the flow's latest. */
  #addElsewhere(row: number, second: number, cell: typeof OPENED | typeof ANSWERED): void {
    const { cells } = this.flows;
    const latest = cells[row + SECOND]!;
    if (latest === NO_SECOND) {
      cells[row + SECOND] = second;
      cells[row + cell] = 1;
    } else if (second > latest) {
      const earlier = this.#addSecond(row, latest);
      this.#seconds.cells[earlier + OPENED] = cells[row + OPENED]!;
      this.#seconds.cells[earlier + ANSWERED] = cells[row + ANSWERED]!;
      cells[row + SECOND] = second;
      cells[row + OPENED] = 0;
      cells[row + ANSWERED] = 0;
      cells[row + cell] = 1;
    } else {
      const seconds = this.#seconds.cells;
      let at = cells[row + EARLIER]!;
      while (at !== NONE && seconds[at + SECOND] !== second) at = seconds[at + NEXT]!;
      if (at === NONE) at = this.#addSecond(row, second);
      this.#seconds.cells[at + cell]!++;
    }
  }

  #addSecond(row: number, second: number): number {
    const at = this.#seconds.add(this.flows.cells[row + EARLIER]!);
    this.#seconds.cells[at + SECOND] = second;
    this.flows.cells[row + EARLIER] = at;
    return at;
  }

  /** The flow's row of that sum, a new one if there was none. */
  #moreOf(row: number, isOf: number): number {
    const known = this.#find(row, isOf);
    if (known !== NONE) return known;
    const at = this.#more.add(this.flows.cells[row + MORE]!);
    this.#more.cells[at + IS_OF] = isOf;
    this.flows.cells[row + MORE] = at;
    return at;
  }

  #find(row: number, isOf: number): number {
    const { cells } = this.#more;
    let at = this.flows.cells[row + MORE]!;
    while (at !== NONE && cells[at + IS_OF] !== isOf) at = cells[at + NEXT]!;
    return at;
  }

  #list(place: number, from: Int32Array, at: number): void {
    for (let cell = 0; cell < LISTED; cell++) this.listed[place * LISTED + cell] = from[at + SECOND + cell]!;
  }

  /** Brings the listed second at `place` down to where it belongs among those before it. */
  #sink(place: number): void {
    const list = this.listed;
    for (let at = place * LISTED; at > 0 && list[at]! < list[at - LISTED]!; at -= LISTED)
      for (let cell = at; cell < at + LISTED; cell++) {
        const one = list[cell]!;
        list[cell] = list[cell - LISTED]!;
        list[cell - LISTED] = one;
      }
  }
}

function presenceAt(cells: Float64Array, row: number): Presence {
  const [at, count, idleMs] = [cells[row + IS_OF]!, cells[row + FIRST]!, cells[row + LATTER]!];
  return idleMs < 0 ? { at, count } : { at, count, idleMs };
}
