/**
 * The ledger takes batches in and turns them into edges: accepted durably first, attributed when the facts
 * are in, and both counted exactly once. It is the only writer of the store.
 */
import type { Batch } from '../wire/batch.ts';
import { attribute } from '../identity/attribute.ts';
import type { Knowledge, Unattributable } from '../identity/attribute.ts';
import type { Evidence } from '../domain/edge.ts';
import type { Store } from '../store/store.ts';
import type { ListeningPorts } from './listening.ts';

/** Batches attributed in one transaction: large enough to amortise the fsync, small enough to keep it short. */
const BATCHES_PER_COMMIT = 64;

export interface LedgerTotals {
  readonly batches: number;
  readonly duplicates: number;
  readonly flows: number;
}

export class Ledger {
  readonly #store: Store;
  readonly #listening: ListeningPorts;

  constructor(store: Store, listening: ListeningPorts) {
    this.#store = store;
    this.#listening = listening;
  }

  /** Stores batches durably before it resolves; duplicates are recognised and not stored again. */
  commit(batches: readonly Batch[]): Promise<LedgerTotals> {
    const outcomes = this.#store.inbox.accept(batches);
    for (const batch of batches) for (const flow of batch.flows) this.#listening.learnFlow(flow);
    return Promise.resolve({
      batches: batches.length,
      duplicates: outcomes.filter((outcome) => outcome === 'duplicate').length,
      flows: batches.reduce((sum, batch) => sum + batch.flows.length, 0),
    });
  }

  /**
   * Attributes what waits and whose window ended at or before `until` (unix ms), oldest first; each commit moves whole
   * batches from waiting to counted. Returns how many batches were attributed.
   */
  attributePending(knowledge: Omit<Knowledge, 'listeners'>, until: number): number {
    for (let done = 0; ;) {
      const waiting = this.#store.inbox.pending(BATCHES_PER_COMMIT);
      const early = waiting.findIndex((batch) => batch.windowEnd > until);
      const batches = early < 0 ? waiting : waiting.slice(0, early);
      if (batches.length === 0) return done;
      done += batches.length;
      const evidence: Evidence[] = [];
      const unattributed: Unattributable[] = [];
      for (const batch of batches) {
        const observer = { node: batch.nodeName, readLagMs: batch.readLagMs };
        for (const flow of batch.flows) {
          const result = attribute({ ...knowledge, listeners: this.#listening }, observer, flow);
          for (const each of result.evidence) evidence.push(each);
          for (const each of result.unattributed) unattributed.push(each);
        }
      }
      this.#store.transaction(() => {
        this.#store.edges.record(evidence);
        this.#store.unattributed.add(unattributed);
        this.#store.nodeWindows.add(batches.map(windowOf));
        this.#store.inbox.markAttributed(batches);
      });
    }
  }
}

function windowOf(batch: Batch): {
  node: string;
  start: number;
  end: number;
  dropped: number;
  skipped: Readonly<Record<string, number>>;
} {
  return {
    node: batch.nodeName,
    start: batch.windowStart,
    end: batch.windowEnd,
    dropped: batch.losses.dropped,
    skipped: batch.losses.skipped,
  };
}
