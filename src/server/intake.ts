/**
 * Batches that arrive together are committed together: one fsync for all of the last few milliseconds, and each is
 * answered only after it. It holds batches in memory no longer than a commit takes and refuses more than it can hold.
 */
import { ProblemError } from '../domain/problem.ts';
import type { WaitingBatch } from '../store/inbox.ts';

/** Long enough to gather the batches of many agents, short enough that an agent notices nothing. */
const GATHER_MS = 20;
/** Batches that may wait for a commit; more than a second's worth of the largest cluster. */
const MAX_WAITING = 2_000;

interface Waiting {
  readonly batch: WaitingBatch;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

export class Intake {
  readonly #commit: (batches: readonly WaitingBatch[]) => Promise<unknown>;
  #waiting: Waiting[] = [];
  #timer: NodeJS.Timeout | null = null;
  #committing: Promise<void> = Promise.resolve();

  /** `commit` resolves when the batches are durable. */
  constructor(commit: (batches: readonly WaitingBatch[]) => Promise<unknown>) {
    this.#commit = commit;
  }

  /** Resolves when the batch is durable. Rejects with a ProblemError: `queue-full`, or what the store says. */
  accept(batch: WaitingBatch): Promise<void> {
    if (this.#waiting.length >= MAX_WAITING)
      return Promise.reject(
        new ProblemError('queue-full', `${MAX_WAITING} batches wait to be stored; try again shortly`),
      );
    return new Promise((resolve, reject) => {
      this.#waiting.push({ batch, resolve, reject });
      this.#timer ??= setTimeout(() => this.#flush(), GATHER_MS);
    });
  }

  /** Commits what waits and resolves when it is durable or refused. */
  async close(): Promise<void> {
    this.#flush();
    await this.#committing;
  }

  #flush(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    const waiting = this.#waiting;
    this.#waiting = [];
    if (waiting.length === 0) return;
    this.#committing = this.#committing.then(() => this.#commitAll(waiting));
  }

  async #commitAll(waiting: readonly Waiting[]): Promise<void> {
    try {
      await this.#commit(waiting.map(({ batch }) => batch));
      for (const { resolve } of waiting) resolve();
    } catch (error) {
      for (const { reject } of waiting) reject(error);
    }
  }
}
