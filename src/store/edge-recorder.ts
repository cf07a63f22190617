/**
 * Adds evidence: what is told of one pair of leases by one node in one hour is merged in memory before it is written, so that
 * the rows written are as many as there is to tell apart, however many were told. Merging is commutative and associative:
 * neither order nor grouping of calls changes the result.
 */
import type { Evidence } from '../domain/edge.ts';
import type { Identity } from '../domain/identity.ts';
import type { AttributionLog } from './attribution-log.ts';
import { batchSlots, mergedSlots, registerMergedSlots } from './batch-slots.ts';
import type { Connection } from './connection.ts';
import { serviceIds, witnessIds } from './interned.ts';
import type { Interned } from './interned.ts';
import { masqueradeOf } from './masquerade.ts';
import { sightKeyText } from './moment-codec.ts';
import type { CountedMoment, SightKey } from './moment-codec.ts';

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

/** What one call of `record` tells of one pair of leases under one view and Service in one hour. */
interface Merged {
  readonly key: SightKey;
  /** The first row that told of it; all others say the same of what it is of. */
  readonly example: Evidence;
  opened: number;
  present: number;
  answered: number;
  bytes: number;
  first: number;
  last: number;
  slots: number | null;
  /** Those that can be revoked. */
  readonly moments: CountedMoment[];
}

/** What evidence refers to by id, and where its moments are kept while they can be revoked. */
export interface RecorderParts {
  readonly leases: Interned<string | null>;
  readonly identities: Interned<Identity>;
  readonly edges: Interned<Evidence>;
  readonly log: AttributionLog;
}

/** The function behind `EdgeRows.record`. */
export function edgeRecorder(
  connection: Connection,
  { leases, identities, edges, log }: RecorderParts,
): (rows: readonly Evidence[]) => void {
  const { db } = connection;
  registerMergedSlots(db);
  const witnesses = witnessIds(connection);
  const services = serviceIds(connection);
  const upsert = db.prepare(UPSERT_EVIDENCE);

  const keyOf = (row: Evidence): SightKey => ({
    edge: edges.idOf(row),
    clientLease: leases.idOf(row.clientLease),
    serverLease: leases.idOf(row.serverLease),
    witness: witnesses.idOf(row.witness),
    seen: identities.idOf(row.view.seen),
    ownNode: row.view.ownNode ? 1 : 0,
    service: services.idOf(row.service),
    seenAs: row.seenAs ?? '',
  });

  const write = ({ key, example, moments: _moments, ...counts }: Merged): void => {
    const { edge, clientLease, serverLease, witness, seen, ownNode, service } = key;
    const { opened, present, answered, bytes, first, last, slots } = counts;
    const sight = [edge, example.hour, clientLease, serverLease, witness, seen, ownNode, service];
    upsert.run(...sight, opened, present, answered, bytes, first, last, masqueradeOf(example), slots);
  };

  return (rows) =>
    connection.write(() => {
      const sights = merged(rows, keyOf);
      for (const sight of sights) write(sight);
      log.append(sights.filter(({ moments }) => moments.length > 0));
    });
}

function merged(rows: readonly Evidence[], keyOf: (row: Evidence) => SightKey): readonly Merged[] {
  const sights = new Map<string, Merged>();
  for (const row of rows) {
    const key = keyOf(row);
    const text = `${sightKeyText(key)} ${row.hour}`;
    let sight = sights.get(text);
    if (sight === undefined) {
      const { first, last } = row;
      const none = { opened: 0, present: 0, answered: 0, bytes: 0 };
      sight = { key, example: row, ...none, first, last, slots: slotsOf(row), moments: [] };
      sights.set(text, sight);
    }
    add(sight, row);
  }
  return [...sights.values()];
}

function add(sight: Merged, row: Evidence): void {
  const { opened, present, answered, bytes, first, last, during } = row;
  sight.opened += opened;
  sight.present = Math.max(sight.present, present);
  sight.answered += answered;
  sight.bytes += bytes;
  sight.first = Math.min(sight.first, first);
  sight.last = Math.max(sight.last, last);
  if (sight.slots !== null) sight.slots = mergedSlots(sight.slots, slotsOf(row) ?? sight.slots);
  if (during === undefined) return;
  const { start, end } = during;
  sight.moments.push({ at: first, start, end, opened, present, answered, bytes });
}

/** Nothing asks how often the connections of other protocols were told of. */
function slotsOf({ protocol, first, last }: Evidence): number | null {
  return protocol === 'udp' ? batchSlots([first, last]) : null;
}
