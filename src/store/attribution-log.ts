/** What was attributed in the last hours or days, moment by moment, so that it can be revoked. Written in one piece per transaction. */
import type { Connection } from './connection.ts';
import { decodeMoments, encodeMoments } from './moment-codec.ts';
import type { LoggedMoment } from './moment-codec.ts';

/** The moments of one transaction. */
export interface LogEntry {
  readonly id: number;
  readonly moments: readonly LoggedMoment[];
}

export interface AttributionLog {
  append(moments: readonly LoggedMoment[]): void;
  /** The end of the latest moment, unix ms; null when there is none. */
  latest(): number | null;
  /** Entries that may hold moments of this time (unix ms, both included), oldest first. */
  during(from: number, until: number): LogEntry[];
  /** Puts these moments in place of an entry's; none removes the entry. */
  rewrite(id: number, moments: readonly LoggedMoment[]): void;
  /** Forgets entries that lie wholly before `before` (unix ms): what they hold can no longer be revoked. Returns how many. */
  prune(before: number): number;
}

interface Row {
  readonly id: number;
  readonly from_ms: number;
  readonly body: Buffer;
}

export function attributionLog({ db }: Connection): AttributionLog {
  const insert = db.prepare<[number | null, number, number, Buffer]>(
    'INSERT OR REPLACE INTO attribution_log (id, from_ms, until_ms, body) VALUES (?, ?, ?, ?)',
  );
  const select = db.prepare<[number, number], Row>(
    'SELECT id, from_ms, body FROM attribution_log WHERE until_ms >= ? AND from_ms <= ? ORDER BY id',
  );
  const remove = db.prepare<[number]>('DELETE FROM attribution_log WHERE id = ?');
  const prune = db.prepare<[number]>('DELETE FROM attribution_log WHERE until_ms < ?');
  const put = (id: number | null, moments: readonly LoggedMoment[]): void => {
    let from = Number.POSITIVE_INFINITY;
    let until = Number.NEGATIVE_INFINITY;
    for (const { at, start, end } of moments) {
      from = Math.min(from, at, start);
      until = Math.max(until, at, end);
    }
    insert.run(id, from, until, encodeMoments(moments, from));
  };
  const latest = db.prepare<[], number | null>('SELECT max(until_ms) FROM attribution_log').pluck();
  return {
    latest: () => latest.get() ?? null,
    append: (moments) => {
      if (moments.length > 0) put(null, moments);
    },
    during: (from, until) =>
      select.all(from, until).map((row) => ({ id: row.id, moments: decodeMoments(row.body, row.from_ms) })),
    rewrite: (id, moments) => {
      if (moments.length > 0) put(id, moments);
      else remove.run(id);
    },
    prune: (before) => prune.run(before).changes,
  };
}
