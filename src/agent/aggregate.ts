/**
 * Sums sightings into flows between two drains, so that a batch holds one flow for each key however many connections it
 * had. It knows no clock and no window: times come with the sightings, and whoever drains it decides when.
 */
import type { Sighting } from '../conntrack/flow-of.ts';
import { flowKeyText } from '../domain/flow.ts';
import type { Flow, FlowKey, SecondCount } from '../domain/flow.ts';
import { compareText } from '../domain/text-order.ts';

/**
 * What is known of one key since the last drain. A port scan makes tens of thousands of these, so they hold flat arrays
 * and nothing that is not needed: a Map for each would take three times the memory.
 */
interface Sum {
  readonly key: FlowKey;
  /** Second, opened, answered; and so on. */
  seconds: number[] | null;
  /** Time of the dump in unix ms, entries found alive; and so on. */
  presences: number[] | null;
  bytes: number | null;
  packets: number | null;
}

/** Numbers of one second, and of one dump. */
const SECOND_WIDTH = 3;
const PRESENCE_WIDTH = 2;

export class Aggregate {
  #sums = new Map<string, Sum>();

  /** Keys held: what a drain would return. */
  get keys(): number {
    return this.#sums.size;
  }

  /**
   * Adds one sighting. `at` is the time of the dump, unix ms, and must be the same for all entries of one dump; it counts
   * only for a presence, since the other kinds bring their own time or have none.
   */
  add(sighting: Sighting, at: number): void {
    if (sighting.kind === 'nothing') return;
    const sum = this.#sumOf(sighting.key);
    switch (sighting.kind) {
      case 'opened':
        addSecond(sum, sighting.at, 1);
        return;
      case 'answered':
        addSecond(sum, sighting.at, 2);
        return;
      case 'present':
        addPresence(sum, at);
        return;
      case 'counters':
        sum.bytes = (sum.bytes ?? 0) + sighting.bytes;
        sum.packets = (sum.packets ?? 0) + sighting.packets;
        return;
      default:
        sighting satisfies never;
    }
  }

  /** All flows since the last drain, by `flowKeyText`, and forgets them. */
  drain(): Flow[] {
    const [flows = []] = this.drainInParts(Math.max(1, this.#sums.size));
    return flows;
  }

  /**
   * The same as `drain` in parts of at most `size` flows, each made when it is asked for, so that many flows never stand
   * in memory beside their sums. Gives one empty part when there are none.
   */
  *drainInParts(size: number): Generator<Flow[]> {
    const sums = this.#sums;
    this.#sums = new Map();
    const texts = [...sums.keys()].toSorted(compareText);
    for (let from = 0; from === 0 || from < texts.length; from += size) {
      const flows: Flow[] = [];
      for (const text of texts.slice(from, from + size)) {
        const sum = sums.get(text);
        sums.delete(text);
        if (sum !== undefined) flows.push(flowOf(sum));
      }
      yield flows;
    }
  }

  #sumOf(key: FlowKey): Sum {
    const text = flowKeyText(key);
    const known = this.#sums.get(text);
    if (known !== undefined) return known;
    const sum: Sum = { key, seconds: null, presences: null, bytes: null, packets: null };
    this.#sums.set(text, sum);
    return sum;
  }
}

/** `field` is 1 for opened, 2 for answered. */
function addSecond(sum: Sum, at: number, field: 1 | 2): void {
  const second = Math.floor(at / 1000);
  sum.seconds ??= [second, 0, 0];
  const place = placeOf(sum.seconds, second, SECOND_WIDTH);
  if (place < 0) sum.seconds.push(second, field === 1 ? 1 : 0, field === 2 ? 1 : 0);
  else sum.seconds[place + field] = (sum.seconds[place + field] ?? 0) + 1;
}

function addPresence(sum: Sum, at: number): void {
  sum.presences ??= [at, 0];
  const place = placeOf(sum.presences, at, PRESENCE_WIDTH);
  if (place < 0) sum.presences.push(at, 1);
  else sum.presences[place + 1] = (sum.presences[place + 1] ?? 0) + 1;
}

/** Where the row of this time begins, or -1. Looks from the end, where the present is. */
function placeOf(rows: readonly number[], time: number, width: number): number {
  for (let place = rows.length - width; place >= 0; place -= width) if (rows[place] === time) return place;
  return -1;
}

function flowOf({ key, seconds, presences, bytes, packets }: Sum): Flow {
  return {
    ...key,
    seconds: rowsOf(seconds ?? [], SECOND_WIDTH).map(
      ([second = 0, opened = 0, answered = 0]): SecondCount => ({ second, opened, answered }),
    ),
    ...(presences !== null && {
      presences: rowsOf(presences, PRESENCE_WIDTH).map(([at = 0, count = 0]) => ({ at, count })),
    }),
    ...(bytes !== null && { bytes }),
    ...(packets !== null && { packets }),
  };
}

/** By time, ascending. */
function rowsOf(flat: readonly number[], width: number): number[][] {
  const rows: number[][] = [];
  for (let place = 0; place < flat.length; place += width) rows.push(flat.slice(place, place + width));
  return rows.toSorted(([a = 0], [b = 0]) => a - b);
}
