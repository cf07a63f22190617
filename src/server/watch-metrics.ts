/** The watch of the cluster as Prometheus metrics. Labels are kinds and causes: few, and fixed by the program. */
import type { ClusterWatch, KindStatus } from '../kube/watch/cluster-watch.ts';
import type { MetricFamily, MetricSample } from '../runtime/metrics-text.ts';

type Watched = Pick<ClusterWatch, 'status' | 'apiServers' | 'discovery'>;

/** `now` is unix ms; ages are in seconds and absent before the first of what they are the age of. */
export function watchMetrics(watch: Watched, now: number): MetricFamily[] {
  const kinds = watch.status();
  const { found, trouble } = watch.discovery();
  return [
    gauge(
      'watch_synced',
      'Whether all objects of a kind have been told since the start.',
      each(kinds, ({ synced }) => (synced ? 1 : 0)),
    ),
    gauge(
      'watch_required',
      'Whether the server waits for a kind; others are missing in some clusters.',
      each(kinds, ({ isOptional }) => (isOptional ? 0 : 1)),
    ),
    gauge(
      'watch_objects',
      'Objects of a kind.',
      each(kinds, ({ objects }) => objects),
    ),
    gauge(
      'watch_progress_age_seconds',
      'Since a list, event or bookmark of a kind; bookmarks come about once a minute.',
      each(kinds, ({ lastProgressAt }) => ageOf(lastProgressAt, now)),
    ),
    gauge(
      'watch_event_age_seconds',
      'Since the last event of a kind.',
      each(kinds, ({ lastEventAt }) => ageOf(lastEventAt, now)),
    ),
    gauge(
      'watch_bookmark_age_seconds',
      'Since the last bookmark of a kind.',
      each(kinds, ({ lastBookmarkAt }) => ageOf(lastBookmarkAt, now)),
    ),
    counter(
      'watch_events_total',
      'Events of a kind told.',
      each(kinds, ({ events }) => events),
    ),
    counter(
      'watch_relists_total',
      'Times that all objects of a kind were told again after a gap.',
      each(kinds, ({ relists }) => relists),
    ),
    counter(
      'watch_reconnects_total',
      'Requests for a kind that had to be made anew, by cause.',
      kinds.flatMap(({ kind, reconnects }) =>
        Object.entries(reconnects).map(([cause, value]) => ({ labels: { kind, cause }, value })),
      ),
    ),
    counter(
      'watch_handler_failures_total',
      'Events of a kind that could not be used.',
      each(kinds, ({ handlerFailures }) => handlerFailures),
    ),
    counter(
      'watch_malformed_lists_total',
      'Lists of a kind with items that are no objects.',
      each(kinds, ({ malformedLists }) => malformedLists),
    ),
    gauge(
      'watch_trouble_seconds',
      'Since when a kind cannot be read, by cause; absent when it can.',
      kinds.flatMap(({ kind, trouble: present }) =>
        present === null
          ? []
          : [{ labels: { kind, cause: present.code }, value: ageOf(present.since, now) ?? 0 }],
      ),
    ),
    gauge(
      'other_policies',
      'Other kinds of network policy with objects in the cluster; absent when nobody could look.',
      found === null ? [] : [{ value: found.length }],
    ),
    gauge('other_policies_unknown', 'Whether the last look for other kinds of network policy failed.', [
      { value: found === null || trouble !== null ? 1 : 0 },
    ]),
    gauge(
      'api_server_clock_offset_seconds',
      "To add to this process's clock to get the API server's.",
      clocks(watch, ({ offsetMs }) => offsetMs / 1000),
    ),
    gauge(
      'api_server_clock_uncertainty_seconds',
      'The offset is surely within so much.',
      clocks(watch, ({ uncertaintyMs }) => uncertaintyMs / 1000),
    ),
  ];
}

function gauge(name: string, help: string, samples: readonly MetricSample[]): MetricFamily {
  return { name: `netscribe_${name}`, help, type: 'gauge', samples };
}

function counter(name: string, help: string, samples: readonly MetricSample[]): MetricFamily {
  return { name: `netscribe_${name}`, help, type: 'counter', samples };
}

/** One sample for each kind that has a value. */
function each(kinds: readonly KindStatus[], valueOf: (status: KindStatus) => number | null): MetricSample[] {
  return kinds.flatMap((status) => {
    const value = valueOf(status);
    return value === null ? [] : [{ labels: { kind: status.kind }, value }];
  });
}

function ageOf(at: number | null, now: number): number | null {
  return at === null ? null : Math.max(0, now - at) / 1000;
}

function clocks(
  watch: Watched,
  valueOf: (clock: { readonly offsetMs: number; readonly uncertaintyMs: number }) => number,
): MetricSample[] {
  return watch.apiServers().flatMap(({ clock }) => (clock === null ? [] : [{ value: valueOf(clock) }]));
}
