/** The state behind the fake API server: objects, one rising version for all of them, and everything that ever happened. */
import { randomUUID } from 'node:crypto';
import { servedKind } from './kinds.ts';
import type { ServedKind } from './kinds.ts';

export interface StoredObject {
  apiVersion: string;
  kind: string;
  metadata: {
    name: string;
    namespace?: string;
    uid: string;
    resourceVersion: string;
    creationTimestamp: string;
  } & Record<string, unknown>;
  [field: string]: unknown;
}

/** What a caller gives: the server fills in what is absent. */
export interface GivenObject {
  apiVersion?: string;
  kind: string;
  metadata: { name: string; namespace?: string; uid?: string } & Record<string, unknown>;
  [field: string]: unknown;
}

export interface HistoryEvent {
  readonly resourceVersion: number;
  /** Unix ms. */
  readonly at: number;
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly kind: string;
  readonly object: StoredObject;
  /** The state before; null for an ADDED. A watch with a selector needs it to tell what left the selection. */
  readonly before: StoredObject | null;
}

export class ObjectStore {
  readonly #now: () => number;
  readonly #kinds: readonly ServedKind[];
  readonly #objects = new Map<string, StoredObject>();
  readonly #history: HistoryEvent[] = [];
  #version = 1000;
  /** Called after each event. */
  onEvent: () => void = () => undefined;

  constructor(kinds: readonly ServedKind[], now: () => number) {
    this.#kinds = kinds;
    this.#now = now;
  }

  get version(): number {
    return this.#version;
  }

  get history(): readonly HistoryEvent[] {
    return this.#history;
  }

  /** Creates or replaces. Another uid under a name that exists deletes what bore it before. */
  put(given: GivenObject): StoredObject {
    const { kind, metadata } = given;
    const key = keyOf(kind, metadata.namespace, metadata.name);
    const before = this.#objects.get(key);
    if (before !== undefined && metadata.uid !== undefined && metadata.uid !== before.metadata.uid)
      this.remove(kind, metadata.namespace ?? '', metadata.name);
    const current = this.#objects.get(key);
    const object: StoredObject = structuredClone({
      ...given,
      apiVersion: given.apiVersion ?? servedKind(kind, this.#kinds).apiVersion,
      metadata: {
        creationTimestamp: current?.metadata.creationTimestamp ?? this.#timestamp(),
        ...metadata,
        uid: metadata.uid ?? current?.metadata.uid ?? randomUUID(),
        resourceVersion: String(this.#version + 1),
      },
    });
    this.#objects.set(key, object);
    this.#record(current === undefined ? 'ADDED' : 'MODIFIED', object, current ?? null);
    return structuredClone(object);
  }

  /** False when there is no such object. */
  remove(kind: string, namespace: string, name: string): boolean {
    const key = keyOf(kind, namespace, name);
    const before = this.#objects.get(key);
    if (before === undefined) return false;
    this.#objects.delete(key);
    // As etcd's, the last state bears the version of its deletion.
    const metadata = { ...before.metadata, resourceVersion: String(this.#version + 1) };
    this.#record('DELETED', { ...before, metadata }, before);
    return true;
  }

  get(kind: string, namespace: string, name: string): StoredObject | null {
    return structuredClone(this.#objects.get(keyOf(kind, namespace, name)) ?? null);
  }

  /** The objects of a kind, sorted by key as etcd does. */
  list(kind: string, namespace: string | null): StoredObject[] {
    return [...this.#objects]
      .filter(([, object]) => object.kind === kind && isIn(object, namespace))
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([, object]) => object);
  }

  #record(type: HistoryEvent['type'], object: StoredObject, before: StoredObject | null): void {
    this.#version++;
    const { kind } = object;
    this.#history.push({ resourceVersion: this.#version, at: this.#now(), type, kind, object, before });
    this.onEvent();
  }

  #timestamp(): string {
    return `${new Date(this.#now()).toISOString().slice(0, 19)}Z`;
  }
}

export function isIn(object: StoredObject, namespace: string | null): boolean {
  return namespace === null || object.metadata.namespace === namespace;
}

function keyOf(kind: string, namespace: string | undefined, name: string): string {
  return `${kind} ${namespace ?? ''}/${name}`;
}
