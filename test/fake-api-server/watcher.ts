/** One open WATCH: it follows the store's history from a version on, line by line, until its time is over or it is cut. */
import type { ServerResponse } from 'node:http';
import type { Asked } from './asked.ts';
import { Outbox } from './body-writer.ts';
import type { BreakingOff, Faults } from './faults.ts';
import { isIn } from './object-store.ts';
import type { HistoryEvent, ObjectStore, StoredObject } from './object-store.ts';
import { selectionOf } from './selectors.ts';
import type { Selection } from './selectors.ts';
import { bookmarkObject, eventObject } from './shape.ts';
import { statusObject } from './status.ts';

export interface WatcherOptions {
  readonly from: number;
  /** Begins with what exists at `from`, the present. */
  readonly hasInitialEvents: boolean;
  /** A bookmark says when the initial events are over. */
  readonly endsInitialEvents: boolean;
  readonly timeoutMs: number;
  /** Null when the client did not ask for bookmarks. */
  readonly bookmarkMs: number | null;
  readonly now: () => number;
}

export class Watcher {
  readonly #asked: Asked;
  readonly #response: ServerResponse;
  readonly #outbox: Outbox;
  readonly #store: ObjectStore;
  readonly #faults: Faults;
  readonly #options: WatcherOptions;
  readonly #isSelected: Selection;
  readonly #timers: NodeJS.Timeout[] = [];
  #held: NodeJS.Timeout | undefined;
  /** Index in the history of what comes next. */
  #position: number;
  #bytesLeft: number;
  /** Nothing more is sent; the connection may still be open. */
  isOver = false;

  constructor(
    asked: Asked,
    response: ServerResponse,
    { store, faults }: { store: ObjectStore; faults: Faults },
    options: WatcherOptions,
  ) {
    this.#asked = asked;
    this.#response = response;
    this.#outbox = new Outbox(response);
    this.#store = store;
    this.#faults = faults;
    this.#options = options;
    this.#isSelected = selectionOf(asked.query);
    this.#bytesLeft = faults.cutAfterBytes.shift() ?? Number.POSITIVE_INFINITY;
    this.#position = positionAfter(store.history, options.from);
    response.writeHead(200, { 'content-type': 'application/json' });
    response.flushHeaders();
    response.on('close', () => this.#stop());
    this.#timers.push(setTimeout(() => this.end(), options.timeoutMs));
    if (options.hasInitialEvents) this.#sendInitialEvents();
    if (options.bookmarkMs !== null)
      this.#timers.push(setInterval(() => this.#bookmark(), options.bookmarkMs));
    this.pump();
  }

  /** Sends what has happened since. */
  pump(): void {
    clearTimeout(this.#held);
    while (!this.isOver && !this.#faults.silent) {
      const event = this.#store.history[this.#position];
      if (event === undefined) return;
      const type = this.#typeOf(event);
      if (type !== null) {
        const waitMs = event.at + this.#holdBackMs() - this.#options.now();
        if (waitMs > 0) {
          this.#held = setTimeout(() => this.pump(), waitMs);
          return;
        }
        this.#tell(type, event.object);
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
    if (!this.isOver) this.#outbox.write(Buffer.from(text), null);
  }

  end(): void {
    this.breakOff('end');
  }

  /** At once: what was written in this turn is lost, where the connection ends. */
  cut(how: BreakingOff): void {
    if (how === 'end' || how === 'stall') return this.breakOff(how);
    if (this.isOver) return;
    this.#stop();
    if (how === 'close') this.#response.socket?.destroy();
    else this.#response.socket?.resetAndDestroy();
  }

  /** After what was written. */
  breakOff(how: BreakingOff): void {
    if (this.isOver) return;
    this.#stop();
    this.#outbox.breakOff(how);
  }

  #sendInitialEvents(): void {
    const { kind, namespace } = this.#asked;
    for (const object of this.#store.list(kind.kind, namespace))
      if (this.#isSelected(object)) this.#tell('ADDED', object);
    if (this.#options.endsInitialEvents)
      this.#send({ type: 'BOOKMARK', object: bookmarkObject(this.#asked, this.#options.from, true) });
  }

  #bookmark(): void {
    if (this.#faults.silent || this.isOver) return;
    const next = this.#store.history[this.#position];
    const version = next === undefined ? this.#store.version : next.resourceVersion - 1;
    this.#send({ type: 'BOOKMARK', object: bookmarkObject(this.#asked, version, false) });
  }

  /** What an event of the history is to this watch: with a selector an object comes and goes also by changing. */
  #typeOf({ kind, type, object, before }: HistoryEvent): HistoryEvent['type'] | null {
    if (kind !== this.#asked.kind.kind || !isIn(object, this.#asked.namespace)) return null;
    const was = before !== null && this.#isSelected(before);
    const is = type !== 'DELETED' && this.#isSelected(object);
    if (was) return is ? 'MODIFIED' : 'DELETED';
    return is ? 'ADDED' : null;
  }

  #holdBackMs(): number {
    return this.#faults.holdBackMs.get(this.#asked.kind.kind) ?? 0;
  }

  #tell(type: HistoryEvent['type'], object: StoredObject): void {
    this.#send({ type, object: eventObject(object, this.#asked) });
  }

  #send(event: object): void {
    if (this.isOver) return;
    const line = Buffer.from(`${JSON.stringify(event)}\n`);
    const sent = line.subarray(0, this.#bytesLeft);
    this.#bytesLeft -= sent.byteLength;
    this.#outbox.write(sent, this.#faults.chunkBytes);
    if (this.#bytesLeft <= 0) this.breakOff('close');
  }

  #stop(): void {
    this.isOver = true;
    clearTimeout(this.#held);
    for (const timer of this.#timers) clearTimeout(timer);
  }
}

function positionAfter(history: readonly HistoryEvent[], version: number): number {
  const first = history.findIndex((event) => event.resourceVersion > version);
  return first === -1 ? history.length : first;
}
