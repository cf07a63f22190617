/**
 * What was attributed in the last hours or days, moment by moment, so that it can be revoked. Written in a few pieces per
 * transaction, each of a minute at most: what is asked of is a time, and little else is to be read for it.
 */
import type { Connection } from './connection.ts';
import { decodeMoments, encodeMoments, sightKeyText } from './moment-codec.ts';
import type { LoggedMoment, MomentsOfKey, SightKey } from './moment-codec.ts';

/** Moments of one transaction and minute. */
export interface LogEntry {
  readonly id: number;
  readonly moments: readonly LoggedMoment[];
}

export interface AttributionLog {
  append(keys: readonly MomentsOfKey[]): void;
  /** The end of the latest moment, unix ms; null when there is none. */
  latest(): number | null;
  /** Entries that may hold moments of this time (unix ms, both included), oldest first: of each the moments of the keys that are meant. */
  during(from: number, until: number, isMeant: (key: SightKey) => boolean): LogEntry[];
  /** Every moment of an entry. */
  momentsOf(id: number): LoggedMoment[];
  /** Puts these moments in place of an entry's; none removes the entry. */
  rewrite(id: number, moments: readonly LoggedMoment[]): void;
  /** Forgets entries that lie wholly before `before` (unix ms): what they hold can no longer be revoked. Returns how many. */
  prune(before: number): number;
}

const ENTRY_MS = 60_000;

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
  const selectOne = db.prepare<[number], Row>('SELECT id, from_ms, body FROM attribution_log WHERE id = ?');
  const remove = db.prepare<[number]>('DELETE FROM attribution_log WHERE id = ?');
  const prune = db.prepare<[number]>('DELETE FROM attribution_log WHERE until_ms < ?');
  const put = (id: number | null, keys: readonly MomentsOfKey[]): void => {
    let from = Number.POSITIVE_INFINITY;
    let until = Number.NEGATIVE_INFINITY;
    for (const { moments } of keys)
      for (const { at, start, end } of moments) {
        from = Math.min(from, at, start);
        until = Math.max(until, at, end);
      }
    insert.run(id, from, until, encodeMoments(keys, from));
  };
  const latest = db.prepare<[], number | null>('SELECT max(until_ms) FROM attribution_log').pluck();
  return {
    latest: () => latest.get() ?? null,
    append: (keys) => {
      for (const ofMinute of byMinute(keys)) put(null, ofMinute);
    },
    during: (from, until, isMeant) =>
      select
        .all(from, until)
        .map((row) => ({ id: row.id, moments: decodeMoments(row.body, row.from_ms, isMeant) })),
    momentsOf: (id) => selectOne.all(id).flatMap((row) => decodeMoments(row.body, row.from_ms)),
    rewrite: (id, moments) => {
      if (moments.length > 0) put(id, byKey(moments));
      else remove.run(id);
    },
    prune: (before) => prune.run(before).changes,
  };
}

function byMinute(keys: readonly MomentsOfKey[]): Iterable<readonly MomentsOfKey[]> {
  const minutes = new Map<number, MomentsOfKey[]>();
  for (const { key, moments } of keys)
    for (const [minute, ofMinute] of Map.groupBy(moments, ({ at }) => Math.floor(at / ENTRY_MS))) {
      const known = minutes.get(minute);
      if (known === undefined) minutes.set(minute, [{ key, moments: ofMinute }]);
      else known.push({ key, moments: ofMinute });
    }
  return minutes.values();
}

function byKey(moments: readonly LoggedMoment[]): MomentsOfKey[] {
  return [...Map.groupBy(moments, sightKeyText).values()].flatMap((ofKey) => {
    const [key] = ofKey;
    return key === undefined ? [] : [{ key, moments: ofKey }];
  });
}
