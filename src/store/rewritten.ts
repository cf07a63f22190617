import type Database from 'better-sqlite3';
import type { Counts } from './edge-hour.ts';

/** What the client of an edge, a node, told of others behind its own address to one lease of the same server and port. */
const SELECT_REWRITTEN = `
SELECT sum(opened) AS opened, sum(present) AS present, sum(answered) AS answered, sum(bytes) AS bytes
FROM edges AS node
  CROSS JOIN evidence INDEXED BY evidence_rewritten ON evidence.seen = node.client
  CROSS JOIN edges ON edges.id = evidence.edge
WHERE node.id = ? AND evidence.hour = ? AND evidence.server_lease = ? AND evidence.masquerade = 1
  AND edges.server = node.server AND edges.protocol = node.protocol AND edges.port = node.port`;

/**
 * The function that sums, for an edge whose client is a node and an hour, what that node told of clients behind its address.
 * `present` of each is its greatest; they can all have been there at once.
 */
export function rewrittenReader(
  db: Database.Database,
): (edge: number, hour: number) => (serverLease: number) => Counts | null {
  const select = db.prepare<[number, number, number], { [count in keyof Counts]: number | null }>(
    SELECT_REWRITTEN,
  );
  return (edge, hour) => (serverLease) => {
    const { opened, present, answered, bytes } = select.get(edge, hour, serverLease) ?? NOTHING;
    if (opened === null || present === null || answered === null || bytes === null) return null;
    return { opened, present, answered, bytes };
  };
}

const NOTHING = { opened: null, present: null, answered: null, bytes: null };
