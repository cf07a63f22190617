/** What a reflector tells, and whom. */
import type { ClusterEvent } from '../cluster-model.ts';
import type { Resource } from './resource.ts';

export interface Trouble {
  /** A FailureCode; `handler` when the sink itself threw, `malformed-items` when items of a list are no objects. */
  readonly code: string;
  readonly detail: string;
  /** Ms until the next request; 0 where nothing waits. */
  readonly retryInMs: number;
}

/** How everything that exists is asked for: as a watch that begins with it (KEP-3157), or as a list in pages. */
export type RefreshWay = 'initial-events' | 'list';

export interface ReflectorSink {
  /** ADDED, MODIFIED and DELETED in order; what a refresh shows to have changed unseen comes as such events too, deletions first. */
  event(event: ClusterEvent): void;
  /** Everything that exists has been told: the first time, and after each expired version. */
  synced(resource: Resource, resourceVersion: string): void;
  /** Everything up to this version has been told. `at` is when it was read, unix ms: an event, a bookmark or a list. */
  progressed(
    resource: Resource,
    resourceVersion: string,
    at: number,
    by: 'list' | 'event' | 'bookmark',
  ): void;
  trouble(resource: Resource, problem: Trouble): void;
  /** The server answered a LIST or accepted a WATCH at `at`, unix ms. */
  reached?(resource: Resource, at: number): void;
  /** Everything that exists is asked for now. */
  refreshing?(resource: Resource, way: RefreshWay): void;
  /** The server ended a watch in good order; the next begins at once. */
  ended?(resource: Resource): void;
}
