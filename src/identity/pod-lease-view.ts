/** A pod's lease as it was when it was looked up. Its id, a string of some sixty letters, is made when somebody reads it. */
import type { IpAddress } from '../domain/ip.ts';
import type { BoundSources, Lease } from '../domain/lease.ts';
import type { PodHolder } from './lease-holders.ts';
import type { SlabLease } from './lease-slab.ts';

export class PodLeaseView implements Lease {
  readonly ip: IpAddress;
  readonly from: number;
  readonly heldFrom: number;
  readonly heldUntil: number | null;
  readonly until: number | null;
  readonly #ordinal: number;
  /** In an array, because the engine looks at what is put into a field, and a holder is far away in memory. */
  readonly #of: readonly [PodHolder, BoundSources];

  constructor(ip: IpAddress, lease: SlabLease, of: readonly [PodHolder, BoundSources]) {
    this.ip = ip;
    this.from = lease.from;
    this.heldFrom = lease.heldFrom;
    this.heldUntil = lease.heldUntil;
    this.until = lease.until;
    this.#of = of;
    this.#ordinal = lease.ordinal;
  }

  get holder(): PodHolder {
    return this.#of[0];
  }

  get sources(): BoundSources {
    return this.#of[1];
  }

  get id(): string {
    const { mirrorOf, uid } = this.holder;
    return `pod:${mirrorOf ?? uid}:${this.ip}:${this.#ordinal}`;
  }
}
