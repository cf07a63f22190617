/** Sums what the agent knows it did not see, or saw and could not send, until a batch tells the server. */
import { compareText } from '../domain/text-order.ts';
import type { Losses } from '../wire/batch.ts';

/** A server takes 64 reasons; what comes after that many distinct ones is `other`. */
const MAX_REASONS = 60;
/** What a server takes as a reason. */
const REASON = /^[a-z][a-z0-9-]{0,39}$/;

export class LossTally {
  #dropped = 0;
  #skipped = new Map<string, number>();

  lost(count: number): void {
    this.#dropped += wholeOf(count);
  }

  skipped(reason: string, count: number): void {
    const whole = wholeOf(count);
    if (whole === 0) return;
    const isTold = REASON.test(reason) && (this.#skipped.has(reason) || this.#skipped.size < MAX_REASONS);
    const told = isTold ? reason : 'other';
    this.#skipped.set(told, (this.#skipped.get(told) ?? 0) + whole);
  }

  add({ dropped, skipped }: Losses): void {
    this.lost(dropped);
    for (const [reason, count] of Object.entries(skipped)) this.skipped(reason, count);
  }

  get isEmpty(): boolean {
    return this.#dropped === 0 && this.#skipped.size === 0;
  }

  /** Everything since the last call, and forgets it. */
  take(): Losses {
    const losses = this.peek();
    this.#dropped = 0;
    this.#skipped = new Map();
    return losses;
  }

  peek(): Losses {
    const inOrder = [...this.#skipped].toSorted(([a], [b]) => compareText(a, b));
    return { dropped: this.#dropped, skipped: Object.fromEntries(inOrder) };
  }
}

/** What a batch may carry: counts are whole and not negative. */
function wholeOf(count: number): number {
  return Number.isFinite(count) ? Math.max(0, Math.round(count)) : 0;
}
