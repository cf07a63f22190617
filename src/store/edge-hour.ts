import type { HourCounts } from '../domain/edge.ts';
import type { Masquerade } from './masquerade.ts';

/** What one witness saw of one pair of leases under one view and Service: the columns of `evidence` that count. */
export interface Sighting extends Counts {
  readonly client_lease: number;
  readonly server_lease: number;
  readonly witness: number;
  readonly masquerade: Masquerade;
}

export type Counts = Omit<HourCounts, 'hour'>;

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
    const samePair =
      last?.client_lease === sighting.client_lease && last.server_lease === sighting.server_lease;
    if (!samePair || last?.witness !== sighting.witness) {
      pair = greatest(pair, witness);
      witness = NONE;
    }
    if (!samePair) {
      total = sum(total, pair);
      pair = NONE;
    }
    witness = sum(witness, sighting);
    last = sighting;
  }
  return sum(total, greatest(pair, witness));
}

function byPairAndWitness(a: Sighting, b: Sighting): number {
  return a.client_lease - b.client_lease || a.server_lease - b.server_lease || a.witness - b.witness;
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
