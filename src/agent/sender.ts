/**
 * Sends the queue to the server, in order and one batch at a time, until it is told to stop or is fenced. It decides
 * nothing about answers (answer.ts) and keeps nothing (batch-queue.ts).
 */
import { fullJitterMs } from '../runtime/backoff.ts';
import type { BackoffBounds } from '../runtime/backoff.ts';
import type { Clock } from '../runtime/clock.ts';
import { outcomeOf } from './answer.ts';
import type { Exchange, Outcome } from './answer.ts';
import type { BatchQueue } from './batch-queue.ts';
import { FAVOURITE } from './compression-choice.ts';
import type { CompressionChoice } from './compression-choice.ts';
import { recoded, splitBatch } from './packed-batch.ts';
import type { PackedBatch } from './packed-batch.ts';

export interface SenderLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export interface SenderOptions {
  readonly epoch: string;
  /** Where it sends, for people. */
  readonly server: string;
  readonly queue: BatchQueue;
  readonly compression: CompressionChoice;
  readonly link: { post(batch: PackedBatch, sentAt: number, signal: AbortSignal): Promise<Exchange> };
  readonly token: { expire(): void } | null;
  readonly takeSequence: () => number;
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
  readonly backoff: BackoffBounds;
  readonly log: SenderLog;
}

export type SenderEnd = { readonly kind: 'stopped' } | { readonly kind: 'fenced'; readonly detail: string };

/** Between attempts once the agent is stopping and has seconds left. */
const STOPPING_PAUSE_MS = 1000;

interface Until {
  readonly stop: AbortSignal;
  readonly deadline: AbortSignal;
}

/** A failing server is told about at the first failure, at every so many, and when the code is another one. */
const LOG_EVERY_FAILURES = 10;

export class Sender {
  /** Exchanges by what they led to. */
  readonly outcomes: Record<Outcome['kind'], number> = {
    acknowledged: 0,
    retry: 0,
    unauthorized: 0,
    split: 0,
    recode: 0,
    parked: 0,
    fenced: 0,
  };
  readonly #options: SenderOptions;
  #failures = 0;
  /** The code of the last failure that was logged. */
  #logged: string | null = null;
  #generation: string | null = null;
  #acknowledgedAt: number | null = null;
  #trouble: string | null = null;

  constructor(options: SenderOptions) {
    this.#options = options;
  }

  /** Unix ms; null before the first acknowledgement. */
  get acknowledgedAt(): number | null {
    return this.#acknowledgedAt;
  }

  /** The code of the last answer that acknowledged nothing, or of why there was none; null once a batch is acknowledged. */
  get trouble(): string | null {
    return this.#trouble;
  }

  /**
   * Runs until `stop` is aborted and there is nothing left to send, until `deadline` is aborted, or until the server says
   * that another agent took over. Never rejects for what a server or a network does.
   */
  async run(stop: AbortSignal, deadline: AbortSignal): Promise<SenderEnd> {
    const { queue, link, clock, compression } = this.#options;
    while (!deadline.aborted) {
      const batch = queue.next();
      if (batch === null) {
        if (stop.aborted) break;
        await queue.waitForMore(stop);
        continue;
      }
      if (batch.encoding === FAVOURITE && compression.current !== FAVOURITE) {
        queue.replace([await recoded(batch, compression.current)]);
        continue;
      }
      const exchange = await link.post(batch, clock.now(), deadline);
      // What comes back after that may be another version.
      if (exchange.kind === 'failed') compression.forget();
      const outcome = outcomeOf(exchange, { ...batch, epoch: this.#options.epoch }, clock.now());
      this.outcomes[outcome.kind]++;
      // A batch that is sent again in another form says nothing of whether the server takes batches.
      if (outcome.kind !== 'split' && outcome.kind !== 'recode')
        this.#trouble = outcome.kind === 'acknowledged' ? null : outcome.code;
      if (outcome.kind === 'fenced') {
        queue.retry();
        return { kind: 'fenced', detail: outcome.detail };
      }
      await this.#act(batch, outcome, { stop, deadline });
    }
    return { kind: 'stopped' };
  }

  async #act(batch: PackedBatch, outcome: Exclude<Outcome, { kind: 'fenced' }>, until: Until): Promise<void> {
    const { queue, token } = this.#options;
    switch (outcome.kind) {
      case 'acknowledged':
        this.#acknowledged(outcome.generation);
        return;
      case 'retry':
        queue.retry();
        return this.#pause(outcome, until);
      case 'unauthorized':
        queue.retry();
        token?.expire();
        return this.#pause({ ...outcome, afterMs: null }, until);
      case 'split':
        return this.#split(batch, outcome);
      case 'recode':
        return this.#recode(batch, outcome);
      case 'parked':
        this.#park(batch, outcome);
        return;
      default:
        outcome satisfies never;
    }
  }

  #acknowledged(generation: string): void {
    const { queue, clock, log } = this.#options;
    const before = this.#generation;
    if (this.#failures > 0) log.info({ failures: this.#failures }, 'the server takes batches again');
    this.#failures = 0;
    this.#logged = null;
    this.#generation = generation;
    this.#acknowledgedAt = clock.now();
    // What was acknowledged by the old database is taken out before this batch joins what the new one has.
    if (before !== null && before !== generation) {
      const batches = queue.resendAll(clock.now());
      log.warn(
        { before, generation, batches },
        "the server's database is another one: recent batches are sent again",
      );
    }
    queue.acknowledge(clock.now());
  }

  /** The batch that was refused travels in the other at once, however soon the favourite is tried again. */
  async #recode(
    batch: PackedBatch,
    { code, detail }: { readonly code: string; readonly detail: string },
  ): Promise<void> {
    const { queue, compression, log } = this.#options;
    const read = compression.refused();
    log.info(
      { code, detail, refused: batch.encoding, compression: read },
      'the server does not read this compression: batches travel in another one',
    );
    queue.replace([await recoded(batch, read)]);
  }

  async #split(
    batch: PackedBatch,
    { code, detail }: { readonly code: string; readonly detail: string },
  ): Promise<void> {
    const { queue, takeSequence, log } = this.#options;
    const halves = await splitBatch(batch, takeSequence);
    const sequences = halves.map(({ sequence }) => sequence);
    log.info(
      { code, detail, sequence: batch.sequence, flows: batch.flows, as: sequences },
      'a batch is too large: split in two',
    );
    queue.replace(halves);
  }

  #park(batch: PackedBatch, { code, detail }: { readonly code: string; readonly detail: string }): void {
    const { sequence, flows, opened } = batch;
    this.#options.log.error(
      { sequence, flows, opened, code, detail, server: this.#options.server },
      'the server refuses a batch: it is put aside',
    );
    this.#options.queue.park();
  }

  async #pause(
    {
      afterMs,
      code,
      detail,
    }: { readonly afterMs: number | null; readonly code: string; readonly detail: string },
    { stop, deadline }: Until,
  ): Promise<void> {
    const { backoff, random, clock, queue, log, server } = this.#options;
    this.#failures++;
    const jitter = fullJitterMs(this.#failures, backoff, random());
    const wishedMs = Math.round(afterMs === null ? jitter : afterMs + jitter);
    const waitMs = stop.aborted ? Math.min(wishedMs, STOPPING_PAUSE_MS) : wishedMs;
    const isDue = this.#failures % LOG_EVERY_FAILURES === 1 || code !== this.#logged;
    if (isDue && !deadline.aborted) {
      this.#logged = code;
      log.warn(
        { code, detail, server, failures: this.#failures, retryInMs: waitMs, pending: queue.pending },
        'a batch could not be sent: it is kept and sent again',
      );
    }
    await clock.sleep(waitMs, stop.aborted ? deadline : stop);
  }
}
