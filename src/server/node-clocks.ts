/**
 * How far each node's clock is from ours, by when its batches say they were sent and its kubelet that it was alive. Nothing
 * arrives before it was sent, so that the least difference of late is the offset and the time that the fastest was under way.
 */
import type { ClockBounds } from '../identity/attribute.ts';
import type { ClockReading } from '../identity/fact-clock.ts';

/** The fastest message of a minute is under way for less than this; ms. */
const FASTEST_MS = 250;

/** The least difference is that of the last one to two of these; ms. */
const MEMORY_MS = 60_000;

/** How fast a clock that is being slewed moves (500 ppm, adjtimex(2)). */
const DRIFT = 500e-6;

/** What it moves within that memory, rounded up; ms. */
const DRIFT_MS = 100;

/** What a clock may be off of which nothing was heard yet: nodes are kept in step by NTP; ms. */
const UNKNOWN_MS = 5_000;

/**
 * A clock that was set back shows in every message from then on, by the same: so many in a row this far above the least, ms. Messages
 * that wait for us while we are busy are late, too, but each by something else, and come all at once.
 */
const STEP_MS = 1_000;
const STEPPED_AFTER = 3;
const STEP_APART_MS = 500;

/** A clock as it is kept over a restart of ours: the least difference, ms, and when a message last showed it, unix ms. */
export interface KnownClock {
  readonly node: string;
  readonly least: number;
  readonly heardAt: number;
}

interface Differences {
  /** Of the present stretch of memory and of the one before. */
  least: number;
  leastBefore: number;
  /** Unix ms. */
  stretchBegan: number;
  heardAt: number;
  /** Messages in a row that were a step above the least, alike and apart. */
  above: Above | null;
  /** How far it may have moved while nothing was heard of it, as long as a difference from before counts; ms. */
  unheardMs: number;
  /** When that silence ended, unix ms. */
  heardAgainAt: number;
}

interface Above {
  readonly count: number;
  readonly least: number;
  readonly most: number;
  /** When the last of them arrived, unix ms. */
  readonly at: number;
}

export class NodeClocks {
  readonly #known = new Map<string, Differences>();
  /** Nodes of which something else is known than was last taken. */
  readonly #changed = new Set<string>();

  /** Takes back what was known before a restart, at `now` (unix ms). */
  restore(clocks: readonly KnownClock[], now: number): void {
    for (const { node, least, heardAt } of clocks) {
      const unheardMs = driftWithin(now - heardAt);
      if (unheardMs < UNKNOWN_MS) this.#known.set(node, { ...startingWith(least, heardAt), unheardMs });
    }
  }

  /** A message of `node`, sent at `sentAt` by the node's clock, arrived at `receivedAt` by ours; unix ms. Returns the bounds as known with it. */
  learn(node: string, sentAt: number, receivedAt: number): ClockBounds {
    const difference = receivedAt - sentAt;
    const known = this.#known.get(node) ?? startingWith(difference, receivedAt);
    this.#known.set(node, {
      ...renewed(known, difference, receivedAt),
      heardAt: Math.max(known.heardAt, receivedAt),
      ...silenceOf(known, receivedAt),
    });
    this.#changed.add(node);
    return this.boundsOf(node);
  }

  /** For the times that the node's kubelet prints. */
  readingOf(node: string): ClockReading {
    if (!this.#known.has(node)) return { offsetMs: 0, uncertaintyMs: UNKNOWN_MS };
    const { earliestMs, latestMs } = this.boundsOf(node);
    const offsetMs = Math.round((earliestMs + latestMs) / 2);
    return { offsetMs, uncertaintyMs: Math.ceil((latestMs - earliestMs) / 2) };
  }

  /** The clock of a node that sent nothing yet is taken for ours. */
  boundsOf(node: string): ClockBounds {
    const known = this.#known.get(node);
    if (known === undefined) return { earliestMs: 0, latestMs: 0 };
    const least = Math.min(known.least, known.leastBefore);
    const { unheardMs } = known;
    return { earliestMs: least - FASTEST_MS - unheardMs, latestMs: least + DRIFT_MS + unheardMs };
  }

  /** Clocks of which something was heard since the last call, to be kept. */
  takeChanged(): KnownClock[] {
    const changed = [...this.#changed].flatMap((node) => {
      const known = this.#known.get(node);
      if (known === undefined) return [];
      return [{ node, least: Math.min(known.least, known.leastBefore), heardAt: known.heardAt }];
    });
    this.#changed.clear();
    return changed;
  }
}

function startingWith(difference: number, at: number): Differences {
  return {
    least: difference,
    leastBefore: difference,
    stretchBegan: at,
    heardAt: at,
    above: null,
    unheardMs: 0,
    heardAgainAt: at,
  };
}

/** A silence longer than the memory leaves its doubt for as long as what was known before it may count. */
function silenceOf(known: Differences, receivedAt: number): Pick<Differences, 'unheardMs' | 'heardAgainAt'> {
  const { heardAt, unheardMs, heardAgainAt } = known;
  if (receivedAt - heardAt > MEMORY_MS)
    return { unheardMs: driftWithin(receivedAt - heardAt), heardAgainAt: receivedAt };
  const isOver = receivedAt - heardAgainAt > 2 * MEMORY_MS;
  return { unheardMs: isOver ? 0 : unheardMs, heardAgainAt };
}

/** How far a clock moves in so many ms of silence. */
function driftWithin(ms: number): number {
  return ms > MEMORY_MS ? Math.ceil(ms * DRIFT) : 0;
}

function renewed(known: Differences, difference: number, receivedAt: number): Differences {
  const isAbove = difference > Math.min(known.least, known.leastBefore) + STEP_MS;
  const above = isAbove ? oneMore(known.above, difference, receivedAt) : null;
  if (above !== null && above.count >= STEPPED_AFTER) return startingWith(above.least, receivedAt);
  if (receivedAt - known.stretchBegan >= MEMORY_MS)
    return { ...known, least: difference, leastBefore: known.least, stretchBegan: receivedAt, above };
  return { ...known, least: Math.min(known.least, difference), above };
}

function oneMore(before: Above | null, difference: number, at: number): Above {
  if (before === null) return { count: 1, least: difference, most: difference, at };
  if (at - before.at < STEP_APART_MS) return before;
  const least = Math.min(before.least, difference);
  const most = Math.max(before.most, difference);
  return most - least > FASTEST_MS
    ? { count: 1, least: difference, most: difference, at }
    : { count: before.count + 1, least, most, at };
}
