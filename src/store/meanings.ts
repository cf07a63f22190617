import type Database from 'better-sqlite3';
import type { ServiceRef } from '../domain/edge.ts';
import type { Identity } from '../domain/identity.ts';
import type { IpAddress } from '../domain/ip.ts';
import { nodeOfHolder } from '../domain/lease.ts';
import type { Holder } from '../domain/lease.ts';

/** What ids mean, for one reading: a pod's name follows from its lease, which may change between two. */
export interface Meanings {
  readonly identity: (id: number) => Identity;
  readonly witness: (id: number) => string;
  readonly service: (id: number) => ServiceRef;
  readonly pod: (lease: number) => string;
  /** The lease's own text; null for what is outside every lease. */
  readonly lease: (id: number) => string | null;
  /** The address that was leased; null for what is outside every lease. */
  readonly leased: (id: number) => IpAddress | null;
  /** Name of the node that hosts the pod, or that held the address itself; null when it is not known or there is none. */
  readonly node: (lease: number) => string | null;
}

/** Each call of the result starts with nothing remembered. */
export function meaningsOf(db: Database.Database): () => Meanings {
  const identity = db.prepare<[number], string>('SELECT json FROM identities WHERE id = ?').pluck();
  const witness = db.prepare<[number], string>('SELECT name FROM witnesses WHERE id = ?').pluck();
  const service = db.prepare<[number], ServiceRef>('SELECT namespace, name FROM services WHERE id = ?');
  const pod = db
    .prepare<[number], string>(
      'SELECT coalesce(pod, text) FROM lease_ids LEFT JOIN leases ON lease = id WHERE id = ?',
    )
    .pluck();
  const lease = db.prepare<[number], string>('SELECT text FROM lease_ids WHERE id = ?').pluck();
  const leased = db.prepare<[number], string>('SELECT ip FROM leases WHERE lease = ?').pluck();
  const holder = db.prepare<[number], string>('SELECT holder FROM leases WHERE lease = ?').pluck();
  return () => ({
    identity: remembering((id) => JSON.parse(promised(identity.get(id))) as Identity),
    witness: remembering((id) => promised(witness.get(id))),
    service: remembering((id) => promised(service.get(id))),
    pod: remembering((id) => promised(pod.get(id))),
    leased: remembering((id) => (leased.get(id) ?? null) as IpAddress | null),
    node: remembering((id) => nodeOf(holder.get(id))),
    lease: remembering((id) => (id === 0 ? null : promised(lease.get(id)))),
  });
}

function nodeOf(json: string | undefined): string | null {
  return json === undefined ? null : nodeOfHolder(JSON.parse(json) as Holder);
}

/** The same function, which asks `lookUp` once for each id. */
export function remembering<Id, T>(lookUp: (id: Id) => T): (id: Id) => T {
  const known = new Map<Id, T>();
  return (id) => {
    const found = known.get(id);
    if (found !== undefined) return found;
    const value = lookUp(id);
    known.set(id, value);
    return value;
  };
}

/** Foreign keys promise the row; its absence would be a defect of this folder. */
function promised<T>(row: T | undefined): T {
  if (row === undefined) throw new RangeError('a foreign key leads nowhere');
  return row;
}
