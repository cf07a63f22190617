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

/** What a clock that is being slewed (500 ppm, adjtimex(2)) moves within that memory, rounded up; ms. */
const DRIFT_MS = 100;

/** What a clock may be off of which nothing was heard yet: nodes are kept in step by NTP; ms. */
const UNKNOWN_MS = 5_000;

/** A clock that was set back shows in every message from then on: so many in a row this far above the least, ms. */
const STEP_MS = 1_000;
const STEPPED_AFTER = 3;

interface Differences {
  /** Of the present stretch of memory and of the one before. */
  least: number;
  leastBefore: number;
  /** Unix ms. */
  stretchBegan: number;
  /** Batches in a row that were a step above the least, and the least of them. */
  above: number;
  leastAbove: number;
}

export class NodeClocks {
  readonly #known = new Map<string, Differences>();

  /** A message of `node`, sent at `sentAt` by the node's clock, arrived at `receivedAt` by ours; unix ms. Returns the bounds as known with it. */
  learn(node: string, sentAt: number, receivedAt: number): ClockBounds {
    const difference = receivedAt - sentAt;
    const known = this.#known.get(node) ?? startingWith(difference, receivedAt);
    this.#known.set(node, renewed(known, difference, receivedAt));
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
    return { earliestMs: least - FASTEST_MS, latestMs: least + DRIFT_MS };
  }
}

function startingWith(difference: number, at: number): Differences {
  return {
    least: difference,
    leastBefore: difference,
    stretchBegan: at,
    above: 0,
    leastAbove: Number.POSITIVE_INFINITY,
  };
}

function renewed(known: Differences, difference: number, receivedAt: number): Differences {
  const isAbove = difference > Math.min(known.least, known.leastBefore) + STEP_MS;
  const above = isAbove ? known.above + 1 : 0;
  const leastAbove = isAbove ? Math.min(known.leastAbove, difference) : Number.POSITIVE_INFINITY;
  if (above >= STEPPED_AFTER) return startingWith(leastAbove, receivedAt);
  if (receivedAt - known.stretchBegan >= MEMORY_MS)
    return { least: difference, leastBefore: known.least, stretchBegan: receivedAt, above, leastAbove };
  return { ...known, least: Math.min(known.least, difference), above, leastAbove };
}
