/** What an edge rests on, as it is shown to a person: rows of evidence with the leases behind them. */
import type { ServiceRef } from './edge.ts';
import type { Identity } from './identity.ts';
import type { IpAddress } from './ip.ts';
import type { Holder } from './lease.ts';

/** A lease that evidence rests on. */
export interface EvidenceLease {
  readonly id: string;
  /** Who held which address; null when the lease itself is no longer kept. */
  readonly held: { readonly ip: IpAddress; readonly holder: Holder } | null;
}

/** One row of what an edge rests on. Times are unix ms. */
export interface EvidenceRow {
  readonly hour: number;
  /** Null for an end outside every lease. */
  readonly clientLease: EvidenceLease | null;
  readonly serverLease: EvidenceLease | null;
  /** Name of the node whose agent saw it. */
  readonly witness: string;
  readonly seen: Identity;
  readonly ownNode: boolean;
  readonly service: ServiceRef | null;
  readonly opened: number;
  readonly present: number;
  readonly answered: number;
  readonly bytes: number;
  readonly first: number;
  readonly last: number;
}
