/**
 * One live epoch per node: the one that began last. An agent that comes back with an older one was replaced, and its
 * batches would be counted beside those of its successor.
 */
import type { BatchKey } from '../wire/batch.ts';

export type Standing = 'live' | 'stale';

export class Epochs {
  readonly #live = new Map<string, string>();
  readonly #retired = new Map<string, Set<string>>();

  /** `known` in the order in which the epochs began. */
  constructor(known: readonly Pick<BatchKey, 'nodeUid' | 'epoch'>[]) {
    for (const each of known) this.#begin(each);
  }

  /** An epoch never seen before becomes the live one. */
  standingOf(key: Pick<BatchKey, 'nodeUid' | 'epoch'>): Standing {
    if (this.#live.get(key.nodeUid) === key.epoch) return 'live';
    if (this.#retired.get(key.nodeUid)?.has(key.epoch) === true) return 'stale';
    this.#begin(key);
    return 'live';
  }

  #begin({ nodeUid, epoch }: Pick<BatchKey, 'nodeUid' | 'epoch'>): void {
    const before = this.#live.get(nodeUid);
    if (before !== undefined)
      this.#retired.set(nodeUid, (this.#retired.get(nodeUid) ?? new Set()).add(before));
    this.#live.set(nodeUid, epoch);
  }
}
