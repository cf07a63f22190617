/**
 * Sums sightings into flows between two drains, so that a batch holds one flow for each key however many connections it
 * had. It knows no clock and no window: times come with the sightings, and whoever drains it decides when.
 */
import type { Sighting } from '../conntrack/flow-of.ts';
import { KeyReader } from '../conntrack/key-words.ts';
import type { SpokenSighting } from '../conntrack/source.ts';
import { Speaker } from '../conntrack/speaker.ts';
import { flowKeyText } from '../domain/flow.ts';
import type { Flow, SecondCount } from '../domain/flow.ts';
import { compareText } from '../domain/text-order.ts';
import { KEY } from './flow-rows.ts';
import { FlowTable, LISTED } from './flow-table.ts';
import type { Room } from './flow-table.ts';

/** Grows as it must. */
const LITTLE_ROOM: Room = { keys: 256, seconds: 256 };

export class Aggregate {
  readonly table: FlowTable;
  readonly #speaker = new Speaker({ sighting: (said) => this.say(said), skipped: () => undefined });
  readonly #reader = new KeyReader();

  constructor(room = LITTLE_ROOM) {
    this.table = new FlowTable(room);
  }

  /** Keys held: what a drain would return. */
  get keys(): number {
    return this.table.flows.count;
  }

  /**
   * Adds one sighting. `at` is the time of the dump, unix ms, and must be the same for all entries of one dump; it counts
   * only for a presence, since the other kinds bring their own time or have none.
   */
  add(sighting: Sighting, at: number): void {
    this.#speaker.sighting(sighting, at);
  }

  /** Adds one sighting that is told in numbers. */
  say({ kind, key, at, bytes, packets, idleMs }: SpokenSighting): void {
    const { table } = this;
    const row = table.flows.rowOf(key.cells, key.length);
    switch (kind) {
      case 'opened':
        table.addOpened(row, secondOf(at));
        break;
      case 'answered':
        table.addAnswered(row, secondOf(at));
        break;
      case 'present':
        table.addPresence(row, Math.floor(at), idleMs);
        break;
      case 'counters':
        table.addCounters(row, bytes, packets);
        break;
      default:
        kind satisfies never;
    }
  }

  /** All flows since the last drain, by `flowKeyText`, and forgets them. */
  drain(): Flow[] {
    const sorted = this.flows()
      .map((flow) => ({ flow, text: flowKeyText(flow) }))
      .toSorted((a, b) => compareText(a.text, b.text));
    this.table.clear();
    return sorted.map(({ flow }) => flow);
  }

  /** All flows in the order of their first sighting. */
  flows(): Flow[] {
    const flows: Flow[] = [];
    const rows = this.table.flows;
    for (let row = rows.first; row < rows.end; row = rows.after(row)) flows.push(this.#flowAt(row));
    return flows;
  }

  #flowAt(row: number): Flow {
    const { table } = this;
    const presences = table.presencesOf(row);
    return {
      ...this.#reader.keyAt(table.flows.cells, row + KEY),
      seconds: this.#secondsOf(row),
      ...(presences.length > 0 && { presences }),
      ...table.countersOf(row),
    };
  }

  #secondsOf(row: number): SecondCount[] {
    const count = this.table.listSeconds(row);
    const { listed } = this.table;
    return Array.from({ length: count }, (_, index) => ({
      second: listed[index * LISTED]!,
      opened: listed[index * LISTED + 1]!,
      answered: listed[index * LISTED + 2]!,
    }));
  }
}

function secondOf(at: number): number {
  return Math.floor(at / 1000);
}
