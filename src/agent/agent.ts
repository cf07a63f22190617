/**
 * The agent: reads a source, sums it into batch windows, queues numbered batches and sends them. Here its parts are
 * joined and started, and stopped in the order in which nothing is lost.
 */
import { performance } from 'node:perf_hooks';
import type { SourceLog } from '../conntrack/source.ts';
import type { BackoffBounds } from '../runtime/backoff.ts';
import type { Clock } from '../runtime/clock.ts';
import { metricsText } from '../runtime/metrics-text.ts';
import { agentMetrics } from './agent-metrics.ts';
import type { Measured, WindowEnd } from './agent-metrics.ts';
import { BatchQueue } from './batch-queue.ts';
import { BatchWindow } from './batch-window.ts';
import type { ClosedWindow } from './batch-window.ts';
import { CompressionChoice } from './compression-choice.ts';
import { listen } from './listener.ts';
import type { Listener } from './listener.ts';
import type { AgentOptions } from './options.ts';
import type { PackedBatch } from './packed-batch.ts';
import { Packer } from './packer.ts';
import { readinessOf } from './readiness.ts';
import { Sender } from './sender.ts';
import type { SenderEnd } from './sender.ts';
import { ServerLink } from './server-link.ts';
import { SourceKeeper } from './source-keeper.ts';
import type { OpenSource } from './source-keeper.ts';
import type { StateFolder } from './state-folder.ts';
import { TokenFile } from './token.ts';

/** Batches of nothing but losses at the end: each can push out one more, and that must end. */
const LAST_ROUNDS = 3;

export interface AgentTiming {
  /** Between attempts to send. */
  readonly sendBackoff: BackoffBounds;
  /** Between attempts to open the source. */
  readonly sourceBackoff: BackoffBounds;
  /** For one exchange with the server. */
  readonly exchangeMs: number;
  /** From the signal to the end of the process, with what is queued sent or not. */
  readonly stopMs: number;
  /** Between two dumps at least. */
  readonly dumpGapMs: number;
  /** Until a server is asked again whether it reads a compression that it refused. */
  readonly refusedCompressionMs: number;
}

export interface AgentParts {
  readonly openSource: OpenSource;
  readonly state: StateFolder;
  /** The kernel's boot id, or empty. */
  readonly bootId: string;
  readonly clock: Clock;
  readonly random: () => number;
  readonly timing: AgentTiming;
  readonly log: SourceLog & { error(fields: object, message: string): void };
}

export class Agent {
  readonly #options: AgentOptions;
  readonly #parts: AgentParts;
  readonly #windows: Record<WindowEnd, number> = { time: 0, keys: 0, blind: 0 };
  readonly #window: BatchWindow;
  readonly #queue: BatchQueue;
  readonly #packer: Packer;
  readonly #source: SourceKeeper;
  readonly #sender: Sender;
  readonly #link: ServerLink;
  /** Aborted with the error after which nothing more can be sent. */
  readonly #broken = new AbortController();

  constructor(options: AgentOptions, parts: AgentParts) {
    const { state, clock, random, timing, log, bootId } = parts;
    this.#options = options;
    this.#parts = parts;
    this.#window = new BatchWindow(options.maxKeys);
    this.#queue = new BatchQueue({
      maxBytes: options.maxQueueBytes,
      onLost: (batch) => this.#gaveUp(batch),
    });
    const takeSequence = (): number => state.takeSequence();
    const compression = new CompressionChoice({
      now: () => clock.now(),
      refusedMs: timing.refusedCompressionMs,
    });
    this.#packer = new Packer({
      origin: { nodeUid: options.nodeUid, nodeName: options.nodeName, bootId, epoch: state.epoch },
      takeSequence,
      compression: () => compression.current,
      queued: (batch) => this.#queue.add(batch, clock.now()),
    });
    const token =
      options.tokenFile === null ? null : new TokenFile(options.tokenFile, () => performance.now());
    const { server, trust } = options;
    this.#link = new ServerLink({ server, timeoutMs: timing.exchangeMs, token, trust });
    this.#sender = new Sender({
      epoch: state.epoch,
      server: `${server.origin}${server.pathname}`,
      queue: this.#queue,
      compression,
      link: this.#link,
      token,
      takeSequence,
      clock,
      random,
      backoff: timing.sendBackoff,
      log,
    });
    this.#source = new SourceKeeper({
      open: parts.openSource,
      wanted: options.source,
      listener: {
        sighting: (said) => {
          this.#window.add(said);
          if (this.#window.isFull) this.#closeWindow('keys');
        },
        skipped: (reason, count) => this.#window.skipped(reason, count),
        lost: (count) => this.#window.lost(count),
        watching: () => this.#window.open(clock.now()),
        blind: () => this.#closeWindow('blind'),
      },
      dumpIntervalMs: options.dumpIntervalMs,
      dumpGapMs: timing.dumpGapMs,
      backoff: timing.sourceBackoff,
      clock,
      random,
      log,
    });
  }

  /**
   * Runs until `signal` is aborted (exit code 0) or another agent took over (1). Throws a ProblemError when it cannot
   * listen, has no source, or cannot number its batches any more.
   */
  async run(signal: AbortSignal): Promise<number> {
    const { clock, timing } = this.#parts;
    const listener = await this.#listen();
    const ended = new AbortController();
    const stopSending = new AbortController();
    const deadline = new AbortController();
    const settled = new AbortController();
    const working = AbortSignal.any([signal, ended.signal, this.#broken.signal]);
    const sending = this.#send(stopSending.signal, deadline.signal).finally(() => ended.abort());
    const reading = this.#source.run(working).finally(() => ended.abort());
    // Its failure is thrown below, once the rest has ended.
    reading.catch(() => {});
    try {
      await this.#turnWindows(working);
      void clock.sleep(timing.stopMs, settled.signal).then(() => deadline.abort());
      await this.#lastWords(reading, settled.signal);
      if (this.#broken.signal.aborted) throw this.#broken.signal.reason;
      stopSending.abort();
      const end = await sending;
      this.#report(end);
      return end.kind === 'fenced' ? 1 : 0;
    } finally {
      for (const each of [settled, stopSending, deadline]) each.abort();
      await sending;
      this.#link.close();
      await listener?.close();
    }
  }

  /** Null when there is to be none. */
  async #listen(): Promise<Listener | null> {
    const { listen: address, batchWindowMs } = this.#options;
    const { clock, log } = this.#parts;
    if (address === null) return null;
    const pages = {
      metrics: () => metricsText(agentMetrics(this.#measured)),
      notReady: () =>
        readinessOf({
          isWatching: this.#source.isWatching,
          pending: this.#queue.pending,
          acknowledgedAt: this.#sender.acknowledgedAt,
          trouble: this.#sender.trouble,
          now: clock.now(),
          batchWindowMs,
        }),
    };
    const listener = await listen(address, pages);
    log.info({ url: listener.url }, 'listening for metrics and probes');
    return listener;
  }

  get #measured(): Measured {
    return {
      window: this.#window,
      queue: this.#queue,
      sender: this.#sender,
      source: this.#source,
      windows: this.#windows,
    };
  }

  async #send(stop: AbortSignal, deadline: AbortSignal): Promise<SenderEnd> {
    try {
      return await this.#sender.run(stop, deadline);
    } catch (error) {
      this.#broken.abort(error);
      return { kind: 'stopped' };
    }
  }

  async #turnWindows(working: AbortSignal): Promise<void> {
    while (!working.aborted) {
      await this.#parts.clock.sleep(this.#options.batchWindowMs, working);
      if (!working.aborted && this.#source.isWatching) this.#closeWindow('time');
    }
  }

  /** What the source still has to say goes into the queue. It gets half of the time; the server gets the rest. */
  async #lastWords(reading: Promise<void>, settled: AbortSignal): Promise<void> {
    const { clock, timing, log } = this.#parts;
    const isLate = await Promise.race([
      reading.then(() => false),
      clock.sleep(timing.stopMs / 2, settled).then(() => true),
    ]);
    if (isLate) log.warn({}, 'the source does not end: it is left behind');
    // The last batches may push others out of a full queue, which is news for one more.
    for (let round = 0; round < LAST_ROUNDS && this.#window.hasNews; round++) this.#closeWindow('blind');
  }

  #closeWindow(cause: WindowEnd): void {
    const { state } = this.#source;
    if (state === null) return;
    this.#windows[cause]++;
    // A full window is closed while its source speaks; what that holds back goes into the next.
    if (cause === 'time') this.#source.settle();
    const now = this.#parts.clock.now();
    const pack = (closed: ClosedWindow): void => this.#packer.pack(closed, state);
    try {
      if (cause === 'blind' || !this.#window.isOpen) this.#window.close(now, pack);
      else this.#window.turn(now, pack);
    } catch (error) {
      this.#broken.abort(error);
    }
  }

  #gaveUp(batch: PackedBatch): void {
    this.#window.gaveUp(batch);
    const { sequence, flows, opened } = batch;
    this.#parts.log.warn(
      { sequence, flows, opened, queueBytes: this.#queue.bytes },
      'the queue is full: its oldest batch is given up and counted as a loss',
    );
  }

  #report(end: SenderEnd): void {
    const { log } = this.#parts;
    const { pending, pendingOpened } = this.#queue;
    if (end.kind === 'fenced')
      log.error(
        { code: 'fenced', detail: end.detail },
        'another agent sends for this node now: this one stops',
      );
    if (pending > 0)
      log.warn({ batches: pending, opened: pendingOpened }, 'stopped with batches that were not sent');
    else log.info({}, 'stopped with everything sent');
  }
}
