/**
 * What a lease book says of the addresses that one round of questions is about, looked up once for each: the same addresses are asked
 * about again and again. It answers as the book does, and must be thrown away before the book learns anything.
 */
import type { ServiceRef } from '../domain/edge.ts';
import type { IpAddress } from '../domain/ip.ts';
import type { Holder, Lease } from '../domain/lease.ts';
import type { Protocol } from '../domain/protocol.ts';
import type { Interval, LeaseLookup } from './resolve.ts';

export class LeasesAtHand implements LeaseLookup {
  readonly #book: LeaseLookup;
  readonly #time: Interval;
  readonly #byAddress = new Map<IpAddress, readonly Lease[]>();

  /** Of questions about any other time than `time` nothing is kept. */
  constructor(book: LeaseLookup, time: Interval) {
    this.#book = book;
    this.#time = time;
  }

  leasesDuring(ip: IpAddress, interval: Interval): readonly Lease[] {
    const leases = this.#leasesOf(ip, interval);
    if (leases === null) return this.#book.leasesDuring(ip, interval);
    return leases.every((lease) => touches(lease, interval))
      ? leases
      : leases.filter((lease) => touches(lease, interval));
  }

  onlyPodDuring(ip: IpAddress, interval: Interval): Lease | null {
    const leases = this.#leasesOf(ip, interval);
    if (leases === null) return this.#book.onlyPodDuring(ip, interval);
    let only: Lease | null = null;
    for (const lease of leases) {
      if (!touches(lease, interval)) continue;
      if (only !== null) return null;
      only = lease;
    }
    return only?.holder.kind === 'pod' ? only : null;
  }

  everHeldBy(ip: IpAddress, kind: Holder['kind']): boolean {
    return this.#book.everHeldBy(ip, kind);
  }

  unwatchedDuring(interval: Interval, holder: Holder): Interval | null {
    return this.#book.unwatchedDuring(interval, holder);
  }

  serviceAtNodePort(protocol: Protocol, port: number): ServiceRef | null {
    return this.#book.serviceAtNodePort(protocol, port);
  }

  /** By `from`, all that touch any instant of the time; null when the interval reaches beyond it. */
  #leasesOf(ip: IpAddress, { start, end }: Interval): readonly Lease[] | null {
    if (start < this.#time.start || end > this.#time.end) return null;
    const known = this.#byAddress.get(ip);
    if (known !== undefined) return known;
    const leases = this.#book.leasesDuring(ip, this.#time);
    this.#byAddress.set(ip, leases);
    return leases;
  }
}

function touches({ from, until }: Lease, { start, end }: Interval): boolean {
  return from < end && (until === null || until > start);
}
