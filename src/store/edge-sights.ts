/**
 * What each node told of an edge, read from its evidence: without what was folded into other edges, and with what others
 * told of the addresses that were put in a client's place.
 */
import type Database from 'better-sqlite3';
import type { HourCounts } from '../domain/edge.ts';
import { leftOver } from './edge-fold.ts';
import { hourCounts } from './edge-hour.ts';
import type { Sighting } from './edge-hour.ts';
import { PERHAPS_REWRITTEN, REWRITTEN } from './masquerade.ts';
import { rewrittenReader } from './rewritten.ts';

/** A row of evidence; all but times and counts are ids. */
export interface Sight extends Sighting {
  readonly hour: number;
  readonly seen: number;
  readonly own_node: number;
  readonly service: number;
  readonly first: number;
  readonly last: number;
  /** As batch-slots.ts packs them; null for other protocols than UDP. */
  readonly slots: number | null;
}

/** When a node told of something. */
export interface Word {
  readonly witness: number;
  readonly hour: number;
  readonly first: number;
  readonly last: number;
}

/** What all nodes told of an edge. Of what was folded in part the counts are what is left; of what was folded whole there is nothing. */
export interface Told {
  /** In no order. */
  readonly sights: readonly Sight[];
  /** Ascending. What a node told of clients behind its address counts for the edge of that node, too. */
  readonly hours: readonly HourCounts[];
  /** Of everything that was told, unix ms; infinite, and minus that, when nothing was. */
  readonly first: number;
  readonly last: number;
}

export interface SightReader {
  /** Null when everything that was told of the edge was folded into others. */
  toldOf(edge: number): Told | null;
  /** What was told of connections of the identity `seen` to one lease of the server, protocol and port of this edge. */
  wordsOf(edge: number, seen: number, serverLease: number): Word[];
}

// Without ORDER BY or DISTINCT, for which SQLite with STAT4 would compile the statement anew for each edge.
const SELECT_SIGHTS = `
SELECT hour, client_lease, server_lease, witness, seen, own_node, service, masquerade,
       opened, present, answered, bytes, first_ms AS first, last_ms AS last, slots
FROM evidence WHERE edge = ?`;

const SELECT_WORDS = `
SELECT witness, hour, first_ms AS first, last_ms AS last
FROM edges AS edge
  CROSS JOIN edges AS other ON other.client = @seen AND other.server = edge.server
    AND other.protocol = edge.protocol AND other.port = edge.port
  CROSS JOIN evidence ON evidence.edge = other.id
WHERE edge.id = @edge AND server_lease = @serverLease AND evidence.seen = @seen`;

export function sightReader(db: Database.Database): SightReader {
  const selectSights = db.prepare<[number], Sight>(SELECT_SIGHTS);
  const selectWords = db.prepare<{ edge: number; seen: number; serverLease: number }, Word>(SELECT_WORDS);
  const rewritten = rewrittenReader(db);
  return {
    toldOf: (edge) => {
      const sights = selectSights.all(edge);
      const first = sights.reduce(
        (earliest, sight) => Math.min(earliest, sight.first),
        Number.POSITIVE_INFINITY,
      );
      const last = sights.reduce((latest, sight) => Math.max(latest, sight.last), Number.NEGATIVE_INFINITY);
      const byHour = [...Map.groupBy(sights, ({ hour }) => hour)].toSorted(([a], [b]) => a - b);
      if (!sights.some(isFoldable))
        return {
          sights,
          hours: byHour.map(([hour, ofHour]) => ({ hour, ...hourCounts(ofHour) })),
          first,
          last,
        };
      const unfolded = byHour.map(([hour, ofHour]) => unfoldedHour(ofHour, rewritten(edge, hour)));
      const hours = byHour.flatMap(([hour, ofHour]) => {
        const left = ofHour.some(isFoldable) ? leftOver(ofHour, rewritten(edge, hour)) : ofHour;
        return left.length === 0 ? [] : [{ hour, ...hourCounts(left) }];
      });
      return hours.length === 0 ? null : { sights: unfolded.flat(), hours, first, last };
    },
    wordsOf: (edge, seen, serverLease) => selectWords.all({ edge, seen, serverLease }),
  };
}

/** The counts that are left of a witness stand at one of its rows. */
function unfoldedHour(sights: readonly Sight[], rewritten: Parameters<typeof leftOver>[1]): Sight[] {
  const foldable = Map.groupBy(
    sights.filter(isFoldable),
    ({ server_lease: lease, witness }) => `${lease} ${witness}`,
  );
  const left = [...foldable.values()].flatMap((told) => {
    const [counted] = leftOver(told, rewritten);
    if (counted === undefined) return [];
    const { opened, present, answered, bytes } = counted;
    const none = { opened: 0, present: 0, answered: 0, bytes: 0 };
    return told.map((sight, index) =>
      index === 0 ? { ...sight, opened, present, answered, bytes } : { ...sight, ...none },
    );
  });
  return [...sights.filter((sight) => !isFoldable(sight)), ...left];
}

/** Whether its client is another node, which may have put its address in the place of someone else's. */
function isFoldable({ masquerade }: Sighting): boolean {
  return masquerade === PERHAPS_REWRITTEN;
}

/** Whether its witness put an address of its own in the client's place, of which others can have told. */
export function isRewritten(sight: Sight): boolean {
  return sight.masquerade === REWRITTEN;
}
