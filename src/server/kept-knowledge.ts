/**
 * Keeps what was learnt of leases and clocks, so that a restart knows it, and takes back what it contradicts. What could not be stored,
 * as on a full disk, is stored the next time.
 */
import type { Lease } from '../domain/lease.ts';
import type { Knowledge } from '../identity/attribute.ts';
import type { LeaseBook, RevisedSpan, UnwatchedTime } from '../identity/lease-book.ts';
import type { Store } from '../store/store.ts';
import type { Due } from './ledger.ts';
import type { KnownClock, NodeClocks } from './node-clocks.ts';
import { retryRevoked, revise } from './revision.ts';

/** How old what is stored of the nodes' clocks may be; they move by milliseconds. */
const KEEP_CLOCKS_EVERY_MS = 5_000;

export class KeptKnowledge {
  readonly #store: Store;
  readonly #book: LeaseBook;
  readonly #clocks: NodeClocks;
  #leases: Lease[] = [];
  #spans: RevisedSpan[] = [];
  #unwatched: UnwatchedTime[] | null = null;
  #keepClocksAt = 0;

  constructor(store: Store, book: LeaseBook, clocks: NodeClocks) {
    this.#store = store;
    this.#book = book;
    this.#clocks = clocks;
  }

  /** Takes back what was stored, at `now`, but for leases that ended before `leasesSince`; unix ms. */
  restore(now: number, leasesSince: number): void {
    this.#book.restoreUnwatched(this.#store.unwatched.all());
    this.#book.restore(this.#store.leases.endingAfter(leasesSince));
    const clocks = this.#store.nodeClocks.all();
    this.#clocks.restore(
      clocks.map(({ body }) => JSON.parse(body) as KnownClock),
      now,
    );
  }

  /** Stores what was learnt of leases with what follows from it. Returns how many connections lost, changed or got their ends. */
  keep(ranges: Knowledge['ranges'], patience: Pick<Due, 'now' | 'finalBefore' | 'retryMs'>): number {
    const knowledge = { book: this.#book, ranges };
    const revised = this.#keepLeases(knowledge, patience) + retryRevoked(this.#store, knowledge, patience);
    if (patience.now >= this.#keepClocksAt) {
      this.#keepClocksAt = patience.now + KEEP_CLOCKS_EVERY_MS;
      this.keepClocks();
    }
    return revised;
  }

  /** So that facts that are told right after a restart are read by what was known of their clocks. */
  keepClocks(): void {
    const clocks = this.#clocks.takeChanged();
    this.#store.nodeClocks.put(clocks.map((clock) => ({ node: clock.node, body: JSON.stringify(clock) })));
  }

  #keepLeases(
    knowledge: Pick<Knowledge, 'book' | 'ranges'>,
    patience: Pick<Due, 'now' | 'finalBefore' | 'retryMs'>,
  ): number {
    this.#leases = this.#leases.concat(this.#book.takeChanged());
    this.#spans = this.#spans.concat(this.#book.takeRevised());
    this.#unwatched = this.#book.takeUnwatched() ?? this.#unwatched;
    const [leases, spans, unwatched] = [this.#leases, this.#spans, this.#unwatched];
    if (leases.length === 0 && spans.length === 0 && unwatched === null) return 0;
    const { moved, lost } = this.#store.transaction(() => {
      this.#store.leases.put(leases);
      if (unwatched !== null) this.#store.unwatched.replace(unwatched);
      return revise(this.#store, knowledge, { spans, ...patience });
    });
    this.#leases = [];
    this.#spans = [];
    this.#unwatched = null;
    return moved + lost;
  }
}
