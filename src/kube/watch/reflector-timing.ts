/** How long a reflector waits and how much it asks at once, and the backoff between its requests. */
import type { ApiFailure } from './api-failure.ts';

export interface ReflectorTiming {
  /** Least and most of `timeoutSeconds`, in whole seconds: spread, so that watches do not all end at once. */
  readonly watchSeconds: readonly [number, number];
  /** Ms without a byte after which a connection counts as dead; a quiet watch has a bookmark about once a minute. */
  readonly idleMs: number;
  /** First and greatest bound of the full-jitter backoff, in ms. */
  readonly backoffMs: readonly [number, number];
  /** Ms between requests where only a person can help: forbidden, or a kind that this server does not have. */
  readonly refusedMs: number;
  /** A watch that lasted this long was a good one, even when it said nothing; in ms. client-go calls less "very short". */
  readonly steadyMs: number;
  /**
   * Ms that a watch's initial events may take: from one object to the next, and in all. A server that does not know them
   * tells what exists and never that this was all; 150,000 pods of 8 KB need less than a minute from one that does.
   */
  readonly initialEventsMs: readonly [number, number];
  /** Objects on one page of a LIST; client-go's page size. */
  readonly pageItems: number;
  /** Ms between two looks for other kinds of policy: they come with a component that somebody installs. */
  readonly discoveryMs: number;
  /** In [0, 1). */
  readonly random: () => number;
}

export const DEFAULT_TIMING: ReflectorTiming = {
  watchSeconds: [300, 600],
  idleMs: 180_000,
  backoffMs: [800, 30_000],
  refusedMs: 60_000,
  steadyMs: 1_000,
  initialEventsMs: [10_000, 120_000],
  pageItems: 500,
  discoveryMs: 600_000,
  random: Math.random,
};

/** `timeoutSeconds` of the next watch. */
export function nextWatchSeconds({ watchSeconds: [least, most], random }: ReflectorTiming): number {
  return least + Math.floor(random() * (most - least + 1));
}

/** Counts failures in a row. Full jitter: a uniform wait below a bound that doubles, so that clients spread out. */
export class Backoff {
  readonly #timing: ReflectorTiming;
  #failures = 0;

  constructor(timing: ReflectorTiming) {
    this.#timing = timing;
  }

  reset(): void {
    this.#failures = 0;
  }

  /** Ms to wait before the next request; never less than the server asked for. */
  after(failure: ApiFailure): number {
    const wait = this.#waitFor(failure);
    this.#failures++;
    return Math.ceil(Math.max(wait, failure.retryAfterMs ?? 0));
  }

  #waitFor(failure: ApiFailure): number {
    const { backoffMs, refusedMs, random } = this.#timing;
    // A version that expired on a healthy watch is the normal course of things; one after the other is not.
    if (failure.code === 'expired' && this.#failures === 0) return 0;
    if (failure.code === 'forbidden' || failure.code === 'not-found') return refusedMs * (0.5 + random() / 2);
    const [least, most] = backoffMs;
    return random() * Math.min(most, least * 2 ** Math.min(this.#failures, 20));
  }
}
