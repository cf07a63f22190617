/**
 * The whole cluster as one stream of events: a reflector for each kind, pods after everything that explains them. It judges no
 * object and keeps no model; it never stops before it is closed, and says when nothing could be read.
 */
import { setMaxListeners } from 'node:events';
import type { ClusterEvent } from '../cluster-model.ts';
import type { ApiTransport } from './api-transport.ts';
import { nodeLeaseOf } from './node-lease.ts';
import { Reach } from './reach.ts';
import { reflect } from './reflector.ts';
import type { ReflectorSink, ReflectorTiming, Trouble } from './reflector.ts';
import type { Resource } from './resource.ts';
import { NODE_LEASES, PODS, RESOURCES } from './resources.ts';

export { RESOURCES } from './resources.ts';

export interface ClusterSink {
  /** Every object but Leases, in the order of its kind. */
  event(event: ClusterEvent): void;
  /** A kubelet was alive at `renewTime` by its own clock, unix ms; we heard of it at `observedAt`. */
  nodeLease(node: string, renewTime: number, observedAt: number): void;
  /** Every kind has been listed; once. */
  synced(): void;
  /** Between the two, unix ms, no kind could be read; told when it is over. */
  outage(from: number, until: number): void;
}

export interface KindStatus {
  readonly kind: string;
  readonly synced: boolean;
  readonly objects: number;
  /** Unix ms of the last list, event or bookmark. */
  readonly lastProgressAt: number | null;
  /** The version up to which everything was told; null before the first list. */
  readonly resourceVersion: string | null;
  /** `code: detail` of what last went wrong; null once the server answers again. */
  readonly lastTrouble: string | null;
}

export interface ClusterWatch {
  readonly synced: boolean;
  /** In the order of RESOURCES. */
  status(): readonly KindStatus[];
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

type Standing = { -readonly [Field in keyof KindStatus]: KindStatus[Field] };

/** Refusals that only a person can end: pods do not wait for a kind that nobody may list. */
const LASTING_TROUBLE: ReadonlySet<string> = new Set(['forbidden', 'not-found']);

export function watchCluster(
  transport: ApiTransport,
  sink: ClusterSink,
  options: ClusterWatchOptions,
): ClusterWatch {
  const closing = new AbortController();
  const signal = AbortSignal.any([options.signal, closing.signal]);
  // Each request listens while it lasts, one or two for each kind.
  setMaxListeners(0, signal);
  const reach = new Reach(options.now(), (from, until) => {
    options.log.info({ from, until }, 'the API server is reached again');
    sink.outage(from, until);
  });
  const standings = new Map(RESOURCES.map(({ kind }) => [kind, standingOf(kind)]));
  const beforePods = new Countdown(RESOURCES.filter((each) => each !== PODS).map((each) => each.kind));
  const all = new Countdown(RESOURCES.map((each) => each.kind));
  const run = async (resource: Resource): Promise<void> => {
    if (resource === PODS) await Promise.race([beforePods.done, abortOf(signal)]);
    reach.joined(resource.kind);
    await reflect(resource, transport, sinkOf(resource), {
      signal,
      now: options.now,
      ...(options.timing === undefined ? {} : { timing: options.timing }),
    });
  };
  const sinkOf = (resource: Resource): ReflectorSink => {
    const { kind } = resource;
    const standing = standings.get(kind) ?? standingOf(kind);
    return {
      event: (event) => {
        if (event.type === 'ADDED') standing.objects++;
        if (event.type === 'DELETED') standing.objects--;
        if (resource === NODE_LEASES) tellLease(event, sink);
        else sink.event(event);
      },
      reached: (_, at) => {
        standing.lastTrouble = null;
        reach.read(kind, at);
      },
      progressed: (_, resourceVersion, at) => {
        standing.resourceVersion = resourceVersion;
        standing.lastProgressAt = at;
        reach.read(kind, at);
      },
      synced: (_, resourceVersion) => {
        options.log.info({ kind, resourceVersion, objects: standing.objects }, 'kind is listed');
        standing.synced = true;
        beforePods.remove(kind);
        if (all.remove(kind)) sink.synced();
      },
      trouble: (_, problem) => {
        standing.lastTrouble = `${problem.code}: ${problem.detail}`;
        if (LASTING_TROUBLE.has(problem.code)) beforePods.remove(kind);
        if (isOfServer(problem)) reach.failed(kind);
        tellTrouble(options.log, kind, problem);
      },
    };
  };
  const running = Promise.all(RESOURCES.map(run));
  return {
    get synced() {
      return all.isDone;
    },
    status: () => [...standings.values()].map((standing) => ({ ...standing })),
    close: async () => {
      closing.abort();
      await running;
    },
  };
}

function standingOf(kind: string): Standing {
  return {
    kind,
    synced: false,
    objects: 0,
    lastProgressAt: null,
    resourceVersion: null,
    lastTrouble: null,
  };
}

function tellLease(event: ClusterEvent, sink: ClusterSink): void {
  const lease = event.type === 'DELETED' ? null : nodeLeaseOf(event.object);
  if (lease !== null) sink.nodeLease(lease.node, lease.renewTime, event.observedAt);
}

/** Whether the server could not be read; an expired version or a throwing sink says that it could. */
function isOfServer({ code }: Trouble): boolean {
  return code !== 'handler' && code !== 'expired' && code !== 'malformed';
}

function tellTrouble(log: ClusterWatchLog, kind: string, problem: Trouble): void {
  if (problem.code === 'handler') log.warn({ kind, ...problem }, 'an event of a kind could not be used');
  else if (problem.code === 'expired') log.info({ kind, ...problem }, 'kind is listed anew');
  else log.warn({ kind, ...problem }, 'kind cannot be read for now');
}

async function abortOf(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise((resolve) => {
    signal.addEventListener('abort', resolve, { once: true });
  });
}

/** Resolves when every name was removed. */
class Countdown {
  readonly #left: Set<string>;
  readonly #finish: () => void;
  readonly done: Promise<void>;

  constructor(names: readonly string[]) {
    this.#left = new Set(names);
    const { promise, resolve } = Promise.withResolvers<void>();
    this.done = promise;
    this.#finish = resolve;
  }

  get isDone(): boolean {
    return this.#left.size === 0;
  }

  /** Whether this was the last one. */
  remove(name: string): boolean {
    const wasLast = this.#left.delete(name) && this.isDone;
    if (wasLast) this.#finish();
    return wasLast;
  }
}
