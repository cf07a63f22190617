/**
 * Makes one entry of the several that a connection has where its packets pass more than one conntrack zone (OVN, Antrea). It
 * holds entries back until it is settled, then tells each connection once. Pure: it knows no clock and no source.
 *
 * A zone sees a packet as the zone before left it: the tuple that one entry's packets leave with is the tuple that the next
 * one's enter with. The entries of one connection are therefore a chain, whatever each translates, and the whole of it says
 * what a single zone would have said: who dialled and what, by the tuple that no entry leads to; who answered and whom it
 * saw, by the one that no entry leads on from. A second entry of one zone and tuple is another connection, on ports that are
 * used again.
 */
import type { Facts } from '../flow-of.ts';
import { ORIG_DESTINATION, ORIG_SOURCE, REPLY_DESTINATION, REPLY_SOURCE } from '../key-words.ts';
import type { Tuples } from '../key-words.ts';
import { FoldedEntry, kindOf, protocolOf, whatOf } from './folded-entry.ts';
import {
  DESTINATION,
  IS_LEFT,
  IS_MID_STREAM,
  IS_REACHED,
  IS_TOLD,
  IS_WHOLE,
  NONE,
  PORTS,
  SOURCE,
  TUPLE_WORDS,
  TupleRows,
  WHAT,
} from './tuple-rows.ts';

/** An entry held in words, with what tells its zone's part in the connection. */
export interface ZonedEntry extends Facts, Tuples {
  readonly replyDestinationPort: number;
  /** 0-65535; below 0 when the source names none, which is the default zone, 0. */
  readonly zone: number;
}

export interface ZoneFoldOptions {
  /** Told when the fold settles. `entry` holds until the call returns, which must not come back to this fold. */
  readonly tell: (entry: FoldedEntry, at: number) => void;
  /** Tuples held at most, some 100 bytes each: with more, the fold settles by itself. */
  readonly most: number;
}

export class ZoneFold {
  readonly #options: ZoneFoldOptions;
  readonly #folded = new FoldedEntry();
  readonly #enters = new Int32Array(TUPLE_WORDS);
  readonly #leaves = new Int32Array(TUPLE_WORDS);
  #held = new TupleRows();
  /** What was told when it last settled: the entries that come late for it are not told again. */
  #told = new TupleRows();

  constructor(options: ZoneFoldOptions) {
    this.#options = options;
  }

  /** Holds an entry that says something by itself. `at` is its time, or that of the dump, unix ms. */
  entry(entry: ZonedEntry, at: number): void {
    const zone = Math.max(entry.zone, 0);
    this.#take(entry);
    if (this.#held.count + 2 > this.#options.most) this.settle();
    const held = this.#held;
    const isTranslated = !isSame(this.#enters, this.#leaves);
    let from = held.find(this.#enters);
    let to = isTranslated ? held.find(this.#leaves) : from;
    if (from === NONE && to === NONE && this.#isTold(zone, isTranslated)) return;
    if (from !== NONE && held.hasZone(from, zone)) this.#tellAndClear(from);
    if (from === NONE) from = held.add(this.#enters);
    if (!isTranslated) to = from;
    else if (to === NONE) to = held.add(this.#leaves);
    held.addZone(from, zone);
    held.addSums(from, { at, packets: entry.packets, bytes: entry.bytes });
    if (entry.midStream === true) held.set(from, IS_MID_STREAM);
    else if (entry.midStream === false) held.set(from, IS_WHOLE);
    if (from === to) return;
    held.set(from, IS_LEFT);
    held.set(to, IS_REACHED);
    held.join(from, to);
  }

  /** Tells every connection held, in the order of their first entries. */
  settle(): void {
    const held = this.#held;
    for (let row = held.first; row < held.end; row = held.after(row))
      if (held.hasEntry(row) && !held.has(row, IS_TOLD)) this.#tell(row);
    this.#told.clear();
    [this.#held, this.#told] = [this.#told, held];
  }

  /** The tuples that the packets of the entry's opener have before and behind it. */
  #take(entry: ZonedEntry): void {
    const { addresses } = entry;
    const [enters, leaves] = [this.#enters, this.#leaves];
    const what = whatOf(entry.event, entry.protocol);
    enters[WHAT] = what;
    leaves[WHAT] = what;
    for (let word = 0; word < 4; word++) {
      enters[SOURCE + word] = addresses[ORIG_SOURCE + word]!;
      enters[DESTINATION + word] = addresses[ORIG_DESTINATION + word]!;
      leaves[SOURCE + word] = addresses[REPLY_DESTINATION + word]!;
      leaves[DESTINATION + word] = addresses[REPLY_SOURCE + word]!;
    }
    enters[PORTS] = (entry.origSourcePort << 16) | entry.origDestinationPort;
    leaves[PORTS] = (entry.replyDestinationPort << 16) | entry.replySourcePort;
  }

  /** Whether the entry is one more of a connection already told, and says nothing new of it. */
  #isTold(zone: number, isTranslated: boolean): boolean {
    const told = this.#told;
    const from = told.find(this.#enters);
    if (from === NONE || told.hasZone(from, zone)) return false;
    if (isTranslated) {
      const to = told.find(this.#leaves);
      if (to === NONE || !told.isOneRing(from, to)) return false;
    }
    told.addZone(from, zone);
    return true;
  }

  /** Tells the connection that has this row, and leaves its rows as if they were new. */
  #tellAndClear(row: number): void {
    const held = this.#held;
    this.#tell(row);
    for (let at = row, isLast = false; !isLast;) {
      const next = held.nextInRing(at);
      isLast = next === row;
      held.clearRow(at);
      at = next;
    }
  }

  #tell(row: number): void {
    const held = this.#held;
    const folded = this.#folded;
    // A ring in which every tuple is reached from another translates back what it translated: the first stands for both ends.
    let [first, last, earliest] = [NONE, NONE, Infinity];
    let flags = 0;
    folded.packets = null;
    folded.bytes = null;
    let at = row;
    do {
      if (!held.has(at, IS_REACHED)) first = at;
      if (!held.has(at, IS_LEFT)) last = at;
      if (held.has(at, IS_WHOLE)) flags |= IS_WHOLE;
      if (held.has(at, IS_MID_STREAM)) flags |= IS_MID_STREAM;
      const sums = held.sumsOf(at);
      earliest = Math.min(earliest, sums.at);
      folded.packets = greater(folded.packets, sums.packets);
      folded.bytes = greater(folded.bytes, sums.bytes);
      held.set(at, IS_TOLD);
      at = held.nextInRing(at);
    } while (at !== row);
    folded.event = kindOf(held.word(row, WHAT));
    folded.protocol = protocolOf(held.word(row, WHAT));
    folded.midStream = (flags & IS_WHOLE) !== 0 ? false : (flags & IS_MID_STREAM) !== 0 ? true : null;
    folded.enters(held, first === NONE ? row : first);
    folded.leaves(held, last === NONE ? row : last);
    this.#options.tell(folded, earliest);
  }
}

function isSame(a: Int32Array, b: Int32Array): boolean {
  let word = 0;
  while (word < TUPLE_WORDS && a[word] === b[word]) word++;
  return word === TUPLE_WORDS;
}

function greater(a: number | null, b: number | null): number | null {
  if (a === null || b === null) return a ?? b;
  return Math.max(a, b);
}
