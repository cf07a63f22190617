/**
 * Folds what the server's node told of a node's address into what that node told of the clients behind it: both saw the
 * same connections, one before and one after they were rewritten (DESIGN section 5).
 */
import type { Counts, Sighting } from './edge-hour.ts';
import { PERHAPS_REWRITTEN } from './masquerade.ts';

/**
 * What is left of an hour of an edge whose client is a node. `rewritten` is the sum of what the node told of clients behind
 * its address to this server in the hour, null when it told nothing: that much is subtracted from what each other node told
 * of the address, and what has no connection left is left out. Leases of a node's address are one: nobody else holds it.
 */
export function leftOver(
  sightings: readonly Sighting[],
  rewritten: (serverLease: number) => Counts | null,
): Sighting[] {
  const left: Sighting[] = [];
  const told = new Map<string, Sighting>();
  for (const sighting of sightings) {
    if (sighting.masquerade !== PERHAPS_REWRITTEN) {
      left.push({ ...sighting, client_lease: 0 });
      continue;
    }
    const key = `${sighting.server_lease} ${sighting.witness}`;
    const before = told.get(key);
    if (before === undefined) told.set(key, { ...sighting, client_lease: 0 });
    else
      told.set(key, {
        ...before,
        opened: before.opened + sighting.opened,
        present: before.present + sighting.present,
        answered: before.answered + sighting.answered,
        bytes: before.bytes + sighting.bytes,
      });
  }
  for (const sighting of told.values()) {
    const behind = rewritten(sighting.server_lease);
    const counts = behind === null ? sighting : { ...sighting, ...beyond(sighting, behind) };
    if (behind === null || counts.opened > 0 || counts.present > 0) left.push(counts);
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
