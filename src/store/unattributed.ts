import { HOUR_MS } from '../domain/edge.ts';
import type { Connection } from './connection.ts';

/** Flows, or ends of flows, that could not be named. */
export interface Unattributed {
  /** Stable, kebab-case. */
  readonly reason: string;
  readonly end: 'client' | 'server' | 'flow';
  /** Start of the hour, unix ms. */
  readonly hour: number;
  /** Connections seen opening plus those found present. */
  readonly count: number;
  /** One of them: the text of its flow's key. */
  readonly example: string;
  /** When that one was; unix ms. */
  readonly at: number;
}

export interface UnattributedExample {
  /** The text of a flow's key. */
  readonly flow: string;
  /** Unix ms; null for those that were stored without. */
  readonly at: number | null;
}

/** The same, summed over an hour. */
export interface UnattributedHour extends Omit<Unattributed, 'example' | 'at'> {
  /** Of distinct flows, sorted by those, at most `MAX_EXAMPLES`. */
  readonly examples: readonly UnattributedExample[];
}

export interface UnattributedRows {
  /** Adds to the counts of (reason, end, hour); the first examples stay. */
  add(rows: readonly Unattributed[]): void;
  /** By hour, reason and end. */
  list(): UnattributedHour[];
  /** Forgets the hours that ended by `time` (unix ms). Returns how many counts went. */
  forgetBefore(time: number): number;
}

/** Distinct examples of each reason, end and hour: enough to see a pattern, few enough to keep for ever. */
export const MAX_EXAMPLES = 5;

type Counted = Omit<Unattributed, 'example' | 'at'>;
type Exemplified = Omit<Unattributed, 'count' | 'at'> & { readonly at: number | null };

export function unattributedRows(connection: Connection): UnattributedRows {
  const { db } = connection;
  const upsert = db.prepare<Counted>(
    `INSERT INTO unattributed (reason, end, hour, count) VALUES (@reason, @end, @hour, @count)
     ON CONFLICT DO UPDATE SET count = count + excluded.count`,
  );
  const exemplify = db.prepare<Exemplified>(
    `INSERT OR IGNORE INTO unattributed_examples (reason, end, hour, example, at)
     SELECT @reason, @end, @hour, @example, @at WHERE ${MAX_EXAMPLES} >
       (SELECT count(*) FROM unattributed_examples WHERE reason = @reason AND end = @end AND hour = @hour)`,
  );
  const select = db.prepare<[], Counted>(
    'SELECT reason, end, hour, count FROM unattributed ORDER BY hour, reason, end',
  );
  const selectExamples = db.prepare<Counted, UnattributedExample>(
    `SELECT example AS flow, at FROM unattributed_examples
     WHERE reason = @reason AND end = @end AND hour = @hour ORDER BY example`,
  );
  const forget = ['unattributed_examples', 'unattributed'].map((table) =>
    db.prepare<[number]>(`DELETE FROM ${table} WHERE hour < ?`),
  );
  return {
    add: (rows) =>
      connection.write(() => {
        for (const { count, examples, ...key } of summed(rows)) {
          upsert.run({ ...key, count });
          for (const { flow, at } of examples) exemplify.run({ ...key, example: flow, at });
        }
      }),
    forgetBefore: (time) =>
      connection.write(() => forget.reduce((_, statement) => statement.run(time - HOUR_MS + 1).changes, 0)),
    list: () =>
      connection.read(() => select.all().map((row) => ({ ...row, examples: selectExamples.all(row) }))),
  };
}

/** One row for each reason, end and hour, so that a batch of a thousand flows without a name writes a few rows. */
function summed(rows: readonly Unattributed[]): UnattributedHour[] {
  const groups = Map.groupBy(rows, ({ reason, end, hour }) => `${reason} ${end} ${hour}`);
  return [...groups.values()].flatMap((same) => {
    const [first] = same;
    if (first === undefined) return [];
    const { reason, end, hour } = first;
    const count = same.reduce((sum, each) => sum + each.count, 0);
    const firstOf = new Map<string, number>();
    for (const { example, at } of same)
      if (firstOf.size < MAX_EXAMPLES && !firstOf.has(example)) firstOf.set(example, at);
    const examples = [...firstOf].map(([flow, at]) => ({ flow, at }));
    return [{ reason, end, hour, count, examples }];
  });
}
