import { edgeKeyText } from '../domain/edge.ts';
import type { Edge, EdgeKey, Evidence } from '../domain/edge.ts';
import type { Protocol } from '../domain/protocol.ts';
import { attributionLog } from './attribution-log.ts';
import type { Connection } from './connection.ts';
import { edgeCursor, parseEdgeCursor } from './edge-cursor.ts';
import { edgeReader } from './edge-reader.ts';
import type { EdgeRow } from './edge-reader.ts';
import { edgeRecorder } from './edge-recorder.ts';
import { edgeWithdrawal } from './edge-withdrawal.ts';
import type { EdgeWithdrawal } from './edge-withdrawal.ts';
import { evidenceReader } from './evidence-reader.ts';
import { edgeIds, identityIds } from './interned.ts';
import type { Interned } from './interned.ts';

export interface EdgeFilter {
  /** Of the workload at either end; with `workload`, both hold of the same end. */
  readonly namespace?: string;
  /** The workload's name, without its kind. */
  readonly workload?: string;
  readonly protocol?: Protocol;
  readonly port?: number;
}

export interface EdgePage {
  readonly edges: Edge[];
  /** The cursor of the page after; null when this is the last. */
  readonly next: string | null;
}

/** Edges, merged from evidence. */
export interface EdgeRows extends EdgeWithdrawal {
  /**
   * Adds evidence: opened, answered and bytes are summed, present is the maximum, first and last widen. Order and
   * grouping do not matter. A transaction of its own unless within `Store.transaction`. Times and counts are whole.
   * What has a `during` can be withdrawn until it is forgotten.
   */
  record(rows: readonly Evidence[]): void;
  /**
   * A page of at most `limit` edges (at least 1) in the order of their key text, after the cursor `after` (null: from
   * the start). Edges that come or go between two pages neither repeat nor hide others. Throws a ProblemError
   * `bad-cursor`.
   */
  list(filter: EdgeFilter, page: { readonly limit: number; readonly after: string | null }): EdgePage;
  /** All edges in the order of their key text. */
  all(): Edge[];
  /** The end of the latest time in which something was attributed that can still be withdrawn, unix ms; null when there is none. */
  attributedUntil(): number | null;
  /** What was resolved wholly before `before` (unix ms) can no longer be withdrawn. Returns how many entries of the log went. */
  forgetMoments(before: number): number;
  /** What an edge rests on, by hour, leases, witness, view and Service; empty for an edge that does not exist. */
  evidenceOf(key: EdgeKey): Evidence[];
}

interface ListParameters {
  readonly after: string;
  readonly limit: number;
  readonly protocol: string | null;
  readonly port: number | null;
  readonly namespace: string | null;
  readonly workload: string | null;
}

const SELECT_EDGES = `
SELECT id, key, client, server, protocol, port, first_seen, last_seen FROM edges
WHERE key > @after AND (@protocol IS NULL OR protocol = @protocol) AND (@port IS NULL OR port = @port)`;

const IDENTITIES = `
SELECT id FROM identities
WHERE workload IS NOT NULL AND (@namespace IS NULL OR namespace = @namespace)
  AND (@workload IS NULL OR workload = @workload)`;

const IN_ORDER = 'ORDER BY key LIMIT @limit';

/** SQLite takes a negative LIMIT for none. */
const NO_LIMIT = -1;

export function edgeRows(connection: Connection, leases: Interned<string | null>): EdgeRows {
  const { db } = connection;
  const log = attributionLog(connection);
  const identities = identityIds(connection);
  const edges = edgeIds(connection, identities);
  const edgesOf = edgeReader(db);
  const evidenceOf = evidenceReader(db);
  const selectAny = db.prepare<ListParameters, EdgeRow>(`${SELECT_EDGES} ${IN_ORDER}`);
  const selectOfEnd = db.prepare<ListParameters, EdgeRow>(
    `${SELECT_EDGES} AND (client IN (${IDENTITIES}) OR server IN (${IDENTITIES})) ${IN_ORDER}`,
  );
  const select = (filter: EdgeFilter, after: string, limit: number): EdgeRow[] => {
    const { namespace = null, workload = null, protocol = null, port = null } = filter;
    const statement = namespace === null && workload === null ? selectAny : selectOfEnd;
    return statement.all({ after, limit, protocol, port, namespace, workload });
  };
  return {
    record: edgeRecorder(connection, { leases, identities, edges, log }),
    ...edgeWithdrawal(connection, log, edges),
    attributedUntil: () => connection.read(() => log.latest()),
    forgetMoments: (before) => connection.write(() => log.prune(before)),
    list: (filter, { limit, after }) =>
      connection.read(() => {
        const size = Math.max(1, Math.floor(limit));
        const found: Edge[] = [];
        // Of a row there may be no edge, so that one reading may not fill the page.
        for (let key: string | undefined = after === null ? '' : parseEdgeCursor(after); key !== undefined;) {
          const wanted = size + 1 - found.length;
          const rows = select(filter, key, wanted);
          found.push(...edgesOf(rows));
          key = found.length > size || rows.length < wanted ? undefined : rows.at(-1)?.key;
        }
        const page = found.slice(0, size);
        const last = page.at(-1);
        const next = found.length > size && last !== undefined ? edgeCursor(edgeKeyText(last)) : null;
        return { edges: page, next };
      }),
    all: () => connection.read(() => edgesOf(select({}, '', NO_LIMIT))),
    evidenceOf: (key) => connection.read(() => evidenceOf(edgeKeyText(key), key)),
  };
}
