import type { Connection } from './connection.ts';

/** What is known of a node's clock; what it means is the server's business. */
export interface StoredClock {
  readonly node: string;
  /** JSON. */
  readonly body: string;
}

export interface NodeClockRows {
  /** One that is known is replaced. */
  put(clocks: readonly StoredClock[]): void;
  /** By node. */
  all(): StoredClock[];
}

export function nodeClockRows(connection: Connection): NodeClockRows {
  const { db } = connection;
  const upsert = db.prepare<StoredClock>(
    'INSERT OR REPLACE INTO node_clocks (node, body) VALUES (@node, @body)',
  );
  const select = db.prepare<[], StoredClock>('SELECT node, body FROM node_clocks ORDER BY node');
  return {
    put: (clocks) => {
      if (clocks.length > 0)
        connection.write(() => {
          for (const clock of clocks) upsert.run(clock);
        });
    },
    all: () => connection.read(() => select.all()),
  };
}
