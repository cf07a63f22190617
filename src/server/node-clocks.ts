/**
 * How far each node's clock is from ours, by when its batches say they were sent. No batch arrives before it was sent, so
 * that the least difference of late is the offset and the time that the fastest batch was under way.
 */
import type { ClockBounds } from '../identity/attribute.ts';

/** The fastest batch of a minute is under way for less than this; ms. */
const FASTEST_BATCH_MS = 250;

/** The least difference is that of the last one to two of these; ms. */
const MEMORY_MS = 60_000;

/** What a clock that is being slewed (500 ppm, adjtimex(2)) moves within that memory, rounded up; ms. */
const DRIFT_MS = 100;

/** A clock that was set back shows in every batch from then on: so many in a row this far above the least, ms. */
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

  /** A batch of `node`, sent at `sentAt` by the node's clock, arrived at `receivedAt` by ours; unix ms. Returns the bounds as known with it. */
  learn(node: string, sentAt: number, receivedAt: number): ClockBounds {
    const difference = receivedAt - sentAt;
    const known = this.#known.get(node) ?? startingWith(difference, receivedAt);
    this.#known.set(node, renewed(known, difference, receivedAt));
    return this.boundsOf(node);
  }

  /** The clock of a node that sent nothing yet is taken for ours. */
  boundsOf(node: string): ClockBounds {
    const known = this.#known.get(node);
    if (known === undefined) return { earliestMs: 0, latestMs: 0 };
    const least = Math.min(known.least, known.leastBefore);
    return { earliestMs: least - FASTEST_BATCH_MS, latestMs: least + DRIFT_MS };
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
