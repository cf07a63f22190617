/**
 * When to look at the queue of events again. To be woken costs a process of Node's as much as a hundred events, so that
 * waiting longer saves CPU time; but an event that the kernel did not stamp is known only to lie between two looks, and the
 * queue is not endless.
 */

/** At the most that a machine makes, some 125,000 events a second, the processor is busy anyway. */
const SHORTEST_MS = 50;
/**
 * How late a sighting is when all is well, which `readLagMs` tells; seconds are what is counted in. With 50 ms, 5,000 events
 * a second cost a third more; with 400 ms hardly less.
 */
const LONGEST_MS = 200;
/** Events that a look is to find at most. The queue holds a dozen times as many, for bursts. */
const EVENTS_AT_ONCE = 4_000;

/** Milliseconds until the next look, after one that found so many events in so many milliseconds. */
export function drainDelayMs(events: number, sinceMs: number): number {
  if (events === 0) return LONGEST_MS;
  return Math.min(LONGEST_MS, Math.max(SHORTEST_MS, (EVENTS_AT_ONCE * Math.max(sinceMs, 1)) / events));
}
