/**
 * A node that rewrites a client (masquerade, NodePort) tells of the client, and of its own address as the one seen; the
 * server's node tells of that address as the client. This says which evidence can be the one or the other.
 */
import type { Evidence } from '../domain/edge.ts';
import { identityKey } from '../domain/identity.ts';

/** Values of the column `masquerade`. */
export const NOT_REWRITTEN = 0;
/** The witness put an address of its own in the client's place. */
export const REWRITTEN = 1;
/** The client is another node, which may have put its address in the place of someone else's. */
export const PERHAPS_REWRITTEN = 2;

export type Masquerade = typeof NOT_REWRITTEN | typeof REWRITTEN | typeof PERHAPS_REWRITTEN;

/** Follows from what identifies a row of evidence alone. A server outside every lease has no node that could tell of it. */
export function masqueradeOf(row: Pick<Evidence, 'client' | 'view' | 'witness' | 'serverLease'>): Masquerade {
  const { client, witness, serverLease } = row;
  const { seen } = row.view;
  if (seen.kind !== 'node' || serverLease === null) return NOT_REWRITTEN;
  if (client.kind === 'node' && identityKey(client) === identityKey(seen))
    return seen.name === witness ? NOT_REWRITTEN : PERHAPS_REWRITTEN;
  return seen.name === witness ? REWRITTEN : NOT_REWRITTEN;
}
