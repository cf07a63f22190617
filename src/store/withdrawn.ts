import { HOUR_MS } from '../domain/edge.ts';
import type { Connection } from './connection.ts';

/** Connections whose attribution a late fact contradicted, summed over an hour. */
export interface Withdrawn {
  /** `attributed-anew`, or the reason why nobody can say any more who the ends were. */
  readonly outcome: string;
  /** Start of the hour in which the connections were, unix ms. */
  readonly hour: number;
  readonly count: number;
}

export interface WithdrawnRows {
  /** Adds to the counts of (outcome, hour). */
  add(rows: readonly Withdrawn[]): void;
  /** By hour and outcome. */
  list(): Withdrawn[];
  /** Forgets the hours that ended by `time` (unix ms). Returns how many rows went. */
  forgetBefore(time: number): number;
}

export function withdrawnRows(connection: Connection): WithdrawnRows {
  const { db } = connection;
  const upsert = db.prepare<Withdrawn>(
    `INSERT INTO withdrawn (outcome, hour, count) VALUES (@outcome, @hour, @count)
     ON CONFLICT DO UPDATE SET count = count + excluded.count`,
  );
  const select = db.prepare<[], Withdrawn>(
    'SELECT outcome, hour, count FROM withdrawn ORDER BY hour, outcome',
  );
  const forget = db.prepare<[number]>('DELETE FROM withdrawn WHERE hour < ?');
  return {
    add: (rows) =>
      connection.write(() => {
        for (const row of rows) upsert.run(row);
      }),
    list: () => connection.read(() => select.all()),
    forgetBefore: (time) => connection.write(() => forget.run(time - HOUR_MS + 1).changes),
  };
}
