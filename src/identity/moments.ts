/** When the connections of a flow were: the moments at which an agent counted them, brought to our clock. */
import type { Flow, Presence, SecondCount } from '../domain/flow.ts';
import type { Interval } from './resolve.ts';

/** What must be added to a node's time to have ours lies between these two; ms. */
export interface ClockBounds {
  readonly earliestMs: number;
  readonly latestMs: number;
}

/** How the times of a flow are to be read. */
export interface FlowClock {
  /** A connection counted in second s began no earlier than s minus this; ms. */
  readonly readLagMs: number;
  /** Absent where the node's clock is ours, as in a capture. */
  readonly clock?: ClockBounds;
}

/** One moment at which connections of a flow are counted. */
export interface Moment {
  /** Our time, and by the middle of the clock's bounds the instant at which it counts. */
  readonly interval: Interval;
  readonly at: number;
  /** What of the flow it is. */
  readonly source: SecondCount | Presence;
  readonly opened: number;
  readonly answered: number;
  readonly present: number;
}

/** A dump is not a snapshot, and a text dump names only the second in which it was taken. */
const DUMP_GRAIN_MS = 1000;

const SAME_CLOCK: ClockBounds = { earliestMs: 0, latestMs: 0 };

/** Each second and each dump of a flow, by our clock. */
export function momentsOf(flow: Flow, { readLagMs, clock = SAME_CLOCK }: FlowClock): Moment[] {
  const { earliestMs, latestMs } = clock;
  const middleMs = Math.round((earliestMs + latestMs) / 2);
  const seconds = flow.seconds.map((source) => {
    const at = source.second * 1000;
    const interval = { start: at - readLagMs + earliestMs, end: at + 1000 + latestMs };
    return {
      source,
      interval,
      at: at + middleMs,
      opened: source.opened,
      answered: source.answered,
      present: 0,
    };
  });
  const dumps = (flow.presences ?? []).map((source) => {
    // Of whose the entry is, its last packet tells; whoever it was must have the address still.
    const start = source.at - (source.idleMs ?? 0) + earliestMs;
    const interval = { start, end: source.at + DUMP_GRAIN_MS + latestMs };
    return { source, interval, at: source.at + middleMs, opened: 0, answered: 0, present: source.count };
  });
  return [...seconds, ...dumps];
}

/** The flow of these moments alone. Its counters went with the first evidence if there was any. */
export function restOf(flow: Flow, moments: readonly Moment[], isCounted: boolean): Flow | null {
  if (moments.length === 0) return null;
  const { bytes, packets, seconds, presences, ...key } = flow;
  const of = new Set(moments.map(({ source }) => source));
  const left = presences?.filter((each) => of.has(each)) ?? [];
  return {
    ...key,
    seconds: seconds.filter((each) => of.has(each)),
    ...(left.length > 0 && { presences: left }),
    ...(!isCounted && bytes !== undefined && { bytes }),
    ...(!isCounted && packets !== undefined && { packets }),
  };
}
