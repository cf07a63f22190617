/**
 * A pod's lease as it was when it was looked up. What few ask for is made when somebody reads it: its id, a string of some sixty
 * letters, and where its bounds came from.
 */
import type { IpAddress } from '../domain/ip.ts';
import type { BoundSources, Lease } from '../domain/lease.ts';
import type { PodHolder } from './lease-holders.ts';
import type { SourceCodes } from './source-codes.ts';

/** `heldUntil` is NaN while nothing ended it, `until` infinite while open; `sources` is the code of where the bounds came from. */
export type LeaseNumbers = readonly [
  from: number,
  heldFrom: number,
  heldUntil: number,
  until: number,
  ordinal: number,
  sources: number,
];

export class PodLeaseView implements Lease {
  readonly ip: IpAddress;
  /** Side by side in an array of numbers: as fields, each would be an object of its own. */
  readonly #numbers: LeaseNumbers;
  /** In an array, because the engine looks at what is put into a field, and a holder is far away in memory. */
  readonly #of: readonly [PodHolder, SourceCodes];
  #id: string | null = null;

  constructor(ip: IpAddress, numbers: LeaseNumbers, of: readonly [PodHolder, SourceCodes]) {
    this.ip = ip;
    this.#numbers = numbers;
    this.#of = of;
  }

  get from(): number {
    return this.#numbers[0];
  }

  get heldFrom(): number {
    return this.#numbers[1];
  }

  get heldUntil(): number | null {
    const heldUntil = this.#numbers[2];
    return Number.isNaN(heldUntil) ? null : heldUntil;
  }

  get until(): number | null {
    const until = this.#numbers[3];
    return until === Number.POSITIVE_INFINITY ? null : until;
  }

  get holder(): PodHolder {
    return this.#of[0];
  }

  get sources(): BoundSources {
    return this.#of[1].sourcesOf(this.#numbers[5]);
  }

  get id(): string {
    const { mirrorOf, uid } = this.holder;
    return (this.#id ??= `pod:${mirrorOf ?? uid}:${this.ip}:${this.#numbers[4]}`);
  }
}
