// What the server made of the churn: every moment of evidence that can still be revoked, and what it could not name, from its own database.
import Database from 'better-sqlite3';
import { ip } from '../../src/domain/ip.ts';
import { identityTitle } from '../../src/domain/identity.ts';
import type { Identity } from '../../src/domain/identity.ts';
import type { Lease } from '../../src/domain/lease.ts';
import { openStore } from '../../src/store/store.ts';
import { anchorOf, NAMESPACE, NODE_NAMES } from './churn-world.ts';
import type { NodeName } from './world.ts';

/** Connections between an anchor and another address, of one second or one dump as one node saw them. */
export interface AttributedMoment {
  readonly anchor: NodeName;
  /** The other address, and whether it was the client. */
  readonly ip: string;
  readonly role: 'client' | 'server';
  readonly protocol: string;
  readonly port: number;
  /** Whom the server takes for the holder of `ip`: a workload's name, or a title. */
  readonly holder: string;
  readonly witness: string;
  /** Unix ms by the server's clock. */
  readonly start: number;
  readonly end: number;
  readonly opened: number;
  readonly present: number;
}

export interface ChurnEvidence {
  readonly moments: readonly AttributedMoment[];
  /** What could not be named, by reason and hour. */
  readonly unattributed: readonly { readonly reason: string; readonly count: number }[];
  /** What late facts revoked, by what came of it and hour. */
  readonly withdrawn: readonly { readonly outcome: string; readonly count: number }[];
  readonly leases: readonly Lease[];
}

/** Reads a copy, since a running server lets nobody else write. `copy` is a file that does not exist. */
export function readEvidence(database: string, copy: string): ChurnEvidence {
  const source = new Database(database, { readonly: true });
  source.prepare('VACUUM INTO ?').run(copy);
  source.close();
  const store = openStore(copy);
  try {
    const moments = NODE_NAMES.flatMap((anchor) => {
      const { address } = anchorOf(anchor);
      const span = { from: 0, until: Number.MAX_SAFE_INTEGER };
      return store.edges.restingOn(ip(address), span).map(({ evidence, addresses }): AttributedMoment => {
        const role = addresses.server === address ? 'client' : 'server';
        return {
          anchor,
          ip: (role === 'client' ? addresses.client : addresses.server) ?? 'unknown',
          role,
          protocol: evidence.protocol,
          port: evidence.port,
          holder: nameOf(role === 'client' ? evidence.client : evidence.server),
          witness: evidence.witness,
          start: evidence.during.start,
          end: evidence.during.end,
          opened: evidence.opened,
          present: evidence.present,
        };
      });
    });
    return {
      moments,
      unattributed: store.unattributed.list(),
      withdrawn: store.withdrawn.list(),
      leases: store.leases.all(),
    };
  } finally {
    store.close();
  }
}

function nameOf(identity: Identity): string {
  return identity.kind === 'workload' && identity.workload.namespace === NAMESPACE
    ? identity.workload.name
    : identityTitle(identity);
}
