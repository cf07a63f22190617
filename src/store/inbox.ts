import type { Batch, BatchKey } from '../wire/batch.ts';
import { ProblemError } from '../domain/problem.ts';
import type { ClockBounds } from '../identity/attribute.ts';
import type { Connection } from './connection.ts';

/** A batch as it waits: with what was found out when it arrived. */
export interface WaitingBatch extends Batch {
  /** The node's clock against ours; absent where they are one. */
  readonly clock?: ClockBounds;
  /** Only what could not be attributed yet is left of it. */
  readonly isRest?: true;
}

/** What else bounds the batches of one reading. */
export interface PendingBounds {
  /** Only those that ended by then; unix ms. One that ends later holds back none of the others. Any end unless told. */
  readonly until?: number;
  /** None after those that have so many flows together. */
  readonly flows?: number;
}

/** Batches accepted exactly once, waiting to be attributed. */
export interface Inbox {
  /**
   * Stores the batches not seen before, in one transaction, durable when this returns. The answers stand in the
   * order of the batches; of equal keys in one call the first is new.
   */
  accept(batches: readonly WaitingBatch[]): ('new' | 'duplicate')[];
  /**
   * At most `limit` batches accepted, not yet attributed and ready at `now` (unix ms). By the ten minutes in which their windows
   * started, then node uid, window start and sequence: what one node told in those, much of it again and again, comes together.
   */
  pending(limit: number, now: number, within?: PendingBounds): WaitingBatch[];
  /**
   * Puts `rest` in place of the batch that it is left of, until `readyAt` (unix ms). Called in the transaction that records
   * what was attributed. Throws a ProblemError `batch-not-pending`.
   */
  defer(rest: WaitingBatch, readyAt: number): void;
  /**
   * Marks batches as attributed and drops their bodies. Called in the transaction that records their evidence. Throws
   * a ProblemError `batch-not-pending` for one that is unknown or already marked: its evidence would count twice.
   */
  markAttributed(keys: readonly BatchKey[]): void;
  /** Batches accepted; batches, and groups of revoked moments, that wait to be attributed. */
  counts(): { accepted: number; pending: number };
  /** Every epoch that a batch was accepted of, in the order in which its first one came. */
  epochs(): { nodeUid: string; epoch: string }[];
}

/** The end of its window by the server's clock, at the latest; unix ms. */
export function endOf({ windowEnd, clock }: WaitingBatch): number {
  return windowEnd + (clock?.latestMs ?? 0);
}

export function inbox(connection: Connection): Inbox {
  const { db } = connection;
  const insert = db.prepare<[string, string, number, number, number, string]>(
    'INSERT INTO batches (node_uid, epoch, sequence, window_start, ends_at, body) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING',
  );
  const select = db
    .prepare<[number, number, number], string>(
      `SELECT body FROM batches WHERE body IS NOT NULL AND ready_at <= ? AND ends_at <= ?
       ORDER BY window_start / 600000, node_uid, window_start, sequence, epoch LIMIT ?`,
    )
    .pluck();
  const mark = db.prepare<[string, string, number]>(
    'UPDATE batches SET body = NULL WHERE node_uid = ? AND epoch = ? AND sequence = ? AND body IS NOT NULL',
  );
  const replace = db.prepare<[string, number, string, string, number]>(
    `UPDATE batches SET body = ?, ready_at = ?
     WHERE node_uid = ? AND epoch = ? AND sequence = ? AND body IS NOT NULL`,
  );
  const count = db.prepare<[], { accepted: number; pending: number }>(
    `SELECT (SELECT count(*) FROM batches) AS accepted,
            (SELECT count(*) FROM batches WHERE body IS NOT NULL) + (SELECT count(*) FROM revoked) AS pending`,
  );
  const firsts = db.prepare<[], { nodeUid: string; epoch: string }>(
    'SELECT node_uid AS nodeUid, epoch FROM batches GROUP BY node_uid, epoch ORDER BY min(id)',
  );
  const acceptOne = (batch: WaitingBatch): 'new' | 'duplicate' => {
    const { nodeUid, epoch, sequence, windowStart } = batch;
    const { changes } = insert.run(
      nodeUid,
      epoch,
      sequence,
      windowStart,
      Math.ceil(endOf(batch)),
      JSON.stringify(batch),
    );
    return changes === 1 ? 'new' : 'duplicate';
  };
  return {
    accept: (batches) => connection.write(() => batches.map(acceptOne)),
    pending: (limit, now, { until = Number.MAX_SAFE_INTEGER, flows = Number.POSITIVE_INFINITY } = {}) =>
      connection.read(() => {
        const batches: WaitingBatch[] = [];
        let left = flows;
        for (const body of select.iterate(now, until, limit)) {
          const batch = JSON.parse(body) as WaitingBatch;
          batches.push(batch);
          left -= batch.flows.length;
          if (left <= 0) break;
        }
        return batches;
      }),
    defer: (rest, readyAt) =>
      connection.write(() => {
        const { nodeUid, epoch, sequence } = rest;
        const { changes } = replace.run(JSON.stringify(rest), readyAt, nodeUid, epoch, sequence);
        if (changes !== 1) throw notPending(rest);
      }),
    markAttributed: (keys) =>
      connection.write(() => {
        for (const key of keys)
          if (mark.run(key.nodeUid, key.epoch, key.sequence).changes !== 1) throw notPending(key);
      }),
    counts: () => connection.read(() => count.get() ?? { accepted: 0, pending: 0 }),
    epochs: () => connection.read(() => firsts.all()),
  };
}

function notPending({ nodeUid, epoch, sequence }: BatchKey): ProblemError {
  const name = `${nodeUid}/${epoch}/${sequence}`;
  return new ProblemError('batch-not-pending', `batch ${name} is not waiting to be attributed`);
}
