/**
 * Adds evidence and brings what follows from it (first and last sight, hourly counts) up to date in the same
 * transaction. Merging is commutative and associative: neither order nor grouping of calls changes the result.
 */
import type { Evidence } from '../domain/edge.ts';
import type { Connection } from './connection.ts';
import type { AttributionLog } from './attribution-log.ts';
import { batchSlots, registerMergedSlots } from './batch-slots.ts';
import { edgeRecounter } from './edge-recount.ts';
import { identityIds, serviceIds, witnessIds } from './interned.ts';
import type { Interned } from './interned.ts';
import { masqueradeOf, nodeEdgeKey, REWRITTEN } from './masquerade.ts';
import type { LoggedMoment } from './moment-codec.ts';

const UPSERT_EVIDENCE = `
INSERT INTO evidence VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT DO UPDATE SET
  opened = opened + excluded.opened,
  present = max(present, excluded.present),
  answered = answered + excluded.answered,
  bytes = bytes + excluded.bytes,
  first_ms = min(first_ms, excluded.first_ms),
  last_ms = max(last_ms, excluded.last_ms),
  slots = CASE WHEN excluded.slots IS NULL THEN NULL ELSE merged_slots(slots, excluded.slots) END`;

const WIDEN_EDGE = `
UPDATE edges SET first_seen = min(first_seen, ?), last_seen = max(last_seen, ?) WHERE id = ?`;

/** What one call of `record` changed of an edge. */
interface Touched {
  first: number;
  last: number;
  readonly hours: Set<number>;
}

/** What evidence refers to by id, and where its moments are kept while they can be revoked. */
export interface RecorderParts {
  readonly leases: Interned<string | null>;
  readonly edges: Interned<Evidence>;
  readonly log: AttributionLog;
}

/** The function behind `EdgeRows.record`. */
export function edgeRecorder(
  connection: Connection,
  { leases, edges, log }: RecorderParts,
): (rows: readonly Evidence[]) => void {
  const { db } = connection;
  registerMergedSlots(db);
  const identities = identityIds(connection);
  const witnesses = witnessIds(connection);
  const services = serviceIds(connection);
  const upsert = db.prepare(UPSERT_EVIDENCE);
  const widen = db.prepare<[number, number, number]>(WIDEN_EDGE);
  const recount = edgeRecounter(db);
  const edgeByKey = db.prepare<[string], number>('SELECT id FROM edges WHERE key = ?').pluck();

  /** Returns its moment if it can be revoked. */
  const recordOne = (row: Evidence, touched: Map<number, Touched>): LoggedMoment | null => {
    const masquerade = masqueradeOf(row);
    const { opened, present, answered, bytes, first, during, seenAs = '' } = row;
    const edge = edges.idOf(row);
    const clientLease = leases.idOf(row.clientLease);
    const serverLease = leases.idOf(row.serverLease);
    const witness = witnesses.idOf(row.witness);
    const seen = identities.idOf(row.view.seen);
    const ownNode = row.view.ownNode ? 1 : 0;
    const service = services.idOf(row.service);
    const sight = [edge, row.hour, clientLease, serverLease, witness, seen, ownNode, service];
    upsert.run(...sight, opened, present, answered, bytes, first, row.last, masquerade, slotsOf(row));
    touch(touched, edge, row);
    if (during === undefined) return null;
    const key = { edge, clientLease, serverLease, witness, seen, ownNode, service, seenAs };
    return { ...key, ...during, at: first, opened, present, answered, bytes };
  };

  /** What a node told of others behind its address is taken off what other nodes told of that address. */
  const recountNodes = (rows: readonly Evidence[]): void => {
    const done = new Set<string>();
    for (const row of rows) {
      if (masqueradeOf(row) !== REWRITTEN) continue;
      const key = nodeEdgeKey(row);
      const edge = done.has(`${key} ${row.hour}`) ? undefined : edgeByKey.get(key);
      done.add(`${key} ${row.hour}`);
      if (edge !== undefined) recount(edge, row.hour);
    }
  };

  return (rows) =>
    connection.write(() => {
      const touched = new Map<number, Touched>();
      log.append(rows.map((row) => recordOne(row, touched)).filter((moment) => moment !== null));
      for (const [edge, { first, last, hours }] of touched) {
        widen.run(first, last, edge);
        for (const hour of hours) recount(edge, hour);
      }
      recountNodes(rows);
    });
}

/** Nothing asks how often the connections of other protocols were told of. */
function slotsOf({ protocol, first, last }: Evidence): number | null {
  return protocol === 'udp' ? batchSlots([first, last]) : null;
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
