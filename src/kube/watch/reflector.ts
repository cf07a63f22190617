/**
 * Reflects one resource of the API server: asks for all of it, watches it, and tells every change once and in order, over cut
 * connections, expired versions and restarts. It ends only when it is aborted, and it never changes anything in the cluster.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { ApiFailure, failureOfError } from './api-failure.ts';
import type { ApiTransport } from './api-transport.ts';
import { KnownObjects } from './known-objects.ts';
import type { Change } from './known-objects.ts';
import { listObjects } from './list-objects.ts';
import { Patience } from './patience.ts';
import { Backoff, DEFAULT_TIMING, nextWatchSeconds } from './reflector-timing.ts';
import type { ReflectorTiming } from './reflector-timing.ts';
import type { ReflectorSink, RefreshWay, Trouble } from './reflector-sink.ts';
import { Refresh } from './refresh.ts';
import type { Resource } from './resource.ts';
import { Sharing } from './sharing.ts';
import { Turns } from './turns.ts';
import { watchEvents } from './watch-stream.ts';
import type { WatchEvent } from './watch-stream.ts';

export type { ReflectorSink, RefreshWay, Trouble } from './reflector-sink.ts';
export type { ReflectorTiming } from './reflector-timing.ts';
export type { Resource } from './resource.ts';

export interface ReflectOptions {
  readonly signal: AbortSignal;
  /** Unix ms. */
  readonly now: () => number;
  readonly timing?: Partial<ReflectorTiming>;
  /** `list` never asks for initial events; when absent they are asked for first, as they cost both sides least. */
  readonly refreshBy?: RefreshWay;
}

/**
 * A server restored from a backup knows neither our version nor that it expired, and a line that cannot be read comes
 * again after each reconnect: after so many failed watches in a row everything is asked for anew.
 */
const FAILED_WATCHES_BEFORE_REFRESH = 5;

/** Initial events that break off begin from nothing the next time; a list goes on by pages. */
const BROKEN_INITIALS_BEFORE_LIST = 3;

/** A server without initial events may be upgraded, and one that was only slow recovers; ms. */
const INITIAL_EVENTS_AGAIN_MS = 3_600_000;

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
  readonly #sharing = new Sharing();
  readonly #turns = new Turns();
  /** Where a watch goes on; null when everything must be asked for. */
  #version: string | null = null;
  #failedWatches = 0;
  #brokenInitials = 0;
  /** Until when, by performance.now(), lists are asked for instead of initial events. */
  #listsUntil: number;

  constructor(resource: Resource, transport: ApiTransport, sink: ReflectorSink, options: ReflectOptions) {
    this.#resource = resource;
    this.#transport = transport;
    this.#sink = sink;
    this.#signal = options.signal;
    this.#now = options.now;
    this.#timing = { ...DEFAULT_TIMING, ...options.timing };
    this.#backoff = new Backoff(this.#timing);
    this.#listsUntil = options.refreshBy === 'list' ? Number.POSITIVE_INFINITY : 0;
  }

  async run(): Promise<void> {
    while (!this.#signal.aborted) {
      const failure = await this.#attempt();
      if (failure === null || this.#signal.aborted) continue;
      const retryInMs = this.#backoff.after(failure);
      this.#trouble({ code: failure.code, detail: failure.message, retryInMs });
      // It rejects only when it is aborted, and then the loop ends.
      await sleep(retryInMs, undefined, { signal: this.#signal }).catch(() => undefined);
    }
  }

  async #attempt(): Promise<ApiFailure | null> {
    try {
      if (this.#version !== null) await this.#watch(this.#version);
      else if (performance.now() < this.#listsUntil || this.#brokenInitials >= BROKEN_INITIALS_BEFORE_LIST)
        await this.#list();
      else await this.#watch(null);
      return null;
    } catch (error) {
      const failure =
        error instanceof ApiFailure
          ? error
          : new ApiFailure('unexpected', failureOfError(error, 'answer').message);
      if (failure.code === 'expired' || this.#failedWatches >= FAILED_WATCHES_BEFORE_REFRESH) {
        this.#version = null;
        this.#failedWatches = 0;
      }
      return failure;
    }
  }

  async #list(): Promise<void> {
    this.#guarded(() => this.#sink.refreshing?.(this.#resource, 'list'));
    const { pageItems, idleMs } = this.#timing;
    const refresh = new Refresh(this.#known);
    const end = await listObjects(this.#resource, this.#transport, {
      signal: this.#signal,
      now: this.#now,
      pageItems,
      idleMs,
      opened: () => this.#reached(),
      sharing: this.#sharing,
      take: async (objects, at) => {
        for (const object of objects) await this.#tell(refresh.put(object), at);
      },
    });
    if (end.malformed > 0)
      this.#trouble({
        code: 'malformed-items',
        detail: `${end.malformed} items of a list are no objects`,
        retryInMs: 0,
      });
    await this.#synced(refresh, end.resourceVersion, { at: end.at, by: 'list' });
  }

  /** Watches from a version on, or from nothing: then all that exists comes first. */
  async #watch(resourceVersion: string | null): Promise<void> {
    const patience = new Patience(this.#timing.initialEventsMs);
    let refresh = resourceVersion === null ? new Refresh(this.#known) : null;
    if (refresh !== null) this.#guarded(() => this.#sink.refreshing?.(this.#resource, 'initial-events'));
    let openedAt: number | null = null;
    let hasSpoken = false;
    const options = {
      resourceVersion,
      timeoutSeconds: nextWatchSeconds(this.#timing),
      idleMs: this.#timing.idleMs,
      signal: refresh === null ? this.#signal : AbortSignal.any([this.#signal, patience.signal]),
      now: this.#now,
      sharing: this.#sharing,
      opened: () => {
        openedAt = performance.now();
        if (refresh !== null) patience.begin();
        this.#reached();
      },
    };
    const isSteady = (): boolean =>
      openedAt !== null && performance.now() - openedAt >= this.#timing.steadyMs;
    this.#failedWatches++;
    try {
      for await (const events of watchEvents(this.#resource, this.#transport, options)) {
        const at = this.#now();
        for (const event of events) {
          if (refresh === null) {
            hasSpoken = true;
            await this.#take(event, at);
          } else if (await this.#takeInitial(refresh, event, at)) {
            refresh = null;
            patience.stop();
            // What it says from here on, and for how long, tells whether it is a good watch.
            openedAt = performance.now();
          } else if (event.type === 'ADDED') patience.heard();
        }
      }
    } catch (error) {
      const code = error instanceof ApiFailure ? error.code : null;
      if (refresh !== null && (patience.signal.aborted || code === 'not-supported')) {
        this.#listsUntil = performance.now() + INITIAL_EVENTS_AGAIN_MS;
        return;
      }
      // A server that is away or busy says nothing about our version.
      if (code !== null && !['malformed', 'not-supported', 'server-error'].includes(code))
        this.#failedWatches = 0;
      if (refresh !== null && openedAt !== null) this.#brokenInitials++;
      throw error;
    } finally {
      patience.stop();
      if (refresh === null && (hasSpoken || isSteady())) {
        this.#backoff.reset();
        this.#failedWatches = 0;
      }
    }
    if (refresh !== null) {
      this.#brokenInitials++;
      throw new ApiFailure('cut', 'the server ended the watch before its initial events');
    }
    if (!hasSpoken && !isSteady()) throw new ApiFailure('closed-early', 'the server ended the watch at once');
    this.#guarded(() => this.#sink.ended?.(this.#resource));
  }

  /** Whether this was the end of the initial events. */
  async #takeInitial(refresh: Refresh, event: WatchEvent, at: number): Promise<boolean> {
    switch (event.type) {
      case 'ADDED':
      case 'MODIFIED':
        await this.#tell(refresh.put(event.object), at);
        return false;
      case 'DELETED':
        await this.#tell(refresh.remove(event.object), at);
        return false;
      case 'BOOKMARK':
        if (event.endsInitialEvents)
          await this.#synced(refresh, event.resourceVersion, { at, by: 'bookmark' });
        return event.endsInitialEvents;
      default:
        return event satisfies never;
    }
  }

  async #synced(
    refresh: Refresh,
    version: string,
    read: { at: number; by: 'list' | 'bookmark' },
  ): Promise<void> {
    for (const change of refresh.finish()) await this.#tell([change], read.at);
    this.#version = version;
    this.#brokenInitials = 0;
    this.#guarded(() => this.#sink.synced(this.#resource, version));
    this.#guarded(() => this.#sink.progressed(this.#resource, version, read.at, read.by));
  }

  async #take(event: WatchEvent, at: number): Promise<void> {
    let version: string;
    switch (event.type) {
      case 'BOOKMARK':
        version = event.resourceVersion;
        break;
      case 'ADDED':
      case 'MODIFIED':
        await this.#tell(this.#known.put(event.object), at);
        version = event.object.metadata.resourceVersion;
        break;
      case 'DELETED':
        await this.#tell(this.#known.remove(event.object), at);
        version = event.object.metadata.resourceVersion;
        break;
      default:
        return event satisfies never;
    }
    this.#version = version;
    const by = event.type === 'BOOKMARK' ? 'bookmark' : 'event';
    this.#guarded(() => this.#sink.progressed(this.#resource, version, at, by));
  }

  async #tell(changes: readonly Change[], observedAt: number): Promise<void> {
    for (const { type, object } of changes)
      this.#guarded(() => this.#sink.event({ observedAt, type, object }));
    await this.#turns.pass();
  }

  #reached(): void {
    this.#guarded(() => this.#sink.reached?.(this.#resource, this.#now()));
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
