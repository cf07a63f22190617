/** A pod's lease as it was when it was looked up. Its id, a string of some sixty letters, is made when somebody reads it. */
import type { IpAddress } from '../domain/ip.ts';
import type { BoundSources, Holder, Lease } from '../domain/lease.ts';
import type { LeaseColumns } from './lease-columns.ts';

type PodHolder = Extract<Holder, { kind: 'pod' }>;

export class PodLeaseView implements Lease {
  readonly ip: IpAddress;
  readonly holder: PodHolder;
  readonly from: number;
  readonly heldFrom: number;
  readonly heldUntil: number | null;
  readonly until: number | null;
  readonly sources: BoundSources;
  readonly #ordinal: number;

  constructor(columns: LeaseColumns, row: number, of: { ip: IpAddress; holder: PodHolder }) {
    const until = columns.until(row);
    this.ip = of.ip;
    this.holder = of.holder;
    this.from = columns.from(row);
    this.heldFrom = columns.heldFrom(row);
    this.heldUntil = columns.heldUntil(row);
    this.until = until === Number.POSITIVE_INFINITY ? null : until;
    this.sources = columns.sources(row);
    this.#ordinal = columns.ordinal(row);
  }

  get id(): string {
    const { mirrorOf, uid } = this.holder;
    return `pod:${mirrorOf ?? uid}:${this.ip}:${this.#ordinal}`;
  }
}
