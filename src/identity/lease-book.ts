/**
 * The lease book: every holder of every address, with the bounds of when. It learns from facts in the
 * order they were observed and answers who could have held an address at a time. It never forgets
 * a holder because its object went away, and never reads a clock.
 */
import type { ServiceRef } from '../domain/edge.ts';
import type { IpAddress } from '../domain/ip.ts';
import type { Holder, Lease } from '../domain/lease.ts';
import type { Protocol } from '../domain/protocol.ts';
import { compareText } from '../domain/text-order.ts';
import type { ApiServerFact, NodeFact, PodFact, ServiceFact } from './facts.ts';
import { observedPodLease, removedPodLease } from './pod-lease.ts';

export class LeaseBook {
  readonly #byIp = new Map<IpAddress, Map<string, Lease>>();
  /** Bounded leases per address, sorted by `from`; dropped when the address learns something. */
  readonly #bounded = new Map<IpAddress, readonly Lease[]>();
  readonly #changed = new Set<IpAddress>();
  /** Addresses that Services, nodes and the API server have now, by owner. */
  readonly #held = new Map<string, readonly IpAddress[]>();
  /** Node ports are given out once in a cluster; the last Service that had one is meant. */
  readonly #nodePorts = new Map<string, ServiceRef>();
  readonly #pods = new Map<
    string,
    { fact: PodFact; observedAt: number; sandboxes: Map<IpAddress, string> }
  >();

  /** A pod as it was listed or watched at `observedAt` (unix ms, our clock). */
  observePod(fact: PodFact, observedAt: number): void {
    const before = this.#pods.get(fact.uid);
    if (fact.hostNetwork) return; // its node holds the address
    const sandboxes = before?.sandboxes ?? new Map<IpAddress, string>();
    for (const ip of before?.fact.ips ?? []) {
      const id = sandboxes.get(ip);
      const lease = id === undefined ? undefined : this.#byIp.get(ip)?.get(id);
      if (fact.ips.includes(ip) || lease === undefined || before === undefined) continue;
      this.#put(removedPodLease(lease, before.fact, { observedAt, lastObserved: before.observedAt }));
      sandboxes.delete(ip);
    }
    for (const ip of fact.ips) {
      const id = sandboxes.get(ip) ?? this.#openIdOf(ip, fact.uid);
      sandboxes.set(ip, id);
      // The first address of a pod cannot be older than the pod; a later one not older than our last sight of the old one.
      const isFirst = before === undefined || before.fact.ips.length === 0 || before.fact.ips.includes(ip);
      this.#put(
        observedPodLease(this.#byIp.get(ip)?.get(id) ?? null, fact, {
          id,
          ip,
          observedAt,
          notBefore: isFirst ? null : before.observedAt,
        }),
      );
    }
    this.#pods.set(fact.uid, { fact, observedAt, sandboxes });
  }

  /** The pod's object is gone from the API since `observedAt` or earlier. */
  removePod(uid: string, observedAt: number): void {
    const known = this.#pods.get(uid);
    if (known === undefined) return;
    for (const [ip, id] of known.sandboxes) {
      const lease = this.#byIp.get(ip)?.get(id);
      if (lease === undefined) continue;
      this.#put(removedPodLease(lease, known.fact, { observedAt, lastObserved: known.observedAt }));
    }
    this.#pods.delete(uid);
  }

  observeService(fact: ServiceFact, observedAt: number): void {
    const holder: Holder = { kind: 'service', namespace: fact.namespace, name: fact.name, ports: fact.ports };
    for (const { protocol, port } of fact.nodePorts)
      this.#nodePorts.set(`${protocol} ${port}`, { namespace: fact.namespace, name: fact.name });
    this.#hold(`service:${fact.uid}`, fact.ips, holder, { since: fact.createdAt, observedAt });
  }

  removeService(uid: string, observedAt: number): void {
    this.#hold(`service:${uid}`, [], null, { since: observedAt, observedAt });
  }

  observeNode(fact: NodeFact, observedAt: number): void {
    this.#hold(
      `node:${fact.uid}`,
      fact.ips,
      { kind: 'node', name: fact.name },
      { since: fact.createdAt, observedAt },
    );
  }

  removeNode(uid: string, observedAt: number): void {
    this.#hold(`node:${uid}`, [], null, { since: observedAt, observedAt });
  }

  /** The API server predates everything that can be observed through it, so its addresses have no lower bound. */
  observeApiServer(fact: ApiServerFact, observedAt: number): void {
    this.#hold('apiserver', fact.ips, { kind: 'apiserver', ports: fact.ports }, { since: 0, observedAt });
  }

  /**
   * All leases of an address with their bounds tightened by each other: a later pod's `heldFrom` closes an
   * earlier pod's `until`, so that the certain intervals of pod leases never overlap. Sorted by `from`.
   */
  leasesOf(ip: IpAddress): readonly Lease[] {
    const cached = this.#bounded.get(ip);
    if (cached !== undefined) return cached;
    const leases = boundByEachOther([...(this.#byIp.get(ip)?.values() ?? [])]);
    this.#bounded.set(ip, leases);
    return leases;
  }

  serviceAtNodePort(protocol: Protocol, port: number): ServiceRef | null {
    return this.#nodePorts.get(`${protocol} ${port}`) ?? null;
  }

  /** Takes back what was persisted, before anything is observed. */
  restore(leases: readonly Lease[]): void {
    for (const lease of leases) this.#put(lease);
    this.#changed.clear();
  }

  /**
   * After a restart, once everything was listed again: what was restored and is no longer there ended while nobody
   * looked. A pod's end stays open, because it may have been force-deleted and live on.
   */
  closeAbsent(observedAt: number): void {
    const held = new Set([...this.#held].flatMap(([owner, ips]) => ips.map((ip) => `${owner}:${ip}`)));
    for (const lease of [...this.#byIp.values()].flatMap((leases) => [...leases.values()])) {
      if (lease.until !== null) continue;
      if (lease.holder.kind === 'pod') {
        if (!this.#pods.has(lease.holder.uid))
          this.#put({ ...lease, heldUntil: lease.heldUntil ?? lease.heldFrom });
      } else if (!held.has(lease.id))
        this.#put({ ...lease, heldUntil: lease.heldUntil ?? lease.heldFrom, until: observedAt });
    }
  }

  /** Leases of addresses about which something was learnt since the last call, to be persisted. */
  takeChanged(): Lease[] {
    const changed = [...this.#changed].flatMap((ip) => [...this.leasesOf(ip)]);
    this.#changed.clear();
    return changed;
  }

  /** Every lease, by address. */
  all(): Lease[] {
    return [...this.#byIp.keys()].toSorted(compareText).flatMap((ip) => [...this.leasesOf(ip)]);
  }

  /** Gives `owner` exactly these addresses from now on; what it no longer has is closed. A null holder gives it none. */
  #hold(
    owner: string,
    ips: readonly IpAddress[],
    holder: Holder | null,
    time: { since: number; observedAt: number },
  ): void {
    for (const ip of this.#held.get(owner) ?? []) {
      const lease = this.#byIp.get(ip)?.get(`${owner}:${ip}`);
      if (lease === undefined || lease.until !== null || ips.includes(ip)) continue;
      this.#put({
        ...lease,
        heldUntil: Math.max(lease.heldFrom, lease.heldUntil ?? lease.heldFrom),
        until: time.observedAt,
      });
    }
    this.#held.set(owner, ips);
    if (holder === null) return;
    for (const ip of ips) {
      const id = `${owner}:${ip}`;
      const from = this.#byIp.get(ip)?.get(id)?.from ?? time.since;
      this.#put({ id, ip, holder, from, heldFrom: from, heldUntil: null, until: null });
    }
  }

  #put(lease: Lease): void {
    const leases = this.#byIp.get(lease.ip) ?? new Map<string, Lease>();
    leases.set(lease.id, lease);
    this.#byIp.set(lease.ip, leases);
    this.#bounded.delete(lease.ip);
    this.#changed.add(lease.ip);
  }

  /** The open lease of this pod on this address, as when it was restored; else a new one. */
  #openIdOf(ip: IpAddress, uid: string): string {
    const own = [...(this.#byIp.get(ip)?.values() ?? [])].filter(
      (lease) => lease.holder.kind === 'pod' && lease.holder.uid === uid,
    );
    return own.find((lease) => lease.until === null)?.id ?? `pod:${uid}:${ip}:${own.length}`;
  }
}

function boundByEachOther(leases: readonly Lease[]): Lease[] {
  const pods = leases
    .filter((lease) => lease.holder.kind === 'pod')
    .toSorted((a, b) => a.heldFrom - b.heldFrom || compareText(a.id, b.id));
  const bounded = pods.map((lease, index) => {
    const next = pods[index + 1]?.heldFrom ?? null;
    const until = next === null ? lease.until : Math.min(lease.until ?? next, next);
    const heldUntil =
      until === null || lease.heldUntil === null ? lease.heldUntil : Math.min(lease.heldUntil, until);
    return { ...lease, heldUntil, until };
  });
  const others = leases.filter((lease) => lease.holder.kind !== 'pod');
  return [...bounded, ...others].toSorted((a, b) => a.from - b.from || compareText(a.id, b.id));
}
