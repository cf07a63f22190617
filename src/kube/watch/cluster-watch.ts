/**
 * The whole cluster as one stream of events: a reflector for each kind, pods after everything that explains them. It judges no
 * object and keeps no model; it never stops before it is closed, and says how far behind it is.
 */
import { setMaxListeners } from 'node:events';
import { aborted } from '../../runtime/aborted.ts';
import type { ClusterEvent } from '../cluster-model.ts';
import type { ApiTransport } from './api-transport.ts';
import { Countdown } from './countdown.ts';
import { discover } from './discovery.ts';
import type { DiscoveryStatus } from './discovery.ts';
import { KindStanding } from './kind-standing.ts';
import type { KindStatus } from './kind-standing.ts';
import { nodeLeaseOf } from './node-lease.ts';
import type { OtherPolicyKind } from './other-policies.ts';
import { Reach } from './reach.ts';
import { reflect } from './reflector.ts';
import type { ReflectorSink, ReflectorTiming, Trouble } from './reflector.ts';
import type { Resource } from './resource.ts';
import { NODE_LEASES, PODS, RESOURCES } from './resources.ts';
import type { ServerClockReading } from './server-clock.ts';

export type { DiscoveryStatus } from './discovery.ts';
export type { KindStatus, TroubleNow } from './kind-standing.ts';
export type { OtherPolicyKind } from './other-policies.ts';
export { RESOURCES } from './resources.ts';

export interface ClusterSink {
  /** Every object but Leases, in the order of its kind. */
  event(event: ClusterEvent): void;
  /** A kubelet was alive at `renewTime` by its own clock, unix ms; we heard of it at `observedAt`, and at once if `isNews`. */
  nodeLease(node: string, renewTime: number, heard: { observedAt: number; isNews: boolean }): void;
  /** Every required kind has been listed; once. */
  synced(): void;
  /** Between the two, unix ms, no kind could be read; told when it is over. */
  outage(from: number, until: number): void;
  /**
   * All objects of this kind are about to be told anew: what came and went since `since` (unix ms), when the last of it was
   * told, stays unseen. `kindSynced` ends it.
   */
  kindUnwatched?(kind: string, since: number): void;
  /** All objects of this kind have been told: the first time, and after each gap. */
  kindSynced?(kind: string): void;
  /** Other kinds of policy of which objects exist; told at the start and each time they were found out again. */
  otherPolicies?(found: readonly OtherPolicyKind[]): void;
}

/** The API server as this watch reaches it. */
export interface ApiServerStatus {
  /** As in `https://10.96.0.1:443`. */
  readonly server: string;
  /** Null before its first answer with a usable Date header. */
  readonly clock: ServerClockReading | null;
}

export interface ClusterWatch {
  /** Whether every required kind was told. */
  readonly synced: boolean;
  /** In the order of RESOURCES. */
  status(): readonly KindStatus[];
  apiServers(): readonly ApiServerStatus[];
  discovery(): DiscoveryStatus;
  close(): Promise<void>;
}

export interface ClusterWatchLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

export interface ClusterWatchOptions {
  readonly signal: AbortSignal;
  /** Unix ms. */
  readonly now: () => number;
  readonly log: ClusterWatchLog;
  readonly timing?: Partial<ReflectorTiming>;
}

/** Refusals that only a person can end: pods do not wait for a kind that nobody may list. */
const LASTING_TROUBLE: ReadonlySet<string> = new Set(['forbidden', 'not-found']);

export function watchCluster(
  transport: ApiTransport,
  sink: ClusterSink,
  options: ClusterWatchOptions,
): ClusterWatch {
  const { now, log } = options;
  const closing = new AbortController();
  const signal = AbortSignal.any([options.signal, closing.signal]);
  // Each request listens while it lasts, one or two for each kind.
  setMaxListeners(0, signal);
  const timing = options.timing === undefined ? {} : { timing: options.timing };
  const reach = new Reach(now(), (from, until) => {
    log.info({ from, until }, 'the API server is reached again');
    sink.outage(from, until);
  });
  const required = RESOURCES.filter((each) => each.isOptional !== true);
  const beforePods = new Countdown(required.filter((each) => each !== PODS).map((each) => each.kind));
  const all = new Countdown(required.map((each) => each.kind));
  const standings = RESOURCES.map((resource) => new KindStanding(resource));
  let discovered: DiscoveryStatus = { found: null, foundAt: null, trouble: null };

  const run = async (standing: KindStanding): Promise<void> => {
    const { resource } = standing;
    if (resource === PODS) await Promise.race([beforePods.done, aborted(signal)]);
    reach.joined(resource.kind);
    await reflect(resource, transport, sinkOf(resource, standing), { signal, now, ...timing });
  };
  const sinkOf = (resource: Resource, standing: KindStanding): ReflectorSink => {
    const { kind } = resource;
    let toldUntil: number | null = null;
    return {
      event: (event) => {
        standing.event(event);
        if (resource === NODE_LEASES) tellLease(event, sink);
        else sink.event(event);
      },
      refreshing: (_, way) => {
        standing.refreshing(way);
        if (toldUntil !== null) sink.kindUnwatched?.(kind, toldUntil);
      },
      reached: (_, at) => {
        const over = standing.reached();
        if (over !== null) log.info({ kind, ...over }, 'kind is read again');
        reach.read(kind, at);
      },
      progressed: (_, resourceVersion, at, by) => {
        standing.progressed(resourceVersion, at, by);
        toldUntil = at;
        reach.read(kind, at);
      },
      synced: (_, resourceVersion) => {
        standing.synced();
        const { objects, refreshBy } = standing.status;
        log.info({ kind, resourceVersion, objects, refreshBy }, 'kind is listed');
        beforePods.remove(kind);
        sink.kindSynced?.(kind);
        if (all.remove(kind)) sink.synced();
      },
      ended: () => standing.ended(),
      trouble: (_, problem) => {
        const isNews = standing.trouble(problem, now());
        if (LASTING_TROUBLE.has(problem.code)) beforePods.remove(kind);
        if (isOfServer(problem)) reach.failed(kind);
        if (isNews) tellTrouble(log, resource, problem);
      },
    };
  };
  const discovering = discover(transport, {
    signal,
    now,
    ...timing,
    tell: (status) => {
      const isNews = status.trouble !== null && status.trouble.code !== discovered.trouble?.code;
      if (isNews) log.warn({ ...status.trouble }, 'other kinds of policy cannot be found out for now');
      discovered = status;
      if (status.found === null || status.trouble !== null) return;
      try {
        sink.otherPolicies?.(status.found);
      } catch (error) {
        log.warn({ detail: String(error) }, 'other kinds of policy could not be used');
      }
    },
  });
  const running = Promise.all([...standings.map(run), discovering]);
  return {
    get synced() {
      return all.isDone;
    },
    status: () => standings.map((each) => each.status),
    apiServers: () => [{ server: transport.server, clock: transport.serverClock }],
    discovery: () => discovered,
    close: async () => {
      closing.abort();
      await running;
    },
  };
}

function tellLease(event: ClusterEvent, sink: ClusterSink): void {
  const lease = event.type === 'DELETED' ? null : nodeLeaseOf(event.object);
  if (lease !== null)
    sink.nodeLease(lease.node, lease.renewTime, {
      observedAt: event.observedAt,
      isNews: event.type === 'MODIFIED',
    });
}

/** Whether the server could not be read; an expired version or a throwing sink says that it could. */
function isOfServer({ code }: Trouble): boolean {
  return !['handler', 'expired', 'malformed', 'malformed-items'].includes(code);
}

function tellTrouble(log: ClusterWatchLog, { kind, isOptional }: Resource, problem: Trouble): void {
  const fields = { kind, ...problem };
  if (problem.code === 'handler') log.warn(fields, 'an event of a kind could not be used');
  else if (problem.code === 'expired') log.info(fields, 'kind is listed anew');
  else if (isOptional === true && LASTING_TROUBLE.has(problem.code))
    log.warn(fields, 'kind is not there or not to be read; nothing waits for it');
  else log.warn(fields, 'kind cannot be read for now');
}
