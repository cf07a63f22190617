/**
 * Folds what the server's node told of a node's address into what that node told of the clients behind it: both saw the
 * same connections, one before and one after they were rewritten (DESIGN section 5).
 */
import type { HourCounts } from '../domain/edge.ts';
import type { Sighting } from './edge-hour.ts';
import { PERHAPS_REWRITTEN } from './masquerade.ts';

export type Counts = Omit<HourCounts, 'hour'>;

/** A row of evidence of one edge and hour. */
export type FoldableSighting = Required<Sighting>;

/**
 * What is left of an hour of an edge whose client is a node. `rewritten` is the sum of what the node told of clients behind
 * its address to this server in the hour, null when it told nothing: that much is subtracted from what each other node told
 * of the address, and what has no connection left is left out. Leases of a node's address are one: nobody else holds it.
 */
export function leftOver(
  sightings: readonly FoldableSighting[],
  rewritten: (serverLease: number) => Counts | null,
): Sighting[] {
  const left: Sighting[] = [];
  const told = new Map<string, { serverLease: number; witness: number; counts: Counts }>();
  for (const [, serverLease, witness, opened, present, answered, bytes, masquerade] of sightings) {
    if (masquerade !== PERHAPS_REWRITTEN) {
      left.push([0, serverLease, witness, opened, present, answered, bytes]);
      continue;
    }
    const key = `${serverLease} ${witness}`;
    const before = told.get(key)?.counts ?? { opened: 0, present: 0, answered: 0, bytes: 0 };
    const counts = {
      opened: before.opened + opened,
      present: before.present + present,
      answered: before.answered + answered,
      bytes: before.bytes + bytes,
    };
    told.set(key, { serverLease, witness, counts });
  }
  for (const { serverLease, witness, counts } of told.values()) {
    const behind = rewritten(serverLease);
    const { opened, present, answered, bytes } = behind === null ? counts : beyond(counts, behind);
    if (behind === null || opened > 0 || present > 0)
      left.push([0, serverLease, witness, opened, present, answered, bytes]);
  }
  return left;
}

function beyond(counts: Counts, behind: Counts): Counts {
  return {
    opened: Math.max(0, counts.opened - behind.opened),
    present: Math.max(0, counts.present - behind.present),
    answered: Math.max(0, counts.answered - behind.answered),
    bytes: Math.max(0, counts.bytes - behind.bytes),
  };
}
