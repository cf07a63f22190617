/**
 * Sums sightings into flows between two drains, so that a batch holds one flow for each key however many connections it
 * had. It knows no clock and no window: times come with the sightings, and whoever drains it decides when.
 */
import type { Sighting } from '../conntrack/flow-of.ts';
import { flowKeyText } from '../domain/flow.ts';
import type { Flow, FlowKey, SecondCount } from '../domain/flow.ts';
import { compareText } from '../domain/text-order.ts';

/** What is known of one key since the last drain. */
interface Sum {
  readonly key: FlowKey;
  readonly seconds: Map<number, { opened: number; answered: number }>;
  /** Entries found alive, by the time of the dump, unix ms. */
  readonly presences: Map<number, number>;
  bytes: number | null;
  packets: number | null;
}

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
        this.#second(sum, sighting.at).opened++;
        return;
      case 'answered':
        this.#second(sum, sighting.at).answered++;
        return;
      case 'present':
        sum.presences.set(at, (sum.presences.get(at) ?? 0) + 1);
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
    const sums = [...this.#sums].toSorted(([a], [b]) => compareText(a, b));
    this.#sums = new Map();
    return sums.map(([, sum]) => flowOf(sum));
  }

  #sumOf(key: FlowKey): Sum {
    const text = flowKeyText(key);
    const known = this.#sums.get(text);
    if (known !== undefined) return known;
    const sum: Sum = { key, seconds: new Map(), presences: new Map(), bytes: null, packets: null };
    this.#sums.set(text, sum);
    return sum;
  }

  #second({ seconds }: Sum, at: number): { opened: number; answered: number } {
    const second = Math.floor(at / 1000);
    const known = seconds.get(second);
    if (known !== undefined) return known;
    const counts = { opened: 0, answered: 0 };
    seconds.set(second, counts);
    return counts;
  }
}

function flowOf({ key, seconds, presences, bytes, packets }: Sum): Flow {
  return {
    ...key,
    seconds: inOrder(seconds).map(([second, counts]): SecondCount => ({ second, ...counts })),
    ...(presences.size > 0 && { presences: inOrder(presences).map(([at, count]) => ({ at, count })) }),
    ...(bytes !== null && { bytes }),
    ...(packets !== null && { packets }),
  };
}

function inOrder<T>(byTime: ReadonlyMap<number, T>): [number, T][] {
  return [...byTime].toSorted(([a], [b]) => a - b);
}
