/** How long a reflector waits for the end of a watch's initial events: some servers tell them and never say that it was all. */

export class Patience {
  readonly #over = new AbortController();
  readonly #quietMs: number;
  readonly #wholeMs: number;
  #quiet: NodeJS.Timeout | undefined;
  #whole: NodeJS.Timeout | undefined;

  /** Ms from one object to the next, and in all. It has not begun yet. */
  constructor([quietMs, wholeMs]: readonly [number, number]) {
    this.#quietMs = quietMs;
    this.#wholeMs = wholeMs;
  }

  /** Aborted when it is over. */
  get signal(): AbortSignal {
    return this.#over.signal;
  }

  begin(): void {
    const end = (): void => this.#over.abort();
    this.#quiet = setTimeout(end, this.#quietMs);
    this.#whole = setTimeout(end, this.#wholeMs);
  }

  /** Another object came. */
  heard(): void {
    this.#quiet?.refresh();
  }

  /** There is nothing to wait for any more. */
  stop(): void {
    clearTimeout(this.#quiet);
    clearTimeout(this.#whole);
  }
}
