/**
 * An API server that speaks real HTTP LIST and WATCH over a state that a test or the lab changes. It keeps everything that
 * happened and can fail in every way that real ones do. It renews nothing by itself and checks no object.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import { Faults } from './faults.ts';
import type { FaultyAnswer } from './faults.ts';
import { collectionAt } from './kinds.ts';
import type { ServedKind } from './kinds.ts';
import { Listener } from './listener.ts';
import type { ServerTls } from './listener.ts';
import { merged } from './merge-patch.ts';
import { ObjectStore } from './object-store.ts';
import type { GivenObject, HistoryEvent, StoredObject } from './object-store.ts';
import { statusObject } from './status.ts';
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
}

/** A request as it came, for assertions. */
export interface SeenRequest {
  readonly verb: 'list' | 'watch';
  readonly kind: string;
  readonly query: Readonly<Record<string, string>>;
  readonly gzip: boolean;
  readonly status: number;
  readonly at: number;
}

export class FakeApiServer {
  readonly faults = new Faults();
  readonly requests: SeenRequest[] = [];
  /** Bearer tokens that are let in. */
  token: string | null;
  readonly #bookmarkMs: number;
  readonly #now: () => number;
  readonly #store: ObjectStore;
  readonly #watchers = new Set<Watcher>();
  readonly #listener: Listener;
  readonly #snapshots = new Map<number, Map<string, readonly StoredObject[]>>();
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
    this.#store = new ObjectStore(this.#now);
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

  get watching(): number {
    return this.#watchers.size;
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
    this.#snapshots.clear();
  }

  /** From now on events of this kind come so late to watches; what was kept back longer comes at once. */
  holdBack(kind: string, ms: number): void {
    this.faults.holdBackMs.set(kind, ms);
    for (const watcher of this.#watchers) watcher.pump();
  }

  cutWatches(): void {
    for (const watcher of this.#watchers) watcher.cut();
  }

  /** Writes any text into every watch. */
  sayOnWatches(text: string): void {
    for (const watcher of this.#watchers) watcher.say(text);
  }

  /** Ends every watch with an ERROR event. */
  failWatches(code: number, message: string): void {
    for (const watcher of this.#watchers) watcher.fail(code, message);
  }

  /** Connections are reset and new ones refused for so long. Resolves when it listens again. */
  async away(ms: number): Promise<void> {
    await this.#listener.away(ms);
  }

  async close(): Promise<void> {
    await this.#listener.close();
  }

  #handle(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? '/', 'http://fake');
    if (this.onOtherPath(request, response)) return;
    const collection = collectionAt(url.pathname);
    if (collection === null) return refuse(response, { status: 404, message: 'no such path' });
    const query = Object.fromEntries(url.searchParams);
    const verb = ['true', '1'].includes(query['watch'] ?? '') ? 'watch' : 'list';
    const { kind } = collection.kind;
    const gzip = (request.headers['accept-encoding'] ?? '').includes('gzip');
    const note = (status: number): void => {
      this.requests.push({ verb, kind, query, gzip, status, at: this.#now() });
    };
    const refusal = this.#refusal(request, { ...collection, verb, query });
    note(refusal?.status ?? 200);
    if (refusal !== null) return refuse(response, refusal);
    if (this.faults.silent) return;
    if (verb === 'list') this.#list(response, { ...collection, query, gzip });
    else this.#watch(response, { ...collection, query });
  }

  #refusal(
    request: IncomingMessage,
    asked: { kind: ServedKind; verb: 'list' | 'watch'; query: Record<string, string> },
  ): FaultyAnswer | null {
    if (this.token !== null && request.headers.authorization !== `Bearer ${this.token}`)
      return { status: 401, message: 'Unauthorized' };
    const fault = this.faults.answerTo(asked.kind.kind, asked.verb);
    if (fault !== null) return fault;
    const from = asked.verb === 'watch' ? Number(asked.query['resourceVersion'] ?? 0) : 0;
    if (from > this.#store.version) return { status: 504, message: 'Too large resource version' };
    if (from > 0 && from < this.#compactedTo && this.faults.expiredIn === 'status')
      return { status: 410, message: `too old resource version: ${from} (${this.#compactedTo})` };
    const cursor = asked.query['continue'];
    if (cursor !== undefined && !this.#snapshots.has(cursorOf(cursor).version))
      return { status: 410, message: 'The provided continue parameter is too old' };
    return null;
  }

  #list(
    response: ServerResponse,
    asked: {
      kind: ServedKind;
      namespace: string | null;
      query: Record<string, string>;
      gzip: boolean;
    },
  ): void {
    const { kind, namespace, query } = asked;
    const cursor = query['continue'] === undefined ? null : cursorOf(query['continue']);
    const version = cursor?.version ?? this.#store.version;
    const name = `${kind.kind} ${namespace ?? ''}`;
    const all = this.#snapshots.get(version)?.get(name) ?? this.#store.list(kind.kind, namespace);
    const start = cursor?.start ?? 0;
    // As the real one: version 0 comes from its cache, which knows no pages.
    const limit = query['resourceVersion'] === '0' ? 0 : Number(query['limit'] ?? 0);
    const end = limit > 0 ? Math.min(start + limit, all.length) : all.length;
    const hasMore = end < all.length;
    if (hasMore) this.#snapshots.set(version, (this.#snapshots.get(version) ?? new Map()).set(name, all));
    const items = all.slice(start, end).map(withoutKind);
    const metadata = {
      resourceVersion: String(version),
      ...(hasMore ? { continue: `${version}.${end}`, remainingItemCount: all.length - end } : {}),
    };
    const body = JSON.stringify({
      kind: `${kind.kind}List`,
      apiVersion: kind.apiVersion,
      metadata,
      items,
    });
    const headers = { 'content-type': 'application/json' };
    if (asked.gzip) response.writeHead(200, { ...headers, 'content-encoding': 'gzip' }).end(gzipSync(body));
    else response.writeHead(200, headers).end(body);
  }

  #watch(
    response: ServerResponse,
    asked: { kind: ServedKind; namespace: string | null; query: Record<string, string> },
  ): void {
    const { kind, namespace, query } = asked;
    const from = Number(query['resourceVersion'] ?? 0);
    const isExpired = from > 0 && from < this.#compactedTo;
    const watcher = new Watcher(response, this.#store, this.faults, {
      kind,
      namespace,
      from: isExpired ? this.#store.version : from,
      timeoutMs: Number(query['timeoutSeconds'] ?? 1800) * 1000,
      bookmarkMs: query['allowWatchBookmarks'] === 'true' ? this.#bookmarkMs : null,
      now: this.#now,
    });
    this.#watchers.add(watcher);
    response.on('close', () => this.#watchers.delete(watcher));
    if (isExpired) watcher.fail(410, `too old resource version: ${from} (${this.#compactedTo})`);
  }
}

function refuse(response: ServerResponse, { status, headers, message }: FaultyAnswer): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(`${JSON.stringify(statusObject(status, message ?? `as the test asked: ${status}`))}\n`);
}

function cursorOf(text: string): { version: number; start: number } {
  const [version, start] = text.split('.');
  return { version: Number(version), start: Number(start) };
}

/** Items of a typed list carry no kind of their own. */
function withoutKind(object: StoredObject): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(object).filter(([name]) => !['kind', 'apiVersion'].includes(name)),
  );
}
