import { HOUR_MS } from '../domain/edge.ts';
import { compareText } from '../domain/text-order.ts';
import type { Connection } from './connection.ts';
import { SAME_WINDOW_GAP_MS, allNodeWatches } from './node-watch.ts';
import type { NodeWatch } from './node-watch.ts';

/** A stretch of time in which a node's agent watched, with what it knows it missed. */
export interface NodeWindow {
  readonly node: string;
  /** Unix ms. */
  readonly start: number;
  readonly end: number;
  /** Events the kernel dropped on the agent's socket. */
  readonly dropped: number;
  /** Entries left out, by reason. */
  readonly skipped: Readonly<Record<string, number>>;
}

export interface NodeWindowRows {
  /**
   * Windows that touch one of the same node and hour are kept as one row with it: a row an hour, not one a batch. Those in
   * which events were lost stay apart from those in which none were.
   */
  add(rows: readonly NodeWindow[]): void;
  /** By node and start; windows of a node that overlap or lie at most a second apart are one, their losses summed. */
  list(): NodeWindow[];
  /** What the agent of each node watched without loss, in no order. */
  watched(): readonly (NodeWatch & { readonly node: string })[];
}

interface WindowRow {
  readonly id: number;
  readonly node: string;
  readonly start_ms: number;
  readonly end_ms: number;
  readonly dropped: number;
  readonly skipped: string;
}

export function nodeWindowRows(connection: Connection): NodeWindowRows {
  const { db } = connection;
  const touching = db.prepare<[string, number, number, number, number, number], WindowRow>(
    `SELECT id, node, start_ms, end_ms, dropped, skipped FROM node_windows
     WHERE node = ? AND start_ms >= ? AND start_ms < ? AND start_ms <= ? AND end_ms >= ? AND (dropped > 0) = ?`,
  );
  const remove = db.prepare<[number]>('DELETE FROM node_windows WHERE id = ?');
  const insert = db.prepare<[string, number, number, number, string]>(
    'INSERT INTO node_windows (node, start_ms, end_ms, dropped, skipped) VALUES (?, ?, ?, ?, ?)',
  );
  const select = db.prepare<[], WindowRow>(
    'SELECT id, node, start_ms, end_ms, dropped, skipped FROM node_windows ORDER BY node, start_ms, end_ms',
  );
  const addOne = (added: NodeWindow) => {
    const hour = Math.floor(added.start / HOUR_MS) * HOUR_MS;
    const latest = added.end + SAME_WINDOW_GAP_MS;
    const neighbours = touching.all(
      added.node,
      hour,
      hour + HOUR_MS,
      latest,
      added.start - SAME_WINDOW_GAP_MS,
      added.dropped > 0 ? 1 : 0,
    );
    for (const { id } of neighbours) remove.run(id);
    const { node, start, end, dropped, skipped } = neighbours.map(windowOf).reduce(joined, added);
    insert.run(node, start, end, dropped, JSON.stringify(skipped));
  };
  const watched = allNodeWatches(db);
  return {
    watched: () => connection.read(watched),
    add: (rows) => connection.write(() => rows.forEach(addOne)),
    list: () => connection.read(() => mergeTouching(select.all().map(windowOf))),
  };
}

/** `windows` by node and start. */
function mergeTouching(windows: readonly NodeWindow[]): NodeWindow[] {
  const merged: NodeWindow[] = [];
  for (const window of windows) {
    const last = merged.at(-1);
    if (last?.node === window.node && window.start <= last.end + SAME_WINDOW_GAP_MS) {
      merged.splice(-1, 1, joined(last, window));
    } else merged.push(window);
  }
  return merged;
}

function joined(a: NodeWindow, b: NodeWindow): NodeWindow {
  const skipped = new Map(Object.entries(a.skipped));
  for (const [reason, count] of Object.entries(b.skipped))
    skipped.set(reason, (skipped.get(reason) ?? 0) + count);
  return {
    node: a.node,
    start: Math.min(a.start, b.start),
    end: Math.max(a.end, b.end),
    dropped: a.dropped + b.dropped,
    skipped: Object.fromEntries([...skipped].toSorted(([x], [y]) => compareText(x, y))),
  };
}

function windowOf(row: WindowRow): NodeWindow {
  return {
    node: row.node,
    start: row.start_ms,
    end: row.end_ms,
    dropped: row.dropped,
    skipped: JSON.parse(row.skipped) as Record<string, number>,
  };
}
