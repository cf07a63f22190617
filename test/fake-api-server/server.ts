/**
 * An API server that speaks real HTTP LIST and WATCH over a state that a test or the lab changes. It keeps everything that
 * happened and can fail in every way that real ones do. It renews nothing by itself and checks no object.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { askedBy } from './asked.ts';
import type { Asked } from './asked.ts';
import { breakOff } from './body-writer.ts';
import { discoveryAt } from './discovery.ts';
import { Faults } from './faults.ts';
import type { BreakingOff, FaultyAnswer } from './faults.ts';
import { SERVED_KINDS } from './kinds.ts';
import type { ServedKind } from './kinds.ts';
import { ListAnswers } from './list-answer.ts';
import { Listener } from './listener.ts';
import type { ServerTls } from './listener.ts';
import { initialEventsRefusal } from './list-options.ts';
import { merged } from './merge-patch.ts';
import { ObjectStore } from './object-store.ts';
import type { GivenObject, HistoryEvent, StoredObject } from './object-store.ts';
import { statusObject } from './status.ts';
import { callOf } from './rbac.ts';
import type { Call, Rbac } from './rbac.ts';
import { Reviews } from './reviews.ts';
import { Tokens } from './tokens.ts';
import { Watcher } from './watcher.ts';

export type { GivenObject, HistoryEvent, StoredObject } from './object-store.ts';

export interface FakeApiServerOptions {
  /** The one bearer token that is let in; everybody when absent. */
  readonly token?: string;
  /** Serves HTTPS. */
  readonly tls?: ServerTls;
  /** Ms between bookmarks; a minute when absent, as the real one. */
  readonly bookmarkMs?: number;
  readonly now?: () => number;
  /** Served besides SERVED_KINDS, and told by discovery. */
  readonly kinds?: readonly ServedKind[];
  /** Ms that a second of `timeoutSeconds` lasts; 1000 when absent. A test of hours makes it shorter. */
  readonly secondMs?: number;
}

/** A request as it came, for assertions. */
export interface SeenRequest {
  readonly verb: 'list' | 'watch';
  readonly kind: string;
  readonly query: Readonly<Record<string, string>>;
  readonly gzip: boolean;
  /** `PartialObjectMetadata` and the like; null for whole objects. */
  readonly as: string | null;
  readonly status: number;
  readonly at: number;
}

export class FakeApiServer {
  readonly faults = new Faults();
  readonly requests: SeenRequest[] = [];
  /** Bearer tokens that are let in. */
  token: string | null;
  readonly tokens: Tokens;
  readonly reviews: Reviews;
  /** What the one client may do; everything when null. */
  rbac: Rbac | null = null;
  /** Ms by which the Date header is ahead. */
  dateOffsetMs = 0;
  readonly #kinds: readonly ServedKind[];
  readonly #secondMs: number;
  readonly #bookmarkMs: number;
  readonly #now: () => number;
  readonly #store: ObjectStore;
  readonly #watchers = new Set<Watcher>();
  readonly #listener: Listener;
  readonly #lists: ListAnswers;
  /** Versions below are no longer kept. */
  #compactedTo = 0;
  /** Other paths than those of the API; true when it answered. */
  onOtherPath: (request: IncomingMessage, response: ServerResponse) => boolean = () => false;

  constructor(options: FakeApiServerOptions = {}) {
    this.#bookmarkMs = options.bookmarkMs ?? 60_000;
    this.token = options.token ?? null;
    this.#now = options.now ?? Date.now;
    this.#listener = new Listener(options.tls ?? null, (request, response) =>
      this.#handle(request, response),
    );
    this.#kinds = [...SERVED_KINDS, ...(options.kinds ?? [])];
    this.#secondMs = options.secondMs ?? 1_000;
    this.#store = new ObjectStore(this.#kinds, this.#now);
    this.tokens = new Tokens(this.#store, this.#now);
    this.reviews = new Reviews(this.tokens, this.#now);
    this.#lists = new ListAnswers(this.#store, this.faults);
    this.#store.onEvent = () => {
      for (const watcher of this.#watchers) watcher.pump();
    };
  }

  /** Resolves with the URL. Port 0 takes a free one. */
  async listen(host = '127.0.0.1', port = 0): Promise<string> {
    await this.#listener.open(host, port);
    return this.url;
  }

  get url(): string {
    return this.#listener.url;
  }

  get version(): number {
    return this.#store.version;
  }

  /** Watches that are open and served; a half-open one is not. */
  get watching(): number {
    return [...this.#watchers].filter((watcher) => !watcher.isOver).length;
  }

  put(object: GivenObject): StoredObject {
    return this.#store.put(object);
  }

  /** Merges fields into an object by JSON merge patch (RFC 7386) and stores it; throws when there is none. */
  patch(kind: string, namespace: string, name: string, patch: Record<string, unknown>): StoredObject {
    const before = this.#store.get(kind, namespace, name);
    if (before === null) throw new Error(`there is no ${kind} ${namespace}/${name}`);
    return this.#store.put(merged(before, patch) as unknown as GivenObject);
  }

  remove(kind: string, namespace: string, name: string): boolean {
    return this.#store.remove(kind, namespace, name);
  }

  /** The objects of a kind as they are now. */
  objects(kind: string): readonly StoredObject[] {
    return this.#store.list(kind, null);
  }

  /** Everything that happened, oldest first, compacted or not. */
  history(): readonly HistoryEvent[] {
    return this.#store.history;
  }

  /** Forgets all versions before now: old watches and unfinished lists get 410. Open watches are not hurt. */
  compact(): void {
    this.#compactedTo = this.#store.version;
    this.#lists.forget();
  }

  /** From now on events of this kind come so late to watches; what was kept back longer comes at once. */
  holdBack(kind: string, ms: number): void {
    this.faults.holdBackMs.set(kind, ms);
    for (const watcher of this.#watchers) watcher.pump();
  }

  /** As a load balancer that drops every watch's connection: closed, reset, or half-open. */
  cutWatches(how: BreakingOff = 'close'): void {
    for (const watcher of this.#watchers) watcher.cut(how);
  }

  /** Writes any text into every watch. */
  sayOnWatches(text: string): void {
    for (const watcher of this.#watchers) watcher.say(text);
  }

  /** Ends every watch with an ERROR event. */
  failWatches(code: number, message: string): void {
    for (const watcher of this.#watchers) watcher.fail(code, message);
  }

  /** Connections are reset and new ones refused for so many ms, or until it may come back. Resolves when it listens again. */
  async away(back: number | Promise<unknown>): Promise<void> {
    await this.#listener.away(back);
  }

  async close(): Promise<void> {
    await this.#listener.close();
  }

  #handle(request: IncomingMessage, response: ServerResponse): void {
    this.#setDate(response);
    if (this.onOtherPath(request, response)) return;
    const review = this.reviews.resourceOf(request);
    if (review !== null) return this.#review(review, request, response);
    const asked = askedBy(request, this.#kinds);
    if (asked === null) return this.#answerOther(request, response);
    const refusal = this.#refusal(request, asked);
    this.requests.push({
      verb: asked.verb,
      kind: asked.kind.kind,
      query: asked.query,
      gzip: asked.gzip,
      as: asked.as,
      status: refusal?.status ?? 200,
      at: this.#now(),
    });
    if (this.faults.resetsNext()) return breakOff(response, 'reset');
    if (refusal !== null) return refuse(response, refusal);
    if (this.faults.silent) return;
    if (asked.verb === 'list') this.#lists.answer(asked, response);
    else this.#watch(asked, response);
  }

  #review(
    resource: 'tokenreviews' | 'subjectaccessreviews',
    request: IncomingMessage,
    response: ServerResponse,
  ): void {
    const group = resource === 'tokenreviews' ? 'authentication.k8s.io' : 'authorization.k8s.io';
    if (!this.#isLetIn(request)) return refuse(response, { status: 401, message: 'Unauthorized' });
    const forbidden = this.#forbidden({ verb: 'create', group, resource, namespace: null });
    if (forbidden !== null) return refuse(response, forbidden);
    void this.reviews.answer(resource, request, response);
  }

  /** As kube-apiserver says it; null when the call is allowed. */
  #forbidden(call: Call): FaultyAnswer | null {
    if (this.rbac === null || this.rbac.allows(call)) return null;
    const { verb, group, resource } = call;
    const message = `${resource} is forbidden: cannot ${verb} resource "${resource}" in API group "${group}"`;
    return { status: 403, message };
  }

  #answerOther(request: IncomingMessage, response: ServerResponse): void {
    const discovered = discoveryAt(new URL(request.url ?? '/', 'http://fake').pathname, this.#kinds);
    if (!this.#isLetIn(request)) return refuse(response, { status: 401, message: 'Unauthorized' });
    if (discovered === null) return refuse(response, { status: 404, message: 'no such path' });
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(discovered));
  }

  #refusal(request: IncomingMessage, asked: Asked): FaultyAnswer | null {
    if (!this.#isLetIn(request)) return { status: 401, message: 'Unauthorized' };
    const fault = this.faults.answerTo(asked.kind.kind, asked.verb) ?? this.#forbidden(callOf(asked));
    if (fault !== null) return fault;
    if (asked.as !== null && (asked.as === 'PartialObjectMetadataList') !== (asked.verb === 'list'))
      return { status: 406, message: `you requested ${asked.as} of a ${asked.verb}` };
    return (
      initialEventsRefusal(asked, this.faults) ??
      (asked.verb === 'watch' ? this.#versionRefusal(asked) : this.#cursorRefusal(asked))
    );
  }

  #versionRefusal(asked: Asked): FaultyAnswer | null {
    const from = versionOf(asked);
    if (from > this.#store.version) return { status: 504, message: 'Too large resource version' };
    if (!this.#isExpired(asked) || this.faults.expiredIn === 'stream') return null;
    return { status: 410, message: `too old resource version: ${from} (${this.#compactedTo})` };
  }

  #cursorRefusal(asked: Asked): FaultyAnswer | null {
    if (this.#lists.has(asked)) return null;
    return { status: 410, message: 'The provided continue parameter is too old' };
  }

  #isLetIn({ headers: { authorization } }: IncomingMessage): boolean {
    return this.token === null || authorization === `Bearer ${this.token}`;
  }

  #isExpired(asked: Asked): boolean {
    const from = versionOf(asked);
    return from > 0 && from < this.#compactedTo && !asked.sendInitialEvents;
  }

  #watch(asked: Asked, response: ServerResponse): void {
    const { query } = asked;
    const from = versionOf(asked);
    const isExpired = this.#isExpired(asked);
    const isWatchList = asked.sendInitialEvents && this.faults.watchList === 'served';
    // As the real one: a watch from no version, or from 0, begins with what there is.
    const hasInitialEvents = isWatchList || from === 0;
    const watcher = new Watcher(
      asked,
      response,
      { store: this.#store, faults: this.faults },
      {
        from: isExpired || hasInitialEvents ? this.#store.version : from,
        hasInitialEvents,
        endsInitialEvents: isWatchList,
        timeoutMs: Number(query['timeoutSeconds'] ?? 1800) * this.#secondMs,
        bookmarkMs: query['allowWatchBookmarks'] === 'true' ? this.#bookmarkMs : null,
        now: this.#now,
      },
    );
    this.#watchers.add(watcher);
    response.on('close', () => this.#watchers.delete(watcher));
    if (isExpired) watcher.fail(410, `too old resource version: ${from} (${this.#compactedTo})`);
  }

  #setDate(response: ServerResponse): void {
    response.sendDate = false;
    response.setHeader('date', new Date(this.#now() + this.dateOffsetMs).toUTCString());
  }
}

function versionOf({ query }: Asked): number {
  return Number(query['resourceVersion'] ?? 0);
}

function refuse(response: ServerResponse, { status, headers, message }: FaultyAnswer): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(`${JSON.stringify(statusObject(status, message ?? `as the test asked: ${status}`))}\n`);
}
