import type { EvidenceLease, EvidenceRow } from '../domain/edge-evidence.ts';
import type { Identity } from '../domain/identity.ts';
import type { IpAddress } from '../domain/ip.ts';
import type { Holder } from '../domain/lease.ts';
import { ProblemError } from '../domain/problem.ts';
import type { Connection } from './connection.ts';

/** What an edge rests on, page by page: an edge between two large workloads has a hundred thousand rows a day. */
export interface EvidencePages {
  /**
   * At most `limit` rows (at least 1) of the edge with this key text, by hour and then in a stable order, after the
   * cursor `after` (null: from the start). Null when there is no such edge. Throws a ProblemError `bad-cursor`.
   */
  page(
    edge: string,
    page: { readonly limit: number; readonly after: string | null },
  ): { readonly rows: EvidenceRow[]; readonly next: string | null } | null;
}

/** The primary key of a row within its edge. */
const KEY = ['hour', 'client_lease', 'server_lease', 'witness', 'seen', 'own_node', 'service'] as const;
const KEY_COLUMNS = KEY.map((column) => `evidence.${column}`).join(', ');

const SELECT_PAGE = `
SELECT ${KEY.map((column) => `evidence.${column} AS k_${column}`).join(', ')},
       nullif(client.text, '') AS client, client_held.ip AS clientIp, client_held.holder AS clientHolder,
       nullif(server.text, '') AS server, server_held.ip AS serverIp, server_held.holder AS serverHolder,
       witnesses.name AS witness, identities.json AS seen,
       services.namespace AS serviceNamespace, services.name AS serviceName,
       opened, present, answered, bytes, first_ms AS first, last_ms AS last
FROM evidence
  JOIN lease_ids AS client ON client.id = evidence.client_lease
  LEFT JOIN leases AS client_held ON client_held.lease = evidence.client_lease
  JOIN lease_ids AS server ON server.id = evidence.server_lease
  LEFT JOIN leases AS server_held ON server_held.lease = evidence.server_lease
  JOIN witnesses ON witnesses.id = evidence.witness
  JOIN identities ON identities.id = evidence.seen
  JOIN services ON services.id = evidence.service
WHERE evidence.edge = ? AND (${KEY_COLUMNS}) > (${KEY.map(() => '?').join(', ')})
ORDER BY ${KEY_COLUMNS} LIMIT ?`;

/** Before every row: hours and ids are not negative. */
const START = KEY.map(() => -1);

type KeyColumns = Readonly<Record<`k_${(typeof KEY)[number]}`, number>>;

interface PageRow extends KeyColumns {
  readonly client: string | null;
  readonly clientIp: string | null;
  readonly clientHolder: string | null;
  readonly server: string | null;
  readonly serverIp: string | null;
  readonly serverHolder: string | null;
  readonly witness: string;
  readonly seen: string;
  readonly serviceNamespace: string;
  readonly serviceName: string;
  readonly opened: number;
  readonly present: number;
  readonly answered: number;
  readonly bytes: number;
  readonly first: number;
  readonly last: number;
}

export function evidencePages(connection: Connection): EvidencePages {
  const { db } = connection;
  const idOf = db.prepare<[string], number>('SELECT id FROM edges WHERE key = ?').pluck();
  const select = db.prepare<number[], PageRow>(SELECT_PAGE);
  return {
    page: (edge, { limit, after }) =>
      connection.read(() => {
        const start = after === null ? START : parseCursor(after);
        const id = idOf.get(edge);
        if (id === undefined) return null;
        const size = Math.max(1, Math.floor(limit));
        const found = select.all(id, ...start, size + 1);
        const rows = found.slice(0, size);
        const last = rows.at(-1);
        const next = found.length > size && last !== undefined ? cursorOf(last) : null;
        return { rows: rows.map(evidenceRowOf), next };
      }),
  };
}

function evidenceRowOf(row: PageRow): EvidenceRow {
  const { opened, present, answered, bytes, first, last } = row;
  return {
    hour: row.k_hour,
    clientLease: leaseOf(row.client, row.clientIp, row.clientHolder),
    serverLease: leaseOf(row.server, row.serverIp, row.serverHolder),
    witness: row.witness,
    seen: JSON.parse(row.seen) as Identity,
    ownNode: row.k_own_node === 1,
    service: row.serviceName === '' ? null : { namespace: row.serviceNamespace, name: row.serviceName },
    opened,
    present,
    answered,
    bytes,
    first,
    last,
  };
}

function leaseOf(id: string | null, ip: string | null, holder: string | null): EvidenceLease | null {
  if (id === null) return null;
  const held =
    ip === null || holder === null ? null : { ip: ip as IpAddress, holder: JSON.parse(holder) as Holder };
  return { id, held };
}

function cursorOf(row: PageRow): string {
  return encoded(KEY.map((column) => row[`k_${column}`]));
}

function parseCursor(cursor: string): number[] {
  const key = Buffer.from(cursor, 'base64url').toString('utf8').split(' ').map(Number);
  if (key.length === KEY.length && key.every(Number.isSafeInteger) && encoded(key) === cursor) return key;
  throw new ProblemError('bad-cursor', 'The cursor is not one that this list gave out.', {
    hint: 'Start again without a cursor.',
  });
}

/** Opaque to clients. */
function encoded(key: readonly number[]): string {
  return Buffer.from(key.join(' '), 'utf8').toString('base64url');
}
