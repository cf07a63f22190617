// The cluster's objects over time, written as timed watch events. It writes nothing but what it is given, and only from begin() on.
import { appendFileSync, writeFileSync } from 'node:fs';

import type { KubeObject } from './kube-object.ts';

/** Where resourceVersions start; any number will do, a cluster that has lived a while has a larger one. */
const FIRST_RESOURCE_VERSION = 41_700;

/** Every object as it is now, and the file that remembers how it came to be. */
export class ClusterHistory {
  readonly #current = new Map<string, KubeObject>();
  #resourceVersion = FIRST_RESOURCE_VERSION;
  #file: string | undefined;
  #listener: ((object: KubeObject) => void) | undefined;

  /** Sets an object's new state; while recording it becomes an ADDED or MODIFIED event observed now. */
  put(object: KubeObject): KubeObject {
    const key = keyOf(object);
    const type = this.#current.has(key) ? 'MODIFIED' : 'ADDED';
    this.#resourceVersion += 1;
    const stored = {
      ...object,
      metadata: { ...object.metadata, resourceVersion: String(this.#resourceVersion) },
    };
    this.#current.set(key, stored);
    this.#write(type, stored);
    this.#listener?.(stored);
    return stored;
  }

  /** The present state of an object, or undefined when there is none. */
  find(kind: string, namespace: string, name: string): KubeObject | undefined {
    return this.#current.get(`${kind}/${namespace}/${name}`);
  }

  /** Every present object of a kind. */
  all(kind: string): KubeObject[] {
    return [...this.#current.values()].filter((one) => one.kind === kind);
  }

  /** Tells `listener` every present object now, and from now on each that is put. */
  follow(listener: (object: KubeObject) => void): void {
    for (const object of this.#current.values()) listener(object);
    this.#listener = listener;
  }

  /** Starts the file with every present object as ADDED, as a list does that a watch begins with. */
  begin(file: string): void {
    writeFileSync(file, '');
    this.#file = file;
    for (const object of this.#current.values()) this.#write('ADDED', object);
    this.bookmark();
  }

  /** Says of every kind that nothing was missed until now. */
  bookmark(): void {
    const kinds = new Map([...this.#current.values()].map((one) => [one.kind, one.apiVersion]));
    for (const [kind, apiVersion] of kinds) {
      const metadata = { resourceVersion: String(this.#resourceVersion), creationTimestamp: null };
      this.#write('BOOKMARK', { apiVersion, kind, metadata });
    }
  }

  #write(type: 'ADDED' | 'MODIFIED' | 'BOOKMARK', object: object): void {
    if (this.#file === undefined) return;
    const event = { observedAt: new Date().toISOString(), type, object };
    appendFileSync(this.#file, `${JSON.stringify(event)}\n`);
  }
}

function keyOf({ kind, metadata }: KubeObject): string {
  return `${kind}/${metadata.namespace ?? ''}/${metadata.name}`;
}
