/**
 * What the API server decided, kept for a short while: each question is asked once however many wait for its answer, few
 * are asked at a time, and no number of made-up tokens grows the memory.
 */
import { ProblemError } from '../../domain/problem.ts';

/** What was answered to a question: a verdict to be kept so long, or nothing that could be kept. */
export type Answered<T> =
  | {
      readonly kind: 'verdict';
      readonly value: T;
      readonly keepMs: number;
      /** Whether it is a no. */
      readonly isRefusal: boolean;
    }
  | { readonly kind: 'unavailable'; readonly detail: string };

/** Reviews under way at a time, as DESIGN.md section 7 says. */
const MAX_IN_FLIGHT = 50;
/** Of them for callers that were never let in: made-up tokens must not keep out those that are known. */
const MAX_STRANGERS_IN_FLIGHT = 25;
/** Of them from one address: no single pod takes the turns of agents that begin or have a fresh token, each on a node of its own. */
const MAX_STRANGERS_OF_ONE_ADDRESS = 5;
/** Verdicts kept: one for each agent of the largest cluster, and people beside. */
const MAX_KEPT = 20_000;
/** Refusals kept, apart from the others: however many made-up tokens come, no agent's verdict goes for one. */
const MAX_REFUSALS_KEPT = 1_000;

/** Who asks. */
export interface Caller {
  /** It was never let in. */
  readonly isStranger: boolean;
  /** Its address. */
  readonly from: string;
}

/** Slots that all kinds of review share. */
export class ReviewSlots {
  #taken = 0;
  #takenByStrangers = 0;
  readonly #byAddress = new Map<string, number>();

  /** Reviews under way. */
  get taken(): number {
    return this.#taken;
  }

  /** Throws a ProblemError `reviews-busy` when there is none. */
  async within<T>({ isStranger, from }: Caller, work: () => Promise<T>): Promise<T> {
    const own = this.#byAddress.get(from) ?? 0;
    const isFull = this.#taken >= MAX_IN_FLIGHT;
    const areStrangersFull =
      this.#takenByStrangers >= MAX_STRANGERS_IN_FLIGHT || own >= MAX_STRANGERS_OF_ONE_ADDRESS;
    if (isFull || (isStranger && areStrangersFull))
      throw new ProblemError('reviews-busy', 'Too many tokens are being checked; try again shortly.');
    this.#taken++;
    if (isStranger) {
      this.#takenByStrangers++;
      this.#byAddress.set(from, own + 1);
    }
    try {
      return await work();
    } finally {
      this.#taken--;
      if (isStranger) this.#strangerDone(from);
    }
  }

  #strangerDone(from: string): void {
    this.#takenByStrangers--;
    const left = (this.#byAddress.get(from) ?? 1) - 1;
    if (left === 0) this.#byAddress.delete(from);
    else this.#byAddress.set(from, left);
  }
}

interface Kept<T> {
  readonly value: T;
  /** By the monotonic clock. */
  readonly until: number;
}

export class Verdicts<T> {
  readonly #slots: ReviewSlots;
  readonly #monotonicMs: () => number;
  /** In order of arrival: the oldest goes first. */
  readonly #kept = new Map<string, Kept<T>>();
  readonly #refusals = new Map<string, Kept<T>>();
  readonly #asking = new Map<string, Promise<T>>();
  /** Counts `forget`, so that an answer to a question asked before is not kept. */
  #forgotten = 0;

  constructor(slots: ReviewSlots, monotonicMs: () => number) {
    this.#slots = slots;
    this.#monotonicMs = monotonicMs;
  }

  /** The verdict about `key`, asked for with `ask` unless it is known. Throws ProblemErrors `reviews-busy` and `reviews-unavailable`. */
  async of(key: string, options: Caller & { ask: () => Promise<Answered<T>> }): Promise<T> {
    const kept = this.#kept.get(key) ?? this.#refusals.get(key);
    if (kept !== undefined && kept.until > this.#monotonicMs()) return kept.value;
    const asking = this.#asking.get(key) ?? this.#ask(key, options);
    return await asking;
  }

  /** Drops every verdict of which `isStale` is true, at once. */
  forget(isStale: (value: T) => boolean): void {
    this.#forgotten++;
    for (const [key, { value }] of this.#kept) if (isStale(value)) this.#kept.delete(key);
  }

  #ask(key: string, options: Caller & { ask: () => Promise<Answered<T>> }): Promise<T> {
    const forgotten = this.#forgotten;
    const asking = this.#slots
      .within(options, options.ask)
      .then((answered) => {
        if (answered.kind === 'unavailable')
          throw new ProblemError(
            'reviews-unavailable',
            `The API server cannot be asked about this token now: ${answered.detail}.`,
          );
        if (forgotten === this.#forgotten) this.#keep(key, answered);
        return answered.value;
      })
      .finally(() => this.#asking.delete(key));
    this.#asking.set(key, asking);
    return asking;
  }

  #keep(
    key: string,
    { value, keepMs, isRefusal }: { readonly value: T; readonly keepMs: number; readonly isRefusal: boolean },
  ): void {
    this.#kept.delete(key);
    this.#refusals.delete(key);
    const shelf = isRefusal ? this.#refusals : this.#kept;
    const [oldest] = shelf.keys();
    if (oldest !== undefined && shelf.size >= (isRefusal ? MAX_REFUSALS_KEPT : MAX_KEPT))
      shelf.delete(oldest);
    shelf.set(key, { value, until: this.#monotonicMs() + keepMs });
  }
}
