/** How long to wait before trying again, so that many who failed together do not come back together. */

export interface BackoffBounds {
  /** The least wait, ms. */
  readonly leastMs: number;
  /** The longest wait, ms. */
  readonly mostMs: number;
}

/**
 * Full jitter: uniform between `leastMs` and a ceiling that doubles with each failure up to `mostMs`
 * (Brooker, "Exponential Backoff And Jitter", AWS 2015). `failures` counts those in a row, from 1; `random` is in [0, 1).
 */
export function fullJitterMs(failures: number, { leastMs, mostMs }: BackoffBounds, random: number): number {
  // Past 2^30 the ceiling is reached with any sane bounds, and the power stays a small integer.
  const ceiling = Math.min(mostMs, leastMs * 2 ** Math.min(failures, 30));
  return leastMs + random * Math.max(0, ceiling - leastMs);
}
