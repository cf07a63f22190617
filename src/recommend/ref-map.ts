/** Values by workload, found without building a key: edges name their ends hundreds of thousands of times. */
import type { WorkloadRef } from '../domain/workload.ts';

export class RefMap<T> {
  readonly #byNamespace = new Map<string, Map<string, Map<string, T>>>();

  get({ namespace, kind, name }: WorkloadRef): T | undefined {
    return this.#byNamespace.get(namespace)?.get(name)?.get(kind);
  }

  set({ namespace, kind, name }: WorkloadRef, value: T): void {
    const byName = this.#byNamespace.get(namespace) ?? new Map<string, Map<string, T>>();
    const byKind = byName.get(name) ?? new Map<string, T>();
    this.#byNamespace.set(namespace, byName.set(name, byKind.set(kind, value)));
  }
}

/** Adds to the list of a workload, which is made when there is none. */
export function appendTo<T>(lists: RefMap<T[]>, ref: WorkloadRef, item: T): void {
  const known = lists.get(ref);
  if (known === undefined) lists.set(ref, [item]);
  else known.push(item);
}
