import type { IpAddress } from '../domain/ip.ts';
import type { BoundSources, Lease } from '../domain/lease.ts';
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
  /** Those that had not ended by `since` (unix ms), a few at a time and in no particular order: there may be a million. */
  endingAfter(since: number): Iterable<Lease>;
  /** Forgets what ended before `time` (unix ms), but for what an edge still rests on. Returns how many. Reads all evidence. */
  forgetBefore(time: number): number;
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

/** Leases read at once: enough to be quick, few enough to be let go of soon. */
const READ_AT_ONCE = 5_000;

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
  const selectNext = db.prepare<[number, number], LeaseRow & { readonly lease: number }>(
    `SELECT lease, ${COLUMNS} FROM leases JOIN lease_ids ON lease_ids.id = leases.lease
     WHERE lease > ? AND (until IS NULL OR until >= ?) ORDER BY lease LIMIT ${READ_AT_ONCE}`,
  );
  // The ids stay: evidence names leases by them.
  const forget = db.prepare<[number]>(
    `DELETE FROM leases WHERE until < ?
     AND lease NOT IN (SELECT client_lease FROM evidence UNION SELECT server_lease FROM evidence)`,
  );
  return {
    put: (leases) =>
      connection.write(() => {
        for (const lease of leases) upsert.run(ids.idOf(lease.id), ...columnsOf(lease));
      }),
    around: (ip, at) => connection.read(() => selectIp.all({ ip, at }).map((row) => leaseOf(row))),
    all: () => connection.read(() => selectAll.all().map((row) => leaseOf(row))),
    *endingAfter(since) {
      const sources = new Map<string, BoundSources>();
      for (let last = 0; ;) {
        const rows = connection.read(() => selectNext.all(last, since));
        for (const row of rows) yield leaseOf(row, sources);
        const end = rows.at(-1);
        if (end === undefined) return;
        last = end.lease;
      }
    },
    forgetBefore: (time) => connection.write(() => forget.run(time).changes),
  };
}

function columnsOf(lease: Lease): unknown[] {
  const { holder } = lease;
  const pod = holder.kind === 'pod' ? `${holder.namespace}/${holder.name}` : null;
  const { from, heldFrom, heldUntil, until, sources, sandbox } = lease;
  const optional = [sources, sandbox].map((each) => (each === undefined ? null : JSON.stringify(each)));
  return [lease.ip, JSON.stringify(holder), pod, from, heldFrom, heldUntil, until, ...optional];
}

/** `sources` are remembered by their text: few differ. */
function leaseOf(row: LeaseRow, sources?: Map<string, BoundSources>): Lease {
  return {
    id: row.id,
    ip: row.ip as IpAddress,
    holder: JSON.parse(row.holder) as Lease['holder'],
    from: row.from_ms,
    heldFrom: row.held_from,
    heldUntil: row.held_until,
    until: row.until,
    ...(row.sources !== null && { sources: sourcesOf(row.sources, sources) }),
    ...(row.sandbox !== null && { sandbox: JSON.parse(row.sandbox) as Lease['sandbox'] & object }),
  };
}

function sourcesOf(text: string, remembered = new Map<string, BoundSources>()): BoundSources {
  const known = remembered.get(text);
  if (known !== undefined) return known;
  const sources = JSON.parse(text) as BoundSources;
  remembered.set(text, sources);
  return sources;
}
