/**
 * The ledger takes batches in and turns them into edges: accepted durably first, attributed when the facts
 * are in, and both counted exactly once. It is the only writer of the store.
 */
import { endOf } from '../store/inbox.ts';
import type { WaitingBatch } from '../store/inbox.ts';
import { attribute } from '../identity/attribute.ts';
import type { Knowledge, Observer, Unattributable } from '../identity/attribute.ts';
import type { Evidence } from '../domain/edge.ts';
import type { Flow } from '../domain/flow.ts';
import type { NodeWindow } from '../store/node-windows.ts';
import type { Store } from '../store/store.ts';
import type { ListeningPorts } from './listening.ts';

/** Batches attributed in one transaction: large enough to amortise the fsync, small enough to keep it short. */
const BATCHES_PER_COMMIT = 64;

export interface LedgerTotals {
  readonly batches: number;
  readonly duplicates: number;
  readonly flows: number;
}

/** When what is attributed; unix ms. */
export interface Due {
  readonly now: number;
  /** Batches whose window ended by then, by our clock. */
  readonly until: number;
  /** What ended by then waits for no fact any more. */
  readonly finalBefore: number;
  /** What must wait is looked at again after this at the earliest; ms. */
  readonly retryMs: number;
}

export class Ledger {
  readonly #store: Store;
  readonly #listening: ListeningPorts;

  constructor(store: Store, listening: ListeningPorts) {
    this.#store = store;
    this.#listening = listening;
  }

  /** Stores batches durably before it resolves; duplicates are recognised and not stored again. */
  commit(batches: readonly WaitingBatch[]): Promise<LedgerTotals> {
    const outcomes = this.#store.inbox.accept(batches);
    for (const batch of batches) for (const flow of batch.flows) this.#listening.learnFlow(flow);
    return Promise.resolve({
      batches: batches.length,
      duplicates: outcomes.filter((outcome) => outcome === 'duplicate').length,
      flows: batches.reduce((sum, batch) => sum + batch.flows.length, 0),
    });
  }

  /**
   * Attributes what waits and is due, oldest first; each commit moves whole batches from waiting to counted, or leaves of
   * one what must wait longer for a fact about a pod in it. Returns how many batches were counted, wholly or in part.
   */
  attributePending(knowledge: Omit<Knowledge, 'listeners'>, due: Due): number {
    for (let done = 0; ;) {
      const batches = this.#store.inbox.pending(BATCHES_PER_COMMIT, due.now, due.until);
      if (batches.length === 0) return done;
      done += batches.length;
      this.#attributeAll(batches, knowledge, due);
    }
  }

  #attributeAll(batches: readonly WaitingBatch[], knowledge: Omit<Knowledge, 'listeners'>, due: Due): void {
    const evidence: Evidence[] = [];
    const unattributed: Unattributable[] = [];
    const rests: { batch: WaitingBatch; readyAt: number }[] = [];
    const finished: WaitingBatch[] = [];
    for (const batch of batches) {
      const mayWait = endOf(batch) > due.finalBefore;
      const rest: Flow[] = [];
      let waitsForKubelet = false;
      for (const flow of batch.flows) {
        const known = { ...knowledge, listeners: this.#listening, mayWait };
        const result = attribute(known, observerOf(batch), flow);
        for (const each of result.evidence) evidence.push(each);
        for (const each of result.unattributed) unattributed.push(each);
        if (result.waiting !== null) rest.push(result.waiting);
        waitsForKubelet ||= result.waitsForKubelet;
      }
      const readyAt = waitsForKubelet ? due.now + due.retryMs : lookAgainAt(endOf(batch), due);
      if (rest.length > 0) rests.push({ batch: { ...batch, flows: rest, isRest: true }, readyAt });
      else finished.push(batch);
    }
    this.#store.transaction(() => {
      this.#store.edges.record(evidence);
      this.#store.unattributed.add(unattributed);
      this.#store.nodeWindows.add(batches.filter(({ isRest }) => isRest !== true).map(windowOf));
      this.#store.inbox.markAttributed(finished);
      for (const { batch, readyAt } of rests) this.#store.inbox.defer(batch, readyAt);
    });
  }
}

/** Late facts are the rarer the later they are: what waits is looked at when it is half as old again, and when it is final. */
export function lookAgainAt(since: number, due: Pick<Due, 'now' | 'finalBefore' | 'retryMs'>): number {
  const finalAt = since + (due.now - due.finalBefore);
  const again = due.now + Math.max(due.retryMs, (due.now - since) / 2);
  return Math.ceil(Math.min(again, Math.max(finalAt, due.now)));
}

function observerOf({ nodeName, readLagMs, clock }: WaitingBatch): Observer {
  return { node: nodeName, readLagMs, ...(clock !== undefined && { clock }) };
}

function windowOf(batch: WaitingBatch): NodeWindow {
  const { earliestMs, latestMs } = batch.clock ?? { earliestMs: 0, latestMs: 0 };
  const middleMs = Math.round((earliestMs + latestMs) / 2);
  return {
    node: batch.nodeName,
    start: batch.windowStart + middleMs,
    end: batch.windowEnd + middleMs,
    dropped: batch.losses.dropped,
    skipped: batch.losses.skipped,
  };
}
