/**
 * Sums sightings into flows between two drains, so that a batch holds one flow for each key however many connections it
 * had. It knows no clock and no window: times come with the sightings, and whoever drains it decides when.
 */
import type { Sighting } from '../conntrack/flow-of.ts';
import { flowKeyText } from '../domain/flow.ts';
import type { Flow, Presence, SecondCount } from '../domain/flow.ts';
import { compareText } from '../domain/text-order.ts';
import { KeyTable } from './key-table.ts';
import { NumberRows } from './number-rows.ts';

/** Cells of a key's latest rows in the other tables, by the key's number. */
const LATEST_SECOND = 0;
const LATEST_PRESENCE = 1;

/** Cells of a key's counters. */
const HAS_COUNTERS = 0;
const BYTES = 1;
const PACKETS = 2;

/** Cells of a second and of a dump: its time, its counts, and the same key's row before it. */
const TIME = 0;
const OPENED = 1;
const ANSWERED = 2;
const EARLIER_SECOND = 3;
const COUNT = 1;
const EARLIER_PRESENCE = 2;

/** What stands for no row; rows are referred to from 1. */
const NONE = 0;

export class Aggregate {
  readonly #sums = new Sums();

  /** Keys held: what a drain would return. */
  get keys(): number {
    return this.#sums.keys.size;
  }

  /**
   * Adds one sighting. `at` is the time of the dump, unix ms, and must be the same for all entries of one dump; it counts
   * only for a presence, since the other kinds bring their own time or have none.
   */
  add(sighting: Sighting, at: number): void {
    switch (sighting.kind) {
      case 'nothing':
        return;
      case 'opened':
        this.#sums.addSecond(this.#sums.numberOf(sighting.key), sighting.at, OPENED);
        return;
      case 'answered':
        this.#sums.addSecond(this.#sums.numberOf(sighting.key), sighting.at, ANSWERED);
        return;
      case 'present':
        this.#sums.addPresence(this.#sums.numberOf(sighting.key), at);
        return;
      case 'counters':
        this.#sums.addCounters(this.#sums.numberOf(sighting.key), sighting.bytes, sighting.packets);
        return;
      default:
        sighting satisfies never;
    }
  }

  /** All flows since the last drain, by `flowKeyText`, and forgets them. */
  drain(): Flow[] {
    const sorted = [...this.part(0, this.keys)]
      .map((flow) => ({ flow, text: flowKeyText(flow) }))
      .toSorted((a, b) => compareText(a.text, b.text));
    this.clear();
    return sorted.map(({ flow }) => flow);
  }

  /**
   * Flows in the order of their first sighting, those with the numbers `from` up to but not including `to`, each made when
   * it is asked for, so that many never stand in memory beside their sums. Forgets nothing.
   */
  *part(from: number, to: number): Generator<Flow> {
    for (let key = from; key < Math.min(to, this.keys); key++) yield this.#sums.flowAt(key);
  }

  /** Forgets everything; the memory stays for what comes next. */
  clear(): void {
    this.#sums.clear();
  }
}

/** Everything since a drain, in tables of numbers. */
class Sums {
  readonly keys = new KeyTable();
  readonly #latest = NumberRows.ofWords(2);
  readonly #seconds = NumberRows.ofWords(4);
  readonly #presences = NumberRows.ofDoubles(3);
  /** Rows by key, as far as the last key that has any: none at all where accounting is off. */
  readonly #counters = NumberRows.ofDoubles(3);

  numberOf(key: Parameters<KeyTable['numberOf']>[0]): number {
    const number = this.keys.numberOf(key);
    if (number === this.#latest.length) this.#latest.addRow();
    return number;
  }

  clear(): void {
    for (const table of [this.keys, this.#latest, this.#seconds, this.#presences, this.#counters])
      table.clear();
  }

  addSecond(key: number, at: number, cell: typeof OPENED | typeof ANSWERED): void {
    const second = Math.floor(at / 1000);
    const latest = this.#latest.get(key, LATEST_SECOND);
    let row = latest;
    while (row !== NONE && this.#seconds.get(row - 1, TIME) !== second)
      row = this.#seconds.get(row - 1, EARLIER_SECOND);
    if (row === NONE) {
      row = this.#seconds.addRow() + 1;
      this.#seconds.set(row - 1, TIME, second);
      this.#seconds.set(row - 1, EARLIER_SECOND, latest);
      this.#latest.set(key, LATEST_SECOND, row);
    }
    this.#seconds.set(row - 1, cell, this.#seconds.get(row - 1, cell) + 1);
  }

  addPresence(key: number, at: number): void {
    const latest = this.#latest.get(key, LATEST_PRESENCE);
    let row = latest;
    while (row !== NONE && this.#presences.get(row - 1, TIME) !== at)
      row = this.#presences.get(row - 1, EARLIER_PRESENCE);
    if (row === NONE) {
      row = this.#presences.addRow() + 1;
      this.#presences.set(row - 1, TIME, at);
      this.#presences.set(row - 1, EARLIER_PRESENCE, latest);
      this.#latest.set(key, LATEST_PRESENCE, row);
    }
    this.#presences.set(row - 1, COUNT, this.#presences.get(row - 1, COUNT) + 1);
  }

  addCounters(key: number, bytes: number, packets: number): void {
    while (this.#counters.length <= key) this.#counters.addRow();
    this.#counters.set(key, HAS_COUNTERS, 1);
    this.#counters.set(key, BYTES, this.#counters.get(key, BYTES) + bytes);
    this.#counters.set(key, PACKETS, this.#counters.get(key, PACKETS) + packets);
  }

  flowAt(key: number): Flow {
    const presences = this.#presencesOf(key);
    const isCounted = key < this.#counters.length && this.#counters.get(key, HAS_COUNTERS) === 1;
    return {
      ...this.keys.keyAt(key),
      seconds: this.#secondsOf(key),
      ...(presences.length > 0 && { presences }),
      ...(isCounted && {
        bytes: this.#counters.get(key, BYTES),
        packets: this.#counters.get(key, PACKETS),
      }),
    };
  }

  /** Ascending. */
  #secondsOf(key: number): SecondCount[] {
    const seconds: SecondCount[] = [];
    for (let row = this.#latest.get(key, LATEST_SECOND); row !== NONE;) {
      seconds.push({
        second: this.#seconds.get(row - 1, TIME),
        opened: this.#seconds.get(row - 1, OPENED),
        answered: this.#seconds.get(row - 1, ANSWERED),
      });
      row = this.#seconds.get(row - 1, EARLIER_SECOND);
    }
    return seconds.length < 2 ? seconds : seconds.toSorted((a, b) => a.second - b.second);
  }

  /** Ascending. */
  #presencesOf(key: number): Presence[] {
    const presences: Presence[] = [];
    for (let row = this.#latest.get(key, LATEST_PRESENCE); row !== NONE;) {
      presences.push({
        at: this.#presences.get(row - 1, TIME),
        count: this.#presences.get(row - 1, COUNT),
      });
      row = this.#presences.get(row - 1, EARLIER_PRESENCE);
    }
    return presences.length < 2 ? presences : presences.toSorted((a, b) => a.at - b.at);
  }
}
