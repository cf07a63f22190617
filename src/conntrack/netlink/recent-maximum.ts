/** The greatest of the numbers noted lately: of those of the last span, and of no more than two spans. */
export class RecentMaximum {
  readonly #spanMs: number;
  #current = 0;
  #previous = 0;
  #turnedAt = 0;

  constructor(spanMs: number) {
    this.#spanMs = spanMs;
  }

  note(value: number, nowMs: number): void {
    this.#turn(nowMs);
    this.#current = Math.max(this.#current, value);
  }

  /** 0 when nothing was noted. */
  at(nowMs: number): number {
    this.#turn(nowMs);
    return Math.max(this.#current, this.#previous);
  }

  #turn(nowMs: number): void {
    const since = nowMs - this.#turnedAt;
    if (since < this.#spanMs) return;
    this.#previous = since < 2 * this.#spanMs ? this.#current : 0;
    this.#current = 0;
    this.#turnedAt = nowMs;
  }
}
