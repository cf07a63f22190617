import type { Connection } from './connection.ts';

/** A time in which pods could come and go, or have another address, without being told; unix ms. */
export interface UnwatchedTime {
  /** Null for all nodes. */
  readonly node: string | null;
  readonly from: number;
  readonly until: number;
}

/** They outlive the process: what is attributed later of such a time is as much in doubt as before. */
export interface UnwatchedRows {
  /** Puts these in place of all that were stored. */
  replace(times: readonly UnwatchedTime[]): void;
  /** By time. */
  all(): UnwatchedTime[];
}

export function unwatchedRows(connection: Connection): UnwatchedRows {
  const { db } = connection;
  const clear = db.prepare<[]>('DELETE FROM unwatched');
  const insert = db.prepare<UnwatchedTime>(
    'INSERT INTO unwatched (node, from_ms, until_ms) VALUES (@node, @from, @until)',
  );
  const select = db.prepare<[], UnwatchedTime>(
    'SELECT node, from_ms AS "from", until_ms AS "until" FROM unwatched ORDER BY from_ms, until_ms, node',
  );
  return {
    replace: (times) =>
      connection.write(() => {
        clear.run();
        for (const { node, from, until } of times) insert.run({ node, from, until });
      }),
    all: () => connection.read(() => select.all()),
  };
}
