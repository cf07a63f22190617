/** Values by workload. Edges name their ends hundreds of thousands of times, mostly by one object for each workload. */
import { workloadKey } from '../domain/workload.ts';
import type { WorkloadRef } from '../domain/workload.ts';

export class RefMap<T> {
  readonly #byKey = new Map<string, T>();
  /** The same by the objects that were asked for, which saves their keys. */
  readonly #byObject = new Map<WorkloadRef, T>();

  get(ref: WorkloadRef): T | undefined {
    const known = this.#byObject.get(ref);
    if (known !== undefined) return known;
    const value = this.#byKey.get(workloadKey(ref));
    if (value !== undefined) this.#byObject.set(ref, value);
    return value;
  }

  set(ref: WorkloadRef, value: T): void {
    const key = workloadKey(ref);
    if (this.#byKey.has(key)) this.#byObject.clear();
    this.#byKey.set(key, value);
  }
}

/** Adds to the list of a workload, which is made when there is none. */
export function appendTo<T>(lists: RefMap<T[]>, ref: WorkloadRef, item: T): void {
  const known = lists.get(ref);
  if (known === undefined) lists.set(ref, [item]);
  else known.push(item);
}
