import type { Connection } from './connection.ts';

/** Flows, or ends of flows, that could not be named, summed over an hour. */
export interface Unattributed {
  /** Stable, kebab-case. */
  readonly reason: string;
  readonly end: 'client' | 'server' | 'flow';
  /** Start of the hour, unix ms. */
  readonly hour: number;
  readonly count: number;
  /** One of them, for people. */
  readonly example: string;
}

export interface UnattributedRows {
  /** Adds to the counts of (reason, end, hour); the first example stays. */
  add(rows: readonly Unattributed[]): void;
  /** By hour, reason and end. */
  list(): Unattributed[];
}

export function unattributedRows(connection: Connection): UnattributedRows {
  const { db } = connection;
  const upsert = db.prepare<Unattributed>(
    `INSERT INTO unattributed (reason, end, hour, count, example) VALUES (@reason, @end, @hour, @count, @example)
     ON CONFLICT DO UPDATE SET count = count + excluded.count`,
  );
  const select = db.prepare<[], Unattributed>(
    'SELECT reason, end, hour, count, example FROM unattributed ORDER BY hour, reason, end',
  );
  return {
    add: (rows) =>
      connection.write(() => {
        for (const row of rows) upsert.run(row);
      }),
    list: () => connection.read(() => select.all()),
  };
}
