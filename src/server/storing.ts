/**
 * Whether what must be stored is stored: batches as they come, evidence as it is attributed. A server whose disk is full stays
 * ready, because it is the only one and people still read what it has; that it stores nothing is said to probes and in a metric.
 */
import { ProblemError } from '../domain/problem.ts';
import type { MetricFamily } from '../runtime/metrics-text.ts';

/** What is stored: batches before they are acknowledged, evidence after. */
export type Storing = 'batches' | 'attribution';

/** Work that fails now, and for how long; `code` as the log and the agents are told, such as `disk-full`. */
export interface Degraded {
  readonly what: Storing;
  readonly code: string;
  readonly forMs: number;
}

/** The store's own failures; every other refusal of a batch is about the batch. */
const STORE_CODES: ReadonlySet<string> = new Set([
  'disk-full',
  'disk-error',
  'database-damaged',
  'database-unwritable',
  'database-in-use',
]);

export class StoringHealth {
  readonly #now: () => number;
  readonly #failing = new Map<Storing, { readonly code: string; readonly since: number }>();

  /** `now` is unix ms. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** The batch as it ends, which is kept in mind. */
  async ofBatch(accepted: Promise<void>): Promise<void> {
    try {
      await accepted;
    } catch (error) {
      if (error instanceof ProblemError && STORE_CODES.has(error.code)) this.failed('batches', error);
      throw error;
    }
    this.worked('batches');
  }

  worked(what: Storing): void {
    this.#failing.delete(what);
  }

  failed(what: Storing, error: unknown): void {
    const code = error instanceof ProblemError ? error.code : 'internal-error';
    const known = this.#failing.get(what);
    if (known?.code !== code) this.#failing.set(what, { code, since: known?.since ?? this.#now() });
  }

  get degraded(): readonly Degraded[] {
    const now = this.#now();
    return [...this.#failing].map(([what, { code, since }]) => ({
      what,
      code,
      forMs: Math.max(0, now - since),
    }));
  }

  get metrics(): MetricFamily {
    return {
      name: 'netscribe_storing_failed_seconds',
      help: 'For how long batches, or what is attributed, could not be stored, by problem code; absent while they are.',
      type: 'gauge',
      samples: this.degraded.map(({ what, code, forMs }) => ({
        labels: { what, code },
        value: forMs / 1000,
      })),
    };
  }
}
