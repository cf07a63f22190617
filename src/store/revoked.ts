import type { Evidence } from '../domain/edge.ts';
import type { IpAddress } from '../domain/ip.ts';
import type { Connection } from './connection.ts';

/** One moment that was attributed until a late fact contradicted it, as it was attributed. */
export interface RevokedMoment {
  readonly evidence: Evidence & Required<Pick<Evidence, 'during'>>;
  readonly addresses: { readonly client: IpAddress | null; readonly server: IpAddress | null };
}

/** Moments that were revoked together and wait together. Times are unix ms. */
export interface RevokedGroup {
  readonly id: number;
  /** When nobody waits for another fact any more. */
  readonly finalAt: number;
  readonly moments: readonly RevokedMoment[];
}

/** Moments of which nobody can say any more who the ends were, until a fact tells or the wait is over. */
export interface RevokedRows {
  /** They are looked at again from `readyAt` on. No moments are no group. */
  add(moments: readonly RevokedMoment[], wait: { readonly readyAt: number; readonly finalAt: number }): void;
  /** Groups that are ready at `now`, oldest first. */
  ready(now: number): RevokedGroup[];
  /** What is left of a group waits until `readyAt`; nothing left ends it. */
  keep(group: RevokedGroup, readyAt: number): void;
}

interface Row {
  readonly id: number;
  readonly final_at: number;
  readonly body: string;
}

export function revokedRows(connection: Connection): RevokedRows {
  const { db } = connection;
  const insert = db.prepare<[number, number, string]>(
    'INSERT INTO revoked (ready_at, final_at, body) VALUES (?, ?, ?)',
  );
  const select = db.prepare<[number], Row>(
    'SELECT id, final_at, body FROM revoked WHERE ready_at <= ? ORDER BY id',
  );
  const replace = db.prepare<[number, string, number]>(
    'UPDATE revoked SET ready_at = ?, body = ? WHERE id = ?',
  );
  const remove = db.prepare<[number]>('DELETE FROM revoked WHERE id = ?');
  return {
    add: (moments, { readyAt, finalAt }) => {
      if (moments.length > 0)
        connection.write(() => void insert.run(readyAt, finalAt, JSON.stringify(moments)));
    },
    ready: (now) =>
      connection.read(() =>
        select.all(now).map(({ id, final_at: finalAt, body }) => ({
          id,
          finalAt,
          moments: JSON.parse(body) as RevokedMoment[],
        })),
      ),
    keep: ({ id, moments }, readyAt) =>
      connection.write(() => {
        if (moments.length === 0) remove.run(id);
        else replace.run(readyAt, JSON.stringify(moments), id);
      }),
  };
}
