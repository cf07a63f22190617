/**
 * The ledger takes batches in and turns them into edges: accepted durably first, attributed when the facts
 * are in, and both counted exactly once. It is the only writer of the store.
 */
import { endOf } from '../store/inbox.ts';
import type { WaitingBatch } from '../store/inbox.ts';
import { attribute } from '../identity/attribute.ts';
import { LeasesAtHand } from '../identity/leases-at-hand.ts';
import type { Interval } from '../identity/resolve.ts';
import type { Knowledge, Observer, Unattributable } from '../identity/attribute.ts';
import type { Evidence } from '../domain/edge.ts';
import type { Flow } from '../domain/flow.ts';
import type { NodeWindow } from '../store/node-windows.ts';
import type { Store } from '../store/store.ts';
import type { ListeningPorts } from './listening.ts';

/**
 * Flows attributed in one transaction, some 50 ms of work: what a node tells again and again of a backlog is merged in memory and
 * written once. Of less that is due nothing is held back.
 */
const FLOWS_PER_COMMIT = 4_096;
/** Of batches without flows; each is two or three short statements. */
const BATCHES_PER_COMMIT = 1_024;
/** Seconds in which connections are counted may reach beyond the window's ends; ms. */
const WINDOW_GRAIN_MS = 2_000;

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

  /** Attributes all that waits and is due. Returns how many batches were counted, wholly or in part. */
  attributePending(knowledge: Omit<Knowledge, 'listeners'>, due: Due): number {
    for (let done = 0; ;) {
      const { batches, isAll } = this.attributeSome(knowledge, due);
      done += batches;
      if (isAll) return done;
    }
  }

  /**
   * Attributes in one commit what comes first of that which waits and is due: whole batches move from waiting to counted, or of one is
   * left what must wait longer for a fact about a pod in it. Returns how many were counted, and whether none is left that is due.
   */
  attributeSome(
    knowledge: Omit<Knowledge, 'listeners'>,
    due: Due,
  ): { readonly batches: number; readonly isAll: boolean } {
    const bounds = { until: due.until, flows: FLOWS_PER_COMMIT };
    const batches = this.#store.inbox.pending(BATCHES_PER_COMMIT, due.now, bounds);
    if (batches.length > 0) this.#attributeAll(batches, knowledge, due);
    const flows = batches.reduce((sum, batch) => sum + batch.flows.length, 0);
    return {
      batches: batches.length,
      isAll: batches.length < BATCHES_PER_COMMIT && flows < FLOWS_PER_COMMIT,
    };
  }

  #attributeAll(batches: readonly WaitingBatch[], knowledge: Omit<Knowledge, 'listeners'>, due: Due): void {
    const evidence: Evidence[] = [];
    const unattributed: Unattributable[] = [];
    const rests: { batch: WaitingBatch; readyAt: number }[] = [];
    const finished: WaitingBatch[] = [];
    // Nothing is learnt while these are attributed.
    const atHand = { ...knowledge, book: new LeasesAtHand(knowledge.book, timeOf(batches)) };
    for (const batch of batches) {
      const mayWait = endOf(batch) > due.finalBefore;
      const known = { ...atHand, listeners: this.#listening, mayWait };
      const observer = observerOf(batch);
      const rest: Flow[] = [];
      let waitsForKubelet = false;
      for (const flow of batch.flows) {
        const result = attribute(known, observer, flow);
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

/** From the first to the last instant at which a connection that these batches count can have been, but for rare ones. */
function timeOf(batches: readonly WaitingBatch[]): Interval {
  let [start, end] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const batch of batches) {
    start = Math.min(start, batch.windowStart - batch.readLagMs + (batch.clock?.earliestMs ?? 0));
    end = Math.max(end, endOf(batch));
  }
  return { start: start - WINDOW_GRAIN_MS, end: end + WINDOW_GRAIN_MS };
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
