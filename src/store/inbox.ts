import type { Batch, BatchKey } from '../wire/batch.ts';
import { ProblemError } from '../domain/problem.ts';
import type { Connection } from './connection.ts';

/** Batches accepted exactly once, waiting to be attributed. */
export interface Inbox {
  /**
   * Stores the batches not seen before, in one transaction, durable when this returns. The answers stand in the
   * order of the batches; of equal keys in one call the first is new.
   */
  accept(batches: readonly Batch[]): ('new' | 'duplicate')[];
  /** At most `limit` batches accepted and not yet attributed, by window start, node uid and sequence. */
  pending(limit: number): Batch[];
  /**
   * Marks batches as attributed and drops their bodies. Called in the transaction that records their evidence. Throws
   * a ProblemError `batch-not-pending` for one that is unknown or already marked: its evidence would count twice.
   */
  markAttributed(keys: readonly BatchKey[]): void;
  counts(): { accepted: number; pending: number };
  /** Every epoch that a batch was accepted of, in the order in which its first one came. */
  epochs(): { nodeUid: string; epoch: string }[];
}

export function inbox(connection: Connection): Inbox {
  const { db } = connection;
  const insert = db.prepare<[string, string, number, number, string]>(
    'INSERT INTO batches (node_uid, epoch, sequence, window_start, body) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING',
  );
  const select = db
    .prepare<[number], string>(
      'SELECT body FROM batches WHERE body IS NOT NULL ORDER BY window_start, node_uid, sequence, epoch LIMIT ?',
    )
    .pluck();
  const mark = db.prepare<[string, string, number]>(
    'UPDATE batches SET body = NULL WHERE node_uid = ? AND epoch = ? AND sequence = ? AND body IS NOT NULL',
  );
  const count = db.prepare<[], { accepted: number; pending: number }>(
    `SELECT (SELECT count(*) FROM batches) AS accepted,
            (SELECT count(*) FROM batches WHERE body IS NOT NULL) AS pending`,
  );
  const firsts = db.prepare<[], { nodeUid: string; epoch: string }>(
    'SELECT node_uid AS nodeUid, epoch FROM batches GROUP BY node_uid, epoch ORDER BY min(id)',
  );
  const acceptOne = (batch: Batch): 'new' | 'duplicate' => {
    const { nodeUid, epoch, sequence, windowStart } = batch;
    const { changes } = insert.run(nodeUid, epoch, sequence, windowStart, JSON.stringify(batch));
    return changes === 1 ? 'new' : 'duplicate';
  };
  return {
    accept: (batches) => connection.write(() => batches.map(acceptOne)),
    pending: (limit) => connection.read(() => select.all(limit).map((body) => JSON.parse(body) as Batch)),
    markAttributed: (keys) =>
      connection.write(() => {
        for (const { nodeUid, epoch, sequence } of keys) {
          if (mark.run(nodeUid, epoch, sequence).changes === 1) continue;
          const name = `${nodeUid}/${epoch}/${sequence}`;
          throw new ProblemError('batch-not-pending', `batch ${name} is not waiting to be attributed`);
        }
      }),
    counts: () => connection.read(() => count.get() ?? { accepted: 0, pending: 0 }),
    epochs: () => connection.read(() => firsts.all()),
  };
}
