import type Database from 'better-sqlite3';
import { hourCounts } from './edge-hour.ts';
import { leftOver } from './edge-fold.ts';
import type { FoldableSighting } from './edge-fold.ts';
import { PERHAPS_REWRITTEN } from './masquerade.ts';
import { rewrittenReader } from './rewritten.ts';

/** Without ORDER BY, for which SQLite with STAT4 would compile the statement anew for each pair of values bound. */
const SELECT_HOUR = `
SELECT client_lease, server_lease, witness, opened, present, answered, bytes, masquerade FROM evidence
WHERE edge = ? AND hour = ?`;

/**
 * The function that makes an edge's counts of an hour follow from the evidence again; an hour of which nothing is left has
 * none. What a node told of clients behind its address counts for the edge of that node, too.
 */
export function edgeRecounter(db: Database.Database): (edge: number, hour: number) => void {
  const selectHour = db.prepare<[number, number], FoldableSighting>(SELECT_HOUR).raw();
  const replaceHour = db.prepare<number[]>('INSERT OR REPLACE INTO edge_hours VALUES (?, ?, ?, ?, ?, ?)');
  const removeHour = db.prepare<[number, number]>('DELETE FROM edge_hours WHERE edge = ? AND hour = ?');
  const rewritten = rewrittenReader(db);
  return (edge, hour) => {
    const sightings = selectHour.all(edge, hour);
    const left = sightings.some((sighting) => sighting[7] === PERHAPS_REWRITTEN)
      ? leftOver(sightings, rewritten(edge, hour))
      : sightings;
    if (left.length === 0) {
      removeHour.run(edge, hour);
      return;
    }
    const { opened, present, answered, bytes } = hourCounts(left);
    replaceHour.run(edge, hour, opened, present, answered, bytes);
  };
}
