/**
 * Adds evidence and brings what follows from it (first and last sight, hourly counts) up to date in the same
 * transaction. Merging is commutative and associative: neither order nor grouping of calls changes the result.
 */
import { edgeKeyText } from '../domain/edge.ts';
import type { Evidence } from '../domain/edge.ts';
import type { Connection } from './connection.ts';
import { hourCounts } from './edge-hour.ts';
import type { Sighting } from './edge-hour.ts';
import { identityIds, interned, serviceIds, witnessIds } from './interned.ts';
import type { Interned } from './interned.ts';

const UPSERT_EVIDENCE = `
INSERT INTO evidence VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT DO UPDATE SET
  opened = opened + excluded.opened,
  present = max(present, excluded.present),
  answered = answered + excluded.answered,
  bytes = bytes + excluded.bytes,
  first_ms = min(first_ms, excluded.first_ms),
  last_ms = max(last_ms, excluded.last_ms)`;

/** Without ORDER BY, for which SQLite with STAT4 would compile the statement anew for each pair of values bound. */
const SELECT_HOUR = `
SELECT client_lease, server_lease, witness, opened, present, answered, bytes FROM evidence
WHERE edge = ? AND hour = ?`;

const REPLACE_HOUR = 'INSERT OR REPLACE INTO edge_hours VALUES (?, ?, ?, ?, ?, ?)';

const WIDEN_EDGE = `
UPDATE edges SET first_seen = min(first_seen, ?), last_seen = max(last_seen, ?) WHERE id = ?`;

/** What one call of `record` changed of an edge. */
interface Touched {
  first: number;
  last: number;
  readonly hours: Set<number>;
}

/** The function behind `EdgeRows.record`. */
export function edgeRecorder(
  connection: Connection,
  leases: Interned<string | null>,
): (rows: readonly Evidence[]) => void {
  const { db } = connection;
  const identities = identityIds(connection);
  const witnesses = witnessIds(connection);
  const services = serviceIds(connection);
  const edges = edgeIds(connection, identities);
  const upsert = db.prepare(UPSERT_EVIDENCE);
  const widen = db.prepare<[number, number, number]>(WIDEN_EDGE);
  const selectHour = db.prepare<[number, number], Sighting>(SELECT_HOUR).raw();
  const replaceHour = db.prepare<number[]>(REPLACE_HOUR);

  const recordOne = (row: Evidence, touched: Map<number, Touched>): void => {
    const edge = edges.idOf(row);
    upsert.run(
      edge,
      row.hour,
      leases.idOf(row.clientLease),
      leases.idOf(row.serverLease),
      witnesses.idOf(row.witness),
      identities.idOf(row.view.seen),
      row.view.ownNode ? 1 : 0,
      services.idOf(row.service),
      row.opened,
      row.present,
      row.answered,
      row.bytes,
      row.first,
      row.last,
    );
    touch(touched, edge, row);
  };

  const recount = (edge: number, hour: number): void => {
    const { opened, present, answered, bytes } = hourCounts(selectHour.all(edge, hour));
    replaceHour.run(edge, hour, opened, present, answered, bytes);
  };

  return (rows) =>
    connection.write(() => {
      const touched = new Map<number, Touched>();
      for (const row of rows) recordOne(row, touched);
      for (const [edge, { first, last, hours }] of touched) {
        widen.run(first, last, edge);
        for (const hour of hours) recount(edge, hour);
      }
    });
}

function edgeIds(connection: Connection, identities: Interned<Evidence['client']>): Interned<Evidence> {
  return interned<Evidence>(connection, {
    key: edgeKeyText,
    select: 'SELECT id FROM edges WHERE key = ?',
    find: (row) => [edgeKeyText(row)],
    insert:
      'INSERT INTO edges (key, client, server, protocol, port, first_seen, last_seen) VALUES (?, ?, ?, ?, ?, ?, ?)',
    columns: (row) => [
      edgeKeyText(row),
      identities.idOf(row.client),
      identities.idOf(row.server),
      row.protocol,
      row.port,
      row.first,
      row.last,
    ],
  });
}

function touch(touched: Map<number, Touched>, edge: number, row: Evidence): void {
  const known = touched.get(edge);
  if (known === undefined) {
    touched.set(edge, { first: row.first, last: row.last, hours: new Set([row.hour]) });
    return;
  }
  known.first = Math.min(known.first, row.first);
  known.last = Math.max(known.last, row.last);
  known.hours.add(row.hour);
}
