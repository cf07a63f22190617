/**
 * The lease book: every holder of every address, with the bounds of when. It learns from facts in the
 * order they were observed and answers who could have held an address at a time. It never forgets
 * a holder because its object went away, and never reads a clock.
 */
import type { ServiceRef } from '../domain/edge.ts';
import type { IpAddress } from '../domain/ip.ts';
import { nodeOfHolder } from '../domain/lease.ts';
import type { Holder, Lease } from '../domain/lease.ts';
import type { Protocol } from '../domain/protocol.ts';
import { compareText } from '../domain/text-order.ts';
import type { ApiServerFact, NodeFact, PodFact, ServiceFact } from './facts.ts';
import { LeaseTable } from './lease-table.ts';
import type { LeaseRow } from './lease-table.ts';
import { NodeBoots } from './node-boots.ts';
import { PodLeases } from './pod-leases.ts';
import type { Interval } from './resolve.ts';
import type { RevisedSpan } from './revised-addresses.ts';
import { joined } from './revised-spans.ts';
import type { Span } from './revised-spans.ts';
import { uncertainParts } from './uncertain-parts.ts';
import { StandingLeases } from './standing-leases.ts';
import { restoredBounds } from './restored-bounds.ts';

export type { RevisedSpan } from './revised-addresses.ts';

/** A time in which pods, or those of one node, could come and go or have another address without being told; unix ms. */
export interface UnwatchedTime extends Span {
  /** Null for all nodes. */
  readonly node: string | null;
}

export class LeaseBook {
  readonly #table = new LeaseTable();
  readonly #pods = new PodLeases(this.#table);
  readonly #standing = new StandingLeases(this.#table);
  /** Node ports are given out once in a cluster; the last Service that had one is meant. */
  readonly #nodePorts = new Map<string, ServiceRef>();
  readonly #boots = new NodeBoots();
  #lastRestored = 0;
  /** Told since what was revised was taken last. */
  #unwatchedAnew: Span[] = [];
  #isUnwatchedNew = false;

  /** How many leases it knows. */
  get size(): number {
    return this.#table.size;
  }

  /** A pod as it was listed or watched at `observedAt` (unix ms, our clock). */
  observePod(fact: PodFact, observedAt: number): void {
    this.#pods.observe(fact, observedAt);
    this.#table.settle();
  }

  /** The pod's object is gone from the API since `observedAt` or earlier. */
  removePod(uid: string, observedAt: number): void {
    this.#pods.remove(uid, observedAt);
    this.#table.settle();
  }

  observeService(fact: ServiceFact, observedAt: number): void {
    const { namespace, name, ports } = fact;
    for (const { protocol, port } of fact.nodePorts)
      this.#nodePorts.set(`${protocol} ${port}`, { namespace, name });
    this.#standing.observe(
      `service:${fact.uid}`,
      {
        holder: { kind: 'service', namespace, name, ports },
        ips: fact.ips,
        since: fact.createdAt - (fact.doubt?.apiMs ?? 0),
      },
      observedAt,
    );
    this.#table.settle();
  }

  removeService(uid: string, observedAt: number): void {
    this.#standing.remove(`service:${uid}`, observedAt);
    this.#table.settle();
  }

  observeNode(fact: NodeFact, observedAt: number): void {
    this.#standing.observe(
      `node:${fact.uid}`,
      {
        holder: { kind: 'node', name: fact.name },
        ips: fact.ips,
        since: fact.createdAt - (fact.doubt?.apiMs ?? 0),
      },
      observedAt,
    );
    const reboot = this.#boots.observe(fact, observedAt);
    if (reboot !== null) this.#pods.rebooted(fact.name, reboot.beforeAt, reboot.sinceAt);
    this.#table.settle();
  }

  removeNode(uid: string, observedAt: number): void {
    this.#standing.remove(`node:${uid}`, observedAt);
    this.#table.settle();
  }

  /** The API server predates everything that can be observed through it, so its addresses have no lower bound. */
  observeApiServer(fact: ApiServerFact, observedAt: number): void {
    this.#standing.observe(
      'apiserver',
      { holder: { kind: 'apiserver', ports: fact.ports }, ips: fact.ips, since: 0 },
      observedAt,
    );
    this.#table.settle();
  }

  /**
   * Between the two, unix ms, pods could come and go without being told (the watch began anew with a list). Told before what the list
   * said. Within such a time only what is certain is exact.
   */
  unwatched(from: number, until: number): void {
    if (from >= until) return;
    this.#table.setUnwatched(joined([...this.#table.unwatched, { from, until }]));
    this.#unwatchedAnew.push({ from, until });
  }

  /** All leases of an address with their bounds tightened by each other, by `from`. */
  leasesOf(ip: IpAddress): readonly Lease[] {
    return this.#table.leasesOf(ip);
  }

  everHeldBy(ip: IpAddress, kind: Holder['kind']): boolean {
    return this.#table.everHeldBy(ip, kind);
  }

  onlyPodDuring(ip: IpAddress, { start, end }: Interval): Lease | null {
    return this.#table.onlyPodDuring(ip, start, end);
  }

  leasesDuring(ip: IpAddress, interval: Interval): readonly Lease[] {
    return this.#table.during(ip, interval.start, interval.end);
  }

  unwatchedDuring(interval: Interval, holder: Holder): Interval | null {
    const { unwatched, unheard } = this.#table;
    if (unwatched.length === 0 && unheard.isEmpty) return null;
    const everywhere = hullWithin(unwatched, interval);
    // A holder is far away in memory, and is looked at only when it matters.
    const here = unheard.isEmpty ? null : hullWithin(unheard.on(nodeOfHolder(holder) ?? ''), interval);
    if (everywhere === null || here === null) return everywhere ?? here;
    return { start: Math.min(everywhere.start, here.start), end: Math.max(everywhere.end, here.end) };
  }

  serviceAtNodePort(protocol: Protocol, port: number): ServiceRef | null {
    return this.#nodePorts.get(`${protocol} ${port}`) ?? null;
  }

  /** Takes back what was persisted, in any order, before anything is observed. */
  restore(leases: Iterable<Lease>): void {
    const holders = new Map<string, number>();
    for (const lease of leases) {
      const { holder, ip, id } = lease;
      const isPod = holder.kind === 'pod';
      const owner = isPod ? '' : ownerIn(id, ip);
      const key = isPod ? (holder.mirrorOf ?? holder.uid) : `${owner} ${JSON.stringify(holder)}`;
      let index = holders.get(key);
      if (index === undefined) {
        index = this.#table.addHolder(holder, isPod ? null : owner);
        holders.set(key, index);
      }
      const row = this.#table.addRestored(lease, index, restoredBounds(lease));
      // The sandbox is remembered while its pod is there: of closed leases without it nobody will speak again.
      if (holder.kind === 'pod') {
        if (lease.until === null || lease.sandbox !== undefined) this.#pods.restored(lease, row);
      } else if (lease.until === null) this.#standing.restored(owner, ip, row);
      const { heldFrom, heldUntil, until } = lease;
      this.#lastRestored = Math.max(this.#lastRestored, heldFrom, heldUntil ?? 0, until ?? 0);
    }
    this.#table.settleRestored();
  }

  /**
   * After a restart, once everything was listed again: what was restored and is no longer there ended while nobody looked, after
   * `lastObserved` (unix ms; the last that was learnt before the restart, unless told). A pod's end stays open, because it may have
   * been force-deleted and live on.
   */
  closeAbsent(observedAt: number, lastObserved: number = this.#lastRestored): void {
    const gap = { observedAt, lastObserved: Math.min(lastObserved, observedAt) };
    if (gap.lastObserved > 0) this.unwatched(gap.lastObserved, observedAt);
    this.#pods.closeAbsent(gap);
    this.#standing.closeAbsent(gap);
    this.#table.settle();
  }

  /** Leases that are not as they were at the last call, to be persisted. */
  takeChanged(): Lease[] {
    return this.#table.takeChanged().map((row) => this.#lease(row));
  }

  /** The names of nodes of which a new boot was told since the last call. */
  takeRebooted(): string[] {
    return this.#boots.takeRebooted();
  }

  /** Where an exact answer may have changed since the last call. The span of a new lease is among them. */
  takeRevised(): RevisedSpan[] {
    return [...this.#table.takeRevised(), ...this.#doubted()];
  }

  /** All times in which pods could come and go without being told; null when they are as at the last call. Asked for after `takeRevised`. */
  takeUnwatched(): UnwatchedTime[] | null {
    if (!this.#isUnwatchedNew) return null;
    this.#isUnwatchedNew = false;
    const { unwatched, unheard } = this.#table;
    return [
      ...unwatched.map((span) => ({ node: null, ...span })),
      ...unheard.all().map(({ node, span }) => ({ node, ...span })),
    ];
  }

  /** Takes back what was persisted, before anything is observed. */
  restoreUnwatched(times: readonly UnwatchedTime[]): void {
    const everywhere = times.filter(({ node }) => node === null);
    this.#table.setUnwatched(joined(everywhere.map(({ from, until }) => ({ from, until }))));
    for (const { node, from, until } of times)
      if (node !== null) this.#table.unheard.restore(node, { from, until });
  }

  /** Every lease, by address. */
  all(): Lease[] {
    return this.#table
      .ips()
      .toSorted(compareText)
      .flatMap((ip) => this.#table.rowsOf(ip).map((row) => this.#lease(row)));
  }

  /** Forgets leases that ended before `time` (unix ms). Returns how many. */
  forgetBefore(time: number): number {
    this.#table.setUnwatched(this.#table.unwatched.filter(({ until }) => until >= time));
    this.#table.unheard.forgetBefore(time);
    this.#isUnwatchedNew = true;
    const held = new Set([...this.#pods.rows(), ...this.#standing.rows()]);
    const forgotten = this.#table.forgetBefore(time, held);
    const moved = this.#table.compact();
    if (moved !== null) {
      this.#pods.renumber(moved);
      this.#standing.renumber(moved);
    }
    return forgotten;
  }

  /** Where a time in which pods, or those of one node, were not told takes away an exact answer that was given before. */
  #doubted(): RevisedSpan[] {
    const unwatched = this.#unwatchedAnew.map((span) => ({ node: null, span }));
    this.#unwatchedAnew = [];
    const doubts = [...unwatched, ...this.#table.unheard.takeAdded()];
    if (doubts.length === 0) return [];
    this.#isUnwatchedNew = true;
    return this.#table.ips().flatMap((ip) => {
      const spans = doubts.flatMap(({ node, span }) =>
        this.#table
          .during(ip, span.from, span.until)
          .filter(({ holder }) => holder.kind === 'pod' && (node === null || holder.node === node))
          .flatMap((lease) => uncertainParts(lease, span)),
      );
      return joined(spans).map((span) => ({ ip, ...span }));
    });
  }

  #lease(row: LeaseRow): Lease {
    return this.#table.lease(row, this.#pods.markOf(row));
  }
}

/** The words before the address in an id: those that all leases of a holder begin with. */
function ownerIn(id: string, ip: IpAddress): string {
  const end = id.lastIndexOf(`:${ip}`);
  return end < 0 ? id : id.slice(0, end);
}

/** From the first to the last instant of the interval that is in one of the spans, which are in order and disjoint; null when none is. */
function hullWithin(spans: readonly Span[], { start, end }: Interval): Interval | null {
  let [first, last] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const { from, until } of spans) {
    if (from >= end || until <= start) continue;
    first = Math.min(first, Math.max(from, start));
    last = Math.min(until, end);
  }
  return first < last ? { start: first, end: last } : null;
}
