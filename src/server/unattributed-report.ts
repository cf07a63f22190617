/** Sums of what could not be attributed and of what was taken back, over the hours that were asked for. */
import { HOUR_MS } from '../domain/edge.ts';
import { compareText } from '../domain/text-order.ts';
import type { Store } from '../store/store.ts';
import type { UnattributedSum, WithdrawnSum } from '../wire/unattributed-json.ts';
import { instantOf } from './verify-window.ts';

/** `since` is an instant, a span before the end of what was recorded, or null for all of history; hours are whole. */
export function unattributedReport(
  store: Pick<Store, 'unattributed' | 'withdrawn' | 'nodeWindows'>,
  since: string | null,
): { readonly rows: UnattributedSum[]; readonly withdrawn: WithdrawnSum[] } {
  const start = since === null ? Number.NEGATIVE_INFINITY : hourOf(instantOf(since, recordEnd(store)));
  const rows = store.unattributed.list().filter(({ hour }) => hour >= start);
  const withdrawn = store.withdrawn.list().filter(({ hour }) => hour >= start);
  return {
    rows: [...Map.groupBy(rows, ({ reason, end }) => `${reason} ${end}`).values()].flatMap((same) => {
      const [first] = same;
      if (first === undefined) return [];
      const { reason, end } = first;
      const newestFirst = same.toReversed();
      return [
        { reason, end, hours: hoursOf(same), examples: newestFirst.flatMap(({ examples }) => examples) },
      ];
    }),
    withdrawn: [...Map.groupBy(withdrawn, ({ outcome }) => outcome)]
      .toSorted(([a], [b]) => compareText(a, b))
      .map(([outcome, same]) => ({ outcome, hours: hoursOf(same) })),
  };
}

/** Unix ms; negative infinity before the first batch. */
function recordEnd({ nodeWindows }: Pick<Store, 'nodeWindows'>): number {
  return nodeWindows.list().reduce((last, { end }) => Math.max(last, end), Number.NEGATIVE_INFINITY);
}

function hoursOf(
  rows: readonly { readonly hour: number; readonly count: number }[],
): UnattributedSum['hours'] {
  return rows.map(({ hour, count }) => ({ hour, count }));
}

function hourOf(unixMs: number): number {
  return Math.floor(unixMs / HOUR_MS) * HOUR_MS;
}
