/**
 * When the API server could be read, over all kinds: an outage is a time in which none was. One kind that is refused
 * or reconnects is no outage while another is read.
 */

export class Reach {
  readonly #down = new Set<string>();
  readonly #kinds = new Set<string>();
  readonly #outage: (from: number, until: number) => void;
  /** Unix ms at which something was surely read. */
  #readAt: number;
  #outSince: number | null = null;

  /** `startedAt`, unix ms: nothing is known of the cluster before. */
  constructor(startedAt: number, outage: (from: number, until: number) => void) {
    this.#readAt = startedAt;
    this.#outage = outage;
  }

  /** A kind is asked for from now on. */
  joined(kind: string): void {
    this.#kinds.add(kind);
  }

  /** Bytes of this kind arrived. */
  read(kind: string, at: number): void {
    this.#down.delete(kind);
    this.#readAt = Math.max(this.#readAt, at);
    if (this.#outSince === null) return;
    const from = this.#outSince;
    this.#outSince = null;
    this.#outage(from, Math.max(from, at));
  }

  /** A request for this kind failed. */
  failed(kind: string): void {
    this.#down.add(kind);
    // It began with the last thing read, not when the silence was noticed.
    if (this.#down.size === this.#kinds.size) this.#outSince ??= this.#readAt;
  }
}
