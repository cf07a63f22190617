/**
 * Values by what is the same under one key (a workload, an identity). Edges name their ends hundreds of thousands of times,
 * mostly by one object for each, and then no key has to be put together.
 */
export class KeyedMap<K extends object, T> {
  readonly #keyOf: (key: K) => string;
  readonly #byKey = new Map<string, T>();
  /** The same by the objects that were asked for. */
  readonly #byObject = new Map<K, T>();

  constructor(keyOf: (key: K) => string) {
    this.#keyOf = keyOf;
  }

  get(key: K): T | undefined {
    const known = this.#byObject.get(key);
    if (known !== undefined) return known;
    const value = this.#byKey.get(this.#keyOf(key));
    if (value !== undefined) this.#byObject.set(key, value);
    return value;
  }

  set(key: K, value: T): void {
    const text = this.#keyOf(key);
    if (this.#byKey.has(text)) this.#byObject.clear();
    this.#byKey.set(text, value);
  }

  /** The value, which is made when there is none. */
  make(key: K, made: () => T): T {
    const known = this.get(key);
    if (known !== undefined) return known;
    const value = made();
    this.set(key, value);
    return value;
  }

  values(): IterableIterator<T> {
    return this.#byKey.values();
  }
}
