/** A pod's lease as it was when it was looked up. Its id, a string of some sixty letters, is made when somebody reads it. */
import type { IpAddress } from '../domain/ip.ts';
import type { BoundSources, Holder, Lease } from '../domain/lease.ts';
import type { AddressLeases, Place } from './address-leases.ts';

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

  constructor(address: AddressLeases, place: Place, of: { holder: PodHolder; sources: BoundSources }) {
    const until = address.until(place);
    this.ip = address.ip;
    this.holder = of.holder;
    this.from = address.from(place);
    this.heldFrom = address.heldFrom(place);
    this.heldUntil = address.heldUntil(place);
    this.until = until === Number.POSITIVE_INFINITY ? null : until;
    this.sources = of.sources;
    this.#ordinal = address.ordinal(place);
  }

  get id(): string {
    const { mirrorOf, uid } = this.holder;
    return `pod:${mirrorOf ?? uid}:${this.ip}:${this.#ordinal}`;
  }
}
