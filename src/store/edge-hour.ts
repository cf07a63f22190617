import type { HourCounts } from '../domain/edge.ts';
import type { Masquerade } from './masquerade.ts';

/** What one witness saw of one pair of leases under one view and Service: the columns of `evidence` that count. */
export type Sighting = readonly [
  clientLease: number,
  serverLease: number,
  witness: number,
  opened: number,
  present: number,
  answered: number,
  bytes: number,
  masquerade?: Masquerade,
];

type Counts = Omit<HourCounts, 'hour'>;

const NONE: Counts = { opened: 0, present: 0, answered: 0, bytes: 0 };

/**
 * The counts of one edge in one hour. A connection between two nodes is seen on both, so witnesses of one pair of
 * leases are never added up: what each saw is summed over its views and Services, each count is that of the witness
 * with the most, and pairs of leases, which never share a connection, are summed.
 */
export function hourCounts(sightings: readonly Sighting[]): Counts {
  let total = NONE;
  let pair = NONE;
  let witness = NONE;
  let last: Sighting | null = null;
  for (const sighting of sightings.toSorted(byPairAndWitness)) {
    const samePair = last?.[0] === sighting[0] && last[1] === sighting[1];
    if (!samePair || last?.[2] !== sighting[2]) {
      pair = greatest(pair, witness);
      witness = NONE;
    }
    if (!samePair) {
      total = sum(total, pair);
      pair = NONE;
    }
    const [, , , opened, present, answered, bytes] = sighting;
    witness = sum(witness, { opened, present, answered, bytes });
    last = sighting;
  }
  return sum(total, greatest(pair, witness));
}

function byPairAndWitness(a: Sighting, b: Sighting): number {
  return a[0] - b[0] || a[1] - b[1] || a[2] - b[2];
}

function sum(a: Counts, b: Counts): Counts {
  return {
    opened: a.opened + b.opened,
    present: a.present + b.present,
    answered: a.answered + b.answered,
    bytes: a.bytes + b.bytes,
  };
}

function greatest(a: Counts, b: Counts): Counts {
  return {
    opened: Math.max(a.opened, b.opened),
    present: Math.max(a.present, b.present),
    answered: Math.max(a.answered, b.answered),
    bytes: Math.max(a.bytes, b.bytes),
  };
}
