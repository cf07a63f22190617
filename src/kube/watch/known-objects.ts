/**
 * The objects of one resource as last told: what turns the server's lists and events into changes without gaps. It
 * compares uids, because the same name under another uid is another object: its predecessor was deleted unseen.
 */
import { keyOf } from './slim-object.ts';
import type { KubeObject } from './slim-object.ts';

export interface Change {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly object: KubeObject;
}

export class KnownObjects {
  readonly #byKey = new Map<string, KubeObject>();

  get size(): number {
    return this.#byKey.size;
  }

  /** Takes an object that exists now; no change when this version of it is known. */
  put(object: KubeObject): Change[] {
    const key = keyOf(object);
    const before = this.#byKey.get(key);
    if (before !== undefined && isSameVersion(before, object)) return [];
    this.#byKey.set(key, object);
    if (before === undefined) return [{ type: 'ADDED', object }];
    if (before.metadata.uid === object.metadata.uid) return [{ type: 'MODIFIED', object }];
    return [
      { type: 'DELETED', object: before },
      { type: 'ADDED', object },
    ];
  }

  /** Takes the last state of an object that is gone. No change when it is unknown, or known to have been replaced. */
  remove(object: KubeObject): Change[] {
    const key = keyOf(object);
    if (this.#byKey.get(key)?.metadata.uid !== object.metadata.uid) return [];
    this.#byKey.delete(key);
    return [{ type: 'DELETED', object }];
  }

  /** Whether a list's item says anything new. */
  has(object: KubeObject): boolean {
    const before = this.#byKey.get(keyOf(object));
    return before !== undefined && isSameVersion(before, object);
  }

  /** Forgets every object that a complete list, given as uids by key, does not hold: deleted unseen, in their last known state. */
  removeAllBut(listed: ReadonlyMap<string, string>): Change[] {
    const gone: Change[] = [];
    for (const [key, object] of this.#byKey) {
      if (listed.get(key) === object.metadata.uid) continue;
      this.#byKey.delete(key);
      gone.push({ type: 'DELETED', object });
    }
    return gone;
  }
}

function isSameVersion(a: KubeObject, b: KubeObject): boolean {
  return a.metadata.uid === b.metadata.uid && a.metadata.resourceVersion === b.metadata.resourceVersion;
}
