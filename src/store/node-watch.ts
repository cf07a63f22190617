import type Database from 'better-sqlite3';
import { SAME_WINDOW_GAP_MS } from './node-windows.ts';

/** When an agent looked and missed nothing. Times are unix ms. */
export interface NodeWatch {
  /** Ascending, disjoint. */
  readonly stretches: readonly { readonly start: number; readonly end: number }[];
  /** The end of its newest window, lossy or not; null when it never looked. */
  readonly newest: number | null;
}

interface WindowRow {
  readonly start_ms: number;
  readonly end_ms: number;
  readonly dropped: number;
}

/** The function that reads what the agent of a node watched. */
export function nodeWatchReader(db: Database.Database): (node: string) => NodeWatch {
  const select = db.prepare<[string], WindowRow>(
    'SELECT start_ms, end_ms, dropped FROM node_windows WHERE node = ?',
  );
  return (node) => {
    const rows = select.all(node).toSorted((a, b) => a.start_ms - b.start_ms);
    const stretches: { start: number; end: number }[] = [];
    for (const { start_ms: start, end_ms: end, dropped } of rows) {
      if (dropped > 0) continue;
      const last = stretches.at(-1);
      if (last !== undefined && start <= last.end + SAME_WINDOW_GAP_MS) last.end = Math.max(last.end, end);
      else stretches.push({ start, end });
    }
    const newest = rows.reduce<number | null>((most, row) => Math.max(most ?? row.end_ms, row.end_ms), null);
    return { stretches, newest };
  };
}
