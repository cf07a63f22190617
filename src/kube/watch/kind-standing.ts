/** How one kind stands: what its reflector has told, summed up for people, metrics and probes. */
import type { ClusterEvent } from '../cluster-model.ts';
import type { RefreshWay, Trouble } from './reflector-sink.ts';
import type { Resource } from './resource.ts';

export interface TroubleNow {
  /** As of `Trouble`. */
  readonly code: string;
  readonly detail: string;
  /** Unix ms of the first failure since the kind was last read without one. */
  readonly since: number;
}

export interface KindStatus {
  readonly kind: string;
  /** Nothing waits for it, as some clusters lack it. */
  readonly isOptional: boolean;
  /** All of it was told once. */
  readonly synced: boolean;
  readonly objects: number;
  /** Additions, changes and deletions told. */
  readonly events: number;
  /** Unix ms of the last list, event or bookmark; of the last event; of the last bookmark. */
  readonly lastProgressAt: number | null;
  readonly lastEventAt: number | null;
  readonly lastBookmarkAt: number | null;
  /** The version up to which everything was told; null before the first refresh. */
  readonly resourceVersion: string | null;
  /** How all of it was last asked for; null before the first request. */
  readonly refreshBy: RefreshWay | null;
  /** How often all of it was told again after the first time. */
  readonly relists: number;
  /** Watches and requests that had to be made anew, by cause: a FailureCode, or `ended` for a watch whose time was over. */
  readonly reconnects: Readonly<Record<string, number>>;
  /** Events that their reader could not use. */
  readonly handlerFailures: number;
  /** Lists of which some items were no objects, and were left out. */
  readonly malformedLists: number;
  /** What keeps it from being read at this moment; null once the server answers again. */
  readonly trouble: TroubleNow | null;
}

type Counted = { -readonly [Field in Exclude<keyof KindStatus, 'reconnects'>]: KindStatus[Field] };

export class KindStanding {
  readonly #resource: Resource;
  readonly #reconnects = new Map<string, number>();
  readonly #status: Counted;
  #handlerDetail: string | null = null;
  /** Since when the server answers after a failure but has not proved yet that it goes on. */
  #unprovenSince: number | null = null;

  constructor(resource: Resource) {
    this.#resource = resource;
    this.#status = {
      kind: resource.kind,
      isOptional: resource.isOptional === true,
      synced: false,
      objects: 0,
      events: 0,
      lastProgressAt: null,
      lastEventAt: null,
      lastBookmarkAt: null,
      resourceVersion: null,
      refreshBy: null,
      relists: 0,
      handlerFailures: 0,
      malformedLists: 0,
      trouble: null,
    };
  }

  get resource(): Resource {
    return this.#resource;
  }

  get status(): KindStatus {
    const causes = [...this.#reconnects].toSorted(([a], [b]) => (a < b ? -1 : 1));
    return { ...this.#status, reconnects: Object.fromEntries(causes) };
  }

  event({ type, observedAt }: ClusterEvent): void {
    const { objects, events } = this.#status;
    const more = type === 'ADDED' ? 1 : type === 'DELETED' ? -1 : 0;
    this.#put({ objects: objects + more, events: events + 1, lastEventAt: observedAt });
  }

  progressed(resourceVersion: string, at: number, by: 'list' | 'event' | 'bookmark'): void {
    this.#unprovenSince = null;
    this.#put({ resourceVersion, lastProgressAt: at, ...(by === 'bookmark' ? { lastBookmarkAt: at } : {}) });
  }

  refreshing(refreshBy: RefreshWay): void {
    this.#put({ refreshBy });
  }

  synced(): void {
    const { synced, relists } = this.#status;
    this.#put({ synced: true, relists: synced ? relists + 1 : relists });
  }

  /** The server answers; returns the trouble that is over, or null. */
  reached(): TroubleNow | null {
    const { trouble } = this.#status;
    if (trouble === null) return null;
    this.#unprovenSince = trouble.since;
    this.#put({ trouble: null });
    return trouble;
  }

  ended(): void {
    this.#count('ended');
  }

  /** Returns whether it is news: it failed otherwise before, or not at all. */
  trouble({ code, detail }: Trouble, at: number): boolean {
    if (code === 'handler') {
      this.#put({ handlerFailures: this.#status.handlerFailures + 1 });
      const isNews = this.#handlerDetail !== detail;
      this.#handlerDetail = detail;
      return isNews;
    }
    if (code === 'malformed-items') {
      this.#put({ malformedLists: this.#status.malformedLists + 1 });
      return true;
    }
    this.#count(code);
    const before = this.#status.trouble;
    this.#put({ trouble: { code, detail, since: before?.since ?? this.#unprovenSince ?? at } });
    return before?.code !== code;
  }

  #count(cause: string): void {
    this.#reconnects.set(cause, (this.#reconnects.get(cause) ?? 0) + 1);
  }

  #put(changed: Partial<Counted>): void {
    Object.assign(this.#status, changed);
  }
}
