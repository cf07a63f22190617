/** How far the watch of the cluster is behind, as the API and the probes print it. */
import type { ClusterWatch } from '../kube/watch/cluster-watch.ts';
import type { WatchReport } from './routes/coverage.ts';

/** Before the watch has begun, or where there is none, as in a replay. */
export const NO_WATCH: WatchReport = { watches: [], apiServers: [] };

/** `now` is unix ms. */
export function watchReportOf(watch: Pick<ClusterWatch, 'status' | 'apiServers'>, now: number): WatchReport {
  return {
    watches: watch.status().map((status) => ({
      kind: status.kind,
      required: !status.isOptional,
      synced: status.synced,
      objects: status.objects,
      progressAgeMs: status.lastProgressAt === null ? null : Math.max(0, now - status.lastProgressAt),
      resourceVersion: status.resourceVersion,
      refreshBy: status.refreshBy,
      relists: status.relists,
      reconnects: status.reconnects,
      handlerFailures: status.handlerFailures,
      malformedLists: status.malformedLists,
      trouble: status.trouble,
    })),
    apiServers: watch.apiServers().map(({ server, clock }) => ({
      server,
      clockOffsetMs: clock?.offsetMs ?? null,
      clockUncertaintyMs: clock?.uncertaintyMs ?? null,
      measuredAt: clock?.measuredAt ?? null,
    })),
  };
}

export interface WatchReadiness {
  /** Required kinds of which not everything has been told yet. */
  readonly waitingFor: readonly string[];
  /** Kinds that cannot be read now, with the code of why; ms since when. */
  readonly troubles: readonly { readonly kind: string; readonly code: string; readonly forMs: number }[];
  /** Greatest age of the last progress of a required kind, in ms; null while one is waited for. A quiet kind makes some a minute. */
  readonly behindMs: number | null;
}

/** What a probe may know: kinds and codes, nothing that an object or an answer said. `now` is unix ms. */
export function watchReadinessOf({ watches }: WatchReport, now: number): WatchReadiness {
  const required = watches.filter((each) => each.required);
  const waitingFor = required.filter((each) => !each.synced).map((each) => each.kind);
  return {
    waitingFor,
    troubles: watches.flatMap(({ kind, trouble }) =>
      trouble === null ? [] : [{ kind, code: trouble.code, forMs: Math.max(0, now - trouble.since) }],
    ),
    behindMs:
      waitingFor.length > 0 || required.length === 0
        ? null
        : Math.max(...required.map((each) => each.progressAgeMs ?? 0)),
  };
}
