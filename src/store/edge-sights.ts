/**
 * What each node told of an edge, read from its evidence: without what was folded into other edges, and with what others
 * told of the addresses that were put in a client's place.
 */
import type Database from 'better-sqlite3';
import { leftOver } from './edge-fold.ts';
import type { FoldableSighting } from './edge-fold.ts';
import { PERHAPS_REWRITTEN, REWRITTEN } from './masquerade.ts';
import type { Masquerade } from './masquerade.ts';
import { rewrittenReader } from './rewritten.ts';

/** A row of evidence; all but times and counts are ids. */
export interface Sight {
  readonly hour: number;
  readonly client_lease: number;
  readonly server_lease: number;
  readonly witness: number;
  readonly seen: number;
  readonly own_node: number;
  readonly service: number;
  readonly masquerade: Masquerade;
  readonly opened: number;
  readonly present: number;
  readonly answered: number;
  readonly bytes: number;
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

export interface SightReader {
  /** In no order. Of what was folded in part the counts are what is left; of what was folded whole there is nothing. */
  sightsOf(edge: number): Sight[];
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
    sightsOf: (edge) => {
      const sights = selectSights.all(edge);
      if (!sights.some(({ masquerade }) => masquerade === PERHAPS_REWRITTEN)) return sights;
      const byHour = Map.groupBy(sights, ({ hour }) => hour);
      return [...byHour].flatMap(([hour, ofHour]) => unfolded(ofHour, rewritten(edge, hour)));
    },
    wordsOf: (edge, seen, serverLease) => selectWords.all({ edge, seen, serverLease }),
  };
}

/** The counts that are left of a witness stand at one of its rows. */
function unfolded(sights: readonly Sight[], rewritten: Parameters<typeof leftOver>[1]): Sight[] {
  const foldable = Map.groupBy(
    sights.filter(({ masquerade }) => masquerade === PERHAPS_REWRITTEN),
    ({ server_lease: lease, witness }) => `${lease} ${witness}`,
  );
  const left = [...foldable.values()].flatMap((told) => {
    const [counted] = leftOver(told.map(sightingOf), rewritten);
    if (counted === undefined) return [];
    const [, , , opened, present, answered, bytes] = counted;
    const none = { opened: 0, present: 0, answered: 0, bytes: 0 };
    return told.map((sight, index) =>
      index === 0 ? { ...sight, opened, present, answered, bytes } : { ...sight, ...none },
    );
  });
  return [...sights.filter(({ masquerade }) => masquerade !== PERHAPS_REWRITTEN), ...left];
}

function sightingOf(sight: Sight): FoldableSighting {
  const { client_lease: client, server_lease: server, witness, masquerade } = sight;
  const { opened, present, answered, bytes } = sight;
  return [client, server, witness, opened, present, answered, bytes, masquerade];
}

/** Whether its witness put an address of its own in the client's place, of which others can have told. */
export function isRewritten(sight: Sight): boolean {
  return sight.masquerade === REWRITTEN;
}
