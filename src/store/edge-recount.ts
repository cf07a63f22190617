import type Database from 'better-sqlite3';
import { hourCounts } from './edge-hour.ts';
import type { Sighting } from './edge-hour.ts';

/** Without ORDER BY, for which SQLite with STAT4 would compile the statement anew for each pair of values bound. */
const SELECT_HOUR = `
SELECT client_lease, server_lease, witness, opened, present, answered, bytes FROM evidence
WHERE edge = ? AND hour = ?`;

/** The function that makes an edge's counts of an hour follow from its evidence again; without evidence there are none. */
export function edgeRecounter(db: Database.Database): (edge: number, hour: number) => void {
  const selectHour = db.prepare<[number, number], Sighting>(SELECT_HOUR).raw();
  const replaceHour = db.prepare<number[]>('INSERT OR REPLACE INTO edge_hours VALUES (?, ?, ?, ?, ?, ?)');
  const removeHour = db.prepare<[number, number]>('DELETE FROM edge_hours WHERE edge = ? AND hour = ?');
  return (edge, hour) => {
    const sightings = selectHour.all(edge, hour);
    if (sightings.length === 0) {
      removeHour.run(edge, hour);
      return;
    }
    const { opened, present, answered, bytes } = hourCounts(sightings);
    replaceHour.run(edge, hour, opened, present, answered, bytes);
  };
}
