import type { IpAddress } from '../domain/ip.ts';
import type { Lease } from '../domain/lease.ts';
import type { Connection } from './connection.ts';
import type { Interned } from './interned.ts';

/** Who held which address when, as far as the book has got; the book itself is in identity/. */
export interface LeaseRows {
  /** Stores leases by id; one that is known is replaced. */
  put(leases: readonly Lease[]): void;
  /** The leases of `ip` whose outer bounds touch the instant `at` (unix ms), all of them when it is null; by `from`. */
  around(ip: IpAddress, at: number | null): Lease[];
  /** All leases by address, `from` and id. */
  all(): Lease[];
}

interface LeaseRow {
  readonly id: string;
  readonly ip: string;
  readonly holder: string;
  readonly from_ms: number;
  readonly held_from: number;
  readonly held_until: number | null;
  readonly until: number | null;
  readonly sources: string | null;
  readonly sandbox: string | null;
}

const COLUMNS = 'text AS id, ip, holder, from_ms, held_from, held_until, until, sources, sandbox';

export function leaseRows(connection: Connection, ids: Interned<string | null>): LeaseRows {
  const { db } = connection;
  const upsert = db.prepare(
    'INSERT OR REPLACE INTO leases (lease, ip, holder, pod, from_ms, held_from, held_until, until, sources, sandbox) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
  );
  const selectIp = db.prepare<{ ip: string; at: number | null }, LeaseRow>(
    `SELECT ${COLUMNS} FROM leases JOIN lease_ids ON lease_ids.id = leases.lease
     WHERE ip = @ip AND (@at IS NULL OR (from_ms <= @at AND (until IS NULL OR until >= @at)))
     ORDER BY from_ms, text`,
  );
  const selectAll = db.prepare<[], LeaseRow>(
    `SELECT ${COLUMNS} FROM leases JOIN lease_ids ON lease_ids.id = leases.lease ORDER BY ip, from_ms, text`,
  );
  return {
    put: (leases) =>
      connection.write(() => {
        for (const lease of leases) upsert.run(ids.idOf(lease.id), ...columnsOf(lease));
      }),
    around: (ip, at) => connection.read(() => selectIp.all({ ip, at }).map(leaseOf)),
    all: () => connection.read(() => selectAll.all().map(leaseOf)),
  };
}

function columnsOf(lease: Lease): unknown[] {
  const { holder } = lease;
  const pod = holder.kind === 'pod' ? `${holder.namespace}/${holder.name}` : null;
  const { from, heldFrom, heldUntil, until, sources, sandbox } = lease;
  const optional = [sources, sandbox].map((each) => (each === undefined ? null : JSON.stringify(each)));
  return [lease.ip, JSON.stringify(holder), pod, from, heldFrom, heldUntil, until, ...optional];
}

function leaseOf(row: LeaseRow): Lease {
  return {
    id: row.id,
    ip: row.ip as IpAddress,
    holder: JSON.parse(row.holder) as Lease['holder'],
    from: row.from_ms,
    heldFrom: row.held_from,
    heldUntil: row.held_until,
    until: row.until,
    ...(row.sources !== null && { sources: JSON.parse(row.sources) as Lease['sources'] & object }),
    ...(row.sandbox !== null && { sandbox: JSON.parse(row.sandbox) as Lease['sandbox'] & object }),
  };
}
