/** One open WATCH: it follows the store's history from a version on, line by line, until its time is over or it is cut. */
import type { ServerResponse } from 'node:http';
import type { Faults } from './faults.ts';
import type { ServedKind } from './kinds.ts';
import { isIn } from './object-store.ts';
import type { HistoryEvent, ObjectStore } from './object-store.ts';
import { statusObject } from './status.ts';

export interface WatcherOptions {
  readonly kind: ServedKind;
  readonly namespace: string | null;
  readonly from: number;
  readonly timeoutMs: number;
  /** Null when the client did not ask for bookmarks. */
  readonly bookmarkMs: number | null;
  readonly now: () => number;
}

export class Watcher {
  readonly #response: ServerResponse;
  readonly #store: ObjectStore;
  readonly #faults: Faults;
  readonly #options: WatcherOptions;
  readonly #timers: NodeJS.Timeout[] = [];
  #held: NodeJS.Timeout | undefined;
  /** Index in the history of what comes next. */
  #position: number;
  #bytesLeft: number;
  #isOver = false;

  constructor(response: ServerResponse, store: ObjectStore, faults: Faults, options: WatcherOptions) {
    this.#response = response;
    this.#store = store;
    this.#faults = faults;
    this.#options = options;
    this.#bytesLeft = faults.cutAfterBytes.shift() ?? Number.POSITIVE_INFINITY;
    const first = store.history.findIndex((event) => event.resourceVersion > options.from);
    this.#position = first === -1 ? store.history.length : first;
    response.writeHead(200, { 'content-type': 'application/json' });
    response.flushHeaders();
    response.on('close', () => this.#stop());
    this.#timers.push(setTimeout(() => this.end(), options.timeoutMs));
    if (options.bookmarkMs !== null)
      this.#timers.push(setInterval(() => this.#bookmark(), options.bookmarkMs));
    this.pump();
  }

  /** Sends what has happened since. */
  pump(): void {
    clearTimeout(this.#held);
    while (!this.#isOver && !this.#faults.silent) {
      const event = this.#store.history[this.#position];
      if (event === undefined) return;
      if (this.#concerns(event)) {
        const waitMs = event.at + this.#holdBackMs() - this.#options.now();
        if (waitMs > 0) {
          this.#held = setTimeout(() => this.pump(), waitMs);
          return;
        }
        this.#send({ type: event.type, object: event.object });
      }
      this.#position++;
    }
  }

  /** An ERROR event, after which the server closes. */
  fail(code: number, message: string): void {
    this.#send({ type: 'ERROR', object: statusObject(code, message) });
    this.end();
  }

  /** Text that need not be an event. */
  say(text: string): void {
    if (!this.#isOver) this.#response.write(text);
  }

  end(): void {
    if (this.#isOver) return;
    this.#stop();
    this.#response.end();
  }

  /** As a load balancer that drops the connection. */
  cut(): void {
    this.#stop();
    this.#response.socket?.destroy();
  }

  #bookmark(): void {
    if (this.#faults.silent || this.#isOver) return;
    const { kind, apiVersion } = this.#options.kind;
    const next = this.#store.history[this.#position];
    const version = next === undefined ? this.#store.version : next.resourceVersion - 1;
    const metadata = { resourceVersion: String(version), creationTimestamp: null };
    this.#send({ type: 'BOOKMARK', object: { kind, apiVersion, metadata } });
  }

  #concerns(event: HistoryEvent): boolean {
    return event.kind === this.#options.kind.kind && isIn(event.object, this.#options.namespace);
  }

  #holdBackMs(): number {
    return this.#faults.holdBackMs.get(this.#options.kind.kind) ?? 0;
  }

  #send(event: object): void {
    if (this.#isOver) return;
    const line = Buffer.from(`${JSON.stringify(event)}\n`);
    const sent = line.subarray(0, this.#bytesLeft);
    this.#bytesLeft -= sent.byteLength;
    const pieceBytes = this.#faults.chunkBytes ?? sent.byteLength;
    for (let start = 0; start < sent.byteLength; start += pieceBytes)
      this.#response.write(sent.subarray(start, start + pieceBytes));
    if (this.#bytesLeft > 0) return;
    this.#stop();
    // After what was written has gone out.
    this.#response.socket?.destroySoon();
  }

  #stop(): void {
    this.#isOver = true;
    clearTimeout(this.#held);
    for (const timer of this.#timers) clearTimeout(timer);
  }
}
