import type Database from 'better-sqlite3';

/** Agents cut windows at the end of a read; less than this between two is not time unwatched; ms. */
export const SAME_WINDOW_GAP_MS = 1_000;

interface Stretch {
  readonly start: number;
  readonly end: number;
}

/** When an agent looked, and when it missed nothing. Times are unix ms. */
export interface NodeWatch {
  /** When it missed nothing: ascending, disjoint. */
  readonly stretches: readonly Stretch[];
  /** Windows in which the kernel dropped events on its socket: ascending, disjoint. */
  readonly lossy: readonly Stretch[];
  /** The end of its newest window, lossy or not; null when it never looked. */
  readonly newest: number | null;
}

interface WindowRow {
  readonly start_ms: number;
  readonly end_ms: number;
  readonly dropped: number;
}

const COLUMNS = 'start_ms, end_ms, dropped';

/** The function that reads what the agent of a node watched. */
export function nodeWatchReader(db: Database.Database): (node: string) => NodeWatch {
  const select = db.prepare<[string], WindowRow>(`SELECT ${COLUMNS} FROM node_windows WHERE node = ?`);
  return (node) => watchOf(select.all(node));
}

/** The function that reads what the agents of all nodes watched, in no order. */
export function allNodeWatches(db: Database.Database): () => (NodeWatch & { readonly node: string })[] {
  const select = db.prepare<[], WindowRow & { readonly node: string }>(
    `SELECT node, ${COLUMNS} FROM node_windows`,
  );
  return () =>
    [...Map.groupBy(select.all(), ({ node }) => node)].map(([node, rows]) => ({ node, ...watchOf(rows) }));
}

/** A window in which events were lost is taken off what other windows cover. */
function watchOf(rows: readonly WindowRow[]): NodeWatch {
  const lossy = joined(rows.filter(({ dropped }) => dropped > 0));
  const stretches = lossy.reduce(without, joined(rows.filter(({ dropped }) => dropped === 0)));
  const newest = rows.reduce<number | null>((most, row) => Math.max(most ?? row.end_ms, row.end_ms), null);
  return { stretches, lossy, newest };
}

function joined(rows: readonly WindowRow[]): Stretch[] {
  const stretches: { start: number; end: number }[] = [];
  for (const { start_ms: start, end_ms: end } of ascending(rows)) {
    const last = stretches.at(-1);
    if (last !== undefined && start <= last.end + SAME_WINDOW_GAP_MS) last.end = Math.max(last.end, end);
    else stretches.push({ start, end });
  }
  return stretches;
}

function without(stretches: Stretch[], { start: from, end: until }: Stretch): Stretch[] {
  if (!stretches.some(({ start, end }) => start < until && from < end)) return stretches;
  return stretches.flatMap((each) =>
    [
      { start: each.start, end: Math.min(each.end, from) },
      { start: Math.max(each.start, until), end: each.end },
    ].filter(({ start, end }) => start < end),
  );
}

function ascending(rows: readonly WindowRow[]): WindowRow[] {
  return rows.toSorted((a, b) => a.start_ms - b.start_ms);
}
