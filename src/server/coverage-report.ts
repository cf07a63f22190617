import { compareText } from '../domain/text-order.ts';
import { heldBackEdge } from '../recommend/appraisal.ts';
import type { Store } from '../store/store.ts';
import { flowTitle } from '../wire/flow-title.ts';
import type { Analysed } from './analysis.ts';
import type { CoverageReport } from './app.ts';
import type { WatchReport } from './routes/coverage.ts';

/** How much was really seen, from what is stored and what is held back of it. */
export function coverageReport(
  store: Store,
  { cluster, recommendation, window }: Analysed,
): Omit<CoverageReport, keyof WatchReport> {
  const windows = Map.groupBy(store.nodeWindows.list(), (each) => each.node);
  const nodes = [...windows]
    .toSorted(([a], [b]) => compareText(a, b))
    .map(([node, own]) => ({
      node,
      windows: own.map(({ start, end }) => ({ start, end })),
      dropped: own.reduce((sum, each) => sum + each.dropped, 0),
      skipped: sumOf(own.map((each) => each.skipped)),
    }));
  const seeing = new Set(nodes.map((node) => node.node));
  const unattributed = Map.groupBy(store.unattributed.list(), (row) => `${row.reason} ${row.end}`);
  return {
    windowStart: Number.isFinite(window.start) ? window.start : null,
    windowEnd: Number.isFinite(window.end) ? window.end : null,
    nodes,
    blindNodes: cluster.nodes.map((node) => node.name).filter((name) => !seeing.has(name)),
    unattributed: [...unattributed.values()].flatMap((rows) => {
      const [first] = rows;
      if (first === undefined) return [];
      return [
        {
          reason: first.reason,
          end: first.end,
          count: rows.reduce((sum, row) => sum + row.count, 0),
          example: flowTitle(first.examples[0]?.flow ?? ''),
        },
      ];
    }),
    quarantined: recommendation.quarantined.map(heldBackEdge),
    otherPolicies: cluster.otherPolicies ?? null,
    batches: store.inbox.counts(),
  };
}

function sumOf(counts: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  const sums = new Map<string, number>();
  for (const [reason, count] of counts.flatMap((each) => Object.entries(each)))
    sums.set(reason, (sums.get(reason) ?? 0) + count);
  return Object.fromEntries([...sums].toSorted(([a], [b]) => compareText(a, b)));
}
