/**
 * Reflects one resource of the API server: lists it, watches it, and tells every change once and in order, over cut
 * connections, expired versions and restarts. It ends only when it is aborted, and it never changes anything in the cluster.
 */
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import type { ClusterEvent } from '../cluster-model.ts';
import { ApiFailure, failureOfError } from './api-failure.ts';
import type { ApiTransport } from './api-transport.ts';
import { KnownObjects } from './known-objects.ts';
import type { Change } from './known-objects.ts';
import { listPages } from './list-pages.ts';
import { Backoff, DEFAULT_TIMING, nextWatchSeconds } from './reflector-timing.ts';
import type { ReflectorTiming } from './reflector-timing.ts';
import type { Resource } from './resource.ts';
import { keyOf } from './slim-object.ts';
import type { KubeObject } from './slim-object.ts';
import { watchEvents } from './watch-stream.ts';
import type { WatchEvent } from './watch-stream.ts';

export type { ReflectorTiming } from './reflector-timing.ts';
export type { Resource } from './resource.ts';

export interface Trouble {
  /** A FailureCode, or `handler` when the sink itself threw. */
  readonly code: string;
  readonly detail: string;
  /** Ms until the next request; 0 where nothing waits. */
  readonly retryInMs: number;
}

export interface ReflectorSink {
  /** ADDED, MODIFIED and DELETED in order; what a list shows to have changed unseen comes as such events too, deletions first. */
  event(event: ClusterEvent): void;
  /** A list is complete: the first one, and one after each expired version. */
  synced(resource: Resource, resourceVersion: string): void;
  /** Everything up to this version has been told. `at` is when it was read, unix ms: an event, a bookmark or a list. */
  progressed(resource: Resource, resourceVersion: string, at: number): void;
  trouble(resource: Resource, problem: Trouble): void;
  /** The server answered a LIST or accepted a WATCH at `at`, unix ms. */
  reached?(resource: Resource, at: number): void;
}

export interface ReflectOptions {
  readonly signal: AbortSignal;
  /** Unix ms. */
  readonly now: () => number;
  readonly timing?: Partial<ReflectorTiming>;
}

/** Other work gets its turn after this many objects; parsing and telling them takes some milliseconds. */
const OBJECTS_PER_TURN = 100;

/**
 * A server restored from a backup knows neither our version nor that it expired, and a line that cannot be read comes
 * again after each reconnect: after so many failed watches in a row a list starts anew.
 */
const FAILED_WATCHES_BEFORE_LIST = 5;

/** Runs until aborted; never rejects. */
export async function reflect(
  resource: Resource,
  transport: ApiTransport,
  sink: ReflectorSink,
  options: ReflectOptions,
): Promise<void> {
  await new Reflector(resource, transport, sink, options).run();
}

class Reflector {
  readonly #resource: Resource;
  readonly #transport: ApiTransport;
  readonly #sink: ReflectorSink;
  readonly #signal: AbortSignal;
  readonly #now: () => number;
  readonly #timing: ReflectorTiming;
  readonly #backoff: Backoff;
  readonly #known = new KnownObjects();
  /** Where a watch goes on; null when only a list can tell. */
  #version: string | null = null;
  #failedWatches = 0;
  #toldThisTurn = 0;

  constructor(resource: Resource, transport: ApiTransport, sink: ReflectorSink, options: ReflectOptions) {
    this.#resource = resource;
    this.#transport = transport;
    this.#sink = sink;
    this.#signal = options.signal;
    this.#now = options.now;
    this.#timing = { ...DEFAULT_TIMING, ...options.timing };
    this.#backoff = new Backoff(this.#timing);
  }

  async run(): Promise<void> {
    while (!this.#signal.aborted) {
      const failure = await this.#listOrWatch();
      if (failure === null || this.#signal.aborted) continue;
      const retryInMs = this.#backoff.after(failure);
      this.#trouble({ code: failure.code, detail: failure.message, retryInMs });
      // It rejects only when it is aborted, and then the loop ends.
      await sleep(retryInMs, undefined, { signal: this.#signal }).catch(() => undefined);
    }
  }

  async #listOrWatch(): Promise<ApiFailure | null> {
    try {
      if (this.#version === null) await this.#list();
      else await this.#watch(this.#version);
      return null;
    } catch (error) {
      const failure =
        error instanceof ApiFailure
          ? error
          : new ApiFailure('unexpected', failureOfError(error, 'answer').message);
      if (failure.code === 'expired' || this.#failedWatches >= FAILED_WATCHES_BEFORE_LIST) {
        this.#version = null;
        this.#failedWatches = 0;
      }
      return failure;
    }
  }

  async #list(): Promise<void> {
    const { pageItems, idleMs } = this.#timing;
    // With nothing to compare with, objects are told page by page; else deletions go first, and they show only at the end.
    const isFirst = this.#known.size === 0;
    const listed = new Map<string, string>();
    const changed: KubeObject[] = [];
    let version = '';
    let at = 0;
    const options = { signal: this.#signal, now: this.#now, pageItems, idleMs };
    for await (const page of listPages(this.#resource, this.#transport, options)) {
      ({ resourceVersion: version, at } = page);
      this.#guarded(() => this.#sink.reached?.(this.#resource, this.#now()));
      if (page.malformed > 0) this.#malformedItems(page.malformed);
      for (const item of page.items) {
        if (!isFirst) listed.set(keyOf(item), item.metadata.uid);
        if (isFirst) await this.#tell(this.#known.put(item), at);
        else if (!this.#known.has(item)) changed.push(item);
      }
    }
    if (!isFirst) await this.#tell(this.#known.removeAllBut(listed), at);
    for (const item of changed) await this.#tell(this.#known.put(item), at);
    this.#version = version;
    this.#guarded(() => this.#sink.synced(this.#resource, version));
    this.#guarded(() => this.#sink.progressed(this.#resource, version, at));
  }

  async #watch(resourceVersion: string): Promise<void> {
    let openedAt: number | null = null;
    let hasSpoken = false;
    const options = {
      resourceVersion,
      timeoutSeconds: nextWatchSeconds(this.#timing),
      idleMs: this.#timing.idleMs,
      signal: this.#signal,
      now: this.#now,
      opened: () => {
        openedAt = performance.now();
        this.#guarded(() => this.#sink.reached?.(this.#resource, this.#now()));
      },
    };
    this.#failedWatches++;
    try {
      for await (const events of watchEvents(this.#resource, this.#transport, options)) {
        hasSpoken = true;
        const at = this.#now();
        for (const event of events) await this.#take(event, at);
      }
    } catch (error) {
      // A server that is away or busy says nothing about our version.
      if (error instanceof ApiFailure && !['malformed', 'server-error'].includes(error.code))
        this.#failedWatches = 0;
      throw error;
    } finally {
      if (hasSpoken || isSteady(openedAt, this.#timing.steadyMs)) {
        this.#backoff.reset();
        this.#failedWatches = 0;
      }
    }
    if (!hasSpoken && !isSteady(openedAt, this.#timing.steadyMs))
      throw new ApiFailure('closed-early', 'the server ended the watch at once');
  }

  async #take(event: WatchEvent, at: number): Promise<void> {
    switch (event.type) {
      case 'BOOKMARK':
        this.#version = event.resourceVersion;
        break;
      case 'ADDED':
      case 'MODIFIED':
        await this.#tell(this.#known.put(event.object), at);
        this.#version = event.object.metadata.resourceVersion;
        break;
      case 'DELETED':
        await this.#tell(this.#known.remove(event.object), at);
        this.#version = event.object.metadata.resourceVersion;
        break;
      default:
        event satisfies never;
    }
    const version = this.#version ?? '';
    this.#guarded(() => this.#sink.progressed(this.#resource, version, at));
  }

  async #tell(changes: readonly Change[], observedAt: number): Promise<void> {
    for (const { type, object } of changes) {
      this.#guarded(() => this.#sink.event({ observedAt, type, object }));
      this.#toldThisTurn++;
      if (this.#toldThisTurn < OBJECTS_PER_TURN) continue;
      this.#toldThisTurn = 0;
      await nextTurn();
    }
  }

  #malformedItems(count: number): void {
    this.#trouble({ code: 'malformed', detail: `${count} items of a list are no objects`, retryInMs: 0 });
  }

  #guarded(tell: () => void): void {
    try {
      tell();
    } catch (error) {
      this.#trouble({ code: 'handler', detail: failureOfError(error, 'answer').message, retryInMs: 0 });
    }
  }

  #trouble(problem: Trouble): void {
    try {
      this.#sink.trouble(this.#resource, problem);
    } catch {
      // Who is told of failures and fails at that cannot be told.
    }
  }
}

function isSteady(openedAt: number | null, steadyMs: number): boolean {
  return openedAt !== null && performance.now() - openedAt >= steadyMs;
}
