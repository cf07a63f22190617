/**
 * Equal parts of many objects kept once: the pods of one workload have the same labels, owner and containers, which are half of
 * what is kept of them. What is shared is never changed by anybody.
 */

/** More different parts than this are seldom repeated; forgetting them costs memory and nothing else. */
const MAX_PARTS = 10_000;

export class Sharing {
  readonly #parts = new Map<string, unknown>();

  /** A value equal to this one: the first that was given. */
  of<T>(value: T): T {
    const key = JSON.stringify(value);
    const known = this.#parts.get(key);
    // Of equal JSON and therefore, coming from JSON, of the same type.
    if (known !== undefined) return known as T;
    if (this.#parts.size >= MAX_PARTS) this.#parts.clear();
    this.#parts.set(key, value);
    return value;
  }
}
