/** How often one caller may come: a bucket for each that fills with time. Callers beyond its bound share one bucket. */

/** More than the nodes of the largest cluster, and people beside. */
const MAX_BUCKETS = 20_000;
const SHARED = '';

interface Bucket {
  /** Whole and partial tokens. */
  tokens: number;
  at: number;
}

export class Pace {
  readonly #perMinute: number;
  readonly #monotonicMs: () => number;
  readonly #buckets = new Map<string, Bucket>();

  /** A caller may come so often in one minute, all at once if it likes. */
  constructor(perMinute: number, monotonicMs: () => number) {
    this.#perMinute = perMinute;
    this.#monotonicMs = monotonicMs;
  }

  /** Null when the caller may come now, else the whole seconds after which it may. */
  wait(caller: string): number | null {
    const now = this.#monotonicMs();
    const bucket = this.#bucketOf(caller, now);
    const perMs = this.#perMinute / 60_000;
    bucket.tokens = Math.min(this.#perMinute, bucket.tokens + (now - bucket.at) * perMs);
    bucket.at = now;
    if (bucket.tokens < 1) return Math.max(1, Math.ceil((1 - bucket.tokens) / perMs / 1000));
    bucket.tokens--;
    return null;
  }

  /** What the caller sent cost as much as so many more: it may come again when that is made up for. */
  charge(caller: string, times: number): void {
    const bucket = this.#bucketOf(caller, this.#monotonicMs());
    bucket.tokens -= times;
  }

  #bucketOf(caller: string, now: number): Bucket {
    const known = this.#buckets.get(caller);
    if (known !== undefined) return known;
    if (this.#buckets.size >= MAX_BUCKETS) this.#forgetFull(now);
    const name = this.#buckets.size >= MAX_BUCKETS ? SHARED : caller;
    const bucket = this.#buckets.get(name) ?? { tokens: this.#perMinute, at: now };
    this.#buckets.set(name, bucket);
    return bucket;
  }

  /** A bucket that is full again is as good as none. */
  #forgetFull(now: number): void {
    for (const [name, { at }] of this.#buckets) if (now - at > 60_000) this.#buckets.delete(name);
  }
}
