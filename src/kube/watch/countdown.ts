/** Waits until every one of some names was removed. */
export class Countdown {
  readonly #left: Set<string>;
  readonly #finish: () => void;
  readonly done: Promise<void>;

  constructor(names: readonly string[]) {
    this.#left = new Set(names);
    const { promise, resolve } = Promise.withResolvers<void>();
    this.done = promise;
    this.#finish = resolve;
  }

  get isDone(): boolean {
    return this.#left.size === 0;
  }

  /** Whether this was the last one. */
  remove(name: string): boolean {
    const wasLast = this.#left.delete(name) && this.isDone;
    if (wasLast) this.#finish();
    return wasLast;
  }
}
