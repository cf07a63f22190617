/**
 * Brings what is known up to a complete state that arrives object by object, as a list or as a watch's initial events. What
 * it shows to have been deleted unseen can only be said at its end, and is said before everything else.
 */
import type { Change, KnownObjects } from './known-objects.ts';
import { keyOf } from './slim-object.ts';
import type { KubeObject } from './slim-object.ts';

export class Refresh {
  readonly #known: KnownObjects;
  /** With nothing to compare with, there is nothing to wait for. */
  readonly #isFirst: boolean;
  /** Uid by key of what exists, and the objects of which another version is known or none. */
  readonly #present = new Map<string, string>();
  readonly #changed = new Map<string, KubeObject>();

  constructor(known: KnownObjects) {
    this.#known = known;
    this.#isFirst = known.size === 0;
  }

  /** Takes an object that exists; returns what can be told at once. */
  put(object: KubeObject): readonly Change[] {
    if (this.#isFirst) return this.#known.put(object);
    const key = keyOf(object);
    this.#present.set(key, object.metadata.uid);
    if (this.#known.has(object)) this.#changed.delete(key);
    else this.#changed.set(key, object);
    return [];
  }

  /** Takes the last state of an object that was deleted since it was shown. */
  remove(object: KubeObject): readonly Change[] {
    if (this.#isFirst) return this.#known.remove(object);
    const key = keyOf(object);
    if (this.#present.get(key) !== object.metadata.uid) return [];
    this.#present.delete(key);
    this.#changed.delete(key);
    return [];
  }

  /** The state is complete: all that is left to tell, deletions first. */
  *finish(): Generator<Change> {
    if (this.#isFirst) return;
    yield* this.#known.removeAllBut(this.#present);
    for (const object of this.#changed.values()) yield* this.#known.put(object);
  }
}
