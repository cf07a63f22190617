/** Who held this address at that time, as a node's flows saw it (DESIGN section 4). Exact or nothing. */
import type { Cidr } from '../domain/cidr.ts';
import { cidrContains } from '../domain/cidr.ts';
import type { ServiceRef } from '../domain/edge.ts';
import type { IpAddress } from '../domain/ip.ts';
import type { Lease } from '../domain/lease.ts';
import type { Protocol } from '../domain/protocol.ts';
import { scopeOf } from '../domain/special-ranges.ts';

/** Unix ms, half open: a flow happened at some instant t with start <= t < end. */
export interface Interval {
  readonly start: number;
  readonly end: number;
}

/** Address ranges that belong to the cluster though nobody may be known to hold an address of them. */
export interface ClusterRanges {
  readonly pods: readonly Cidr[];
  readonly services: readonly Cidr[];
}

export interface LeaseLookup {
  leasesOf(ip: IpAddress): readonly Lease[];
  /** The Service for which nodes answer at this port, or null. */
  serviceAtNodePort(protocol: Protocol, port: number): ServiceRef | null;
}

export type UnknownReason =
  /** The address had holders, but none of them could have held it then. */
  | 'no-holder-then'
  /** Inside a pod range of the cluster, and no pod with it was ever seen. */
  | 'pod-never-seen'
  /** Inside the Service range, or a Service without this port. */
  | 'service-unknown'
  /** Loopback traffic of the node itself. */
  | 'loopback'
  /** Multicast or broadcast. */
  | 'group-address';

export type Resolution =
  | { readonly kind: 'exact'; readonly lease: Lease }
  /** Outside the cluster: no lease ever, in no range of the cluster. Link-local addresses are such, per node. */
  | { readonly kind: 'outside' }
  | { readonly kind: 'ambiguous'; readonly candidates: readonly Lease[] }
  | { readonly kind: 'unknown'; readonly reason: UnknownReason };

export interface Question {
  /** The node whose agent saw the flow: link-local and loopback addresses mean that node's own. */
  readonly observer: string;
  readonly ip: IpAddress;
  /** Null when the port is not known, as for most clients. */
  readonly port: number | null;
  readonly protocol: Protocol;
  readonly interval: Interval;
}

/** Precedence: pod; Service or API endpoint with that port; node; known ranges. */
export function resolve(book: LeaseLookup, ranges: ClusterRanges, question: Question): Resolution {
  const { ip, port, protocol, interval } = question;
  const scope = scopeOf(ip);
  if (scope === 'loopback') return { kind: 'unknown', reason: 'loopback' };
  if (scope === 'group') return { kind: 'unknown', reason: 'group-address' };
  if (scope === 'link-local') return { kind: 'outside' };
  const leases = book.leasesOf(ip);
  const then = leases.filter((lease) => couldHold(lease, interval));
  const pods = then.filter((lease) => lease.holder.kind === 'pod');
  if (pods.length > 0) return onlyOne(pods, interval);
  const dialled = then.find((lease) => servesPort(lease, protocol, port));
  if (dialled !== undefined) return { kind: 'exact', lease: dialled };
  const nodes = then.filter((lease) => lease.holder.kind === 'node');
  if (nodes.length > 0) return onlyOne(nodes, interval);
  if (leases.some((lease) => lease.holder.kind === 'service'))
    return { kind: 'unknown', reason: 'service-unknown' };
  if (leases.some((lease) => lease.holder.kind !== 'apiserver'))
    return { kind: 'unknown', reason: 'no-holder-then' };
  if (ranges.services.some((range) => cidrContains(range, ip)))
    return { kind: 'unknown', reason: 'service-unknown' };
  if (ranges.pods.some((range) => cidrContains(range, ip)))
    return { kind: 'unknown', reason: 'pod-never-seen' };
  return { kind: 'outside' };
}

function couldHold(lease: Lease, interval: Interval): boolean {
  return lease.from < interval.end && (lease.until === null || lease.until > interval.start);
}

function onlyOne(candidates: readonly Lease[], interval: Interval): Resolution {
  const [lease] = candidates;
  if (lease === undefined || candidates.length > 1) return { kind: 'ambiguous', candidates };
  // An object that vanished without a graceful end may or may not live on: nobody can say.
  const endIsOpen = lease.until === null && lease.heldUntil !== null && interval.end > lease.heldUntil;
  return endIsOpen ? { kind: 'ambiguous', candidates } : { kind: 'exact', lease };
}

function servesPort(lease: Lease, protocol: Protocol, port: number | null): boolean {
  const { holder } = lease;
  if (port === null) return false;
  if (holder.kind === 'service')
    return holder.ports.some((each) => each.protocol === protocol && each.port === port);
  return holder.kind === 'apiserver' && protocol === 'tcp' && holder.ports.includes(port);
}
