/** Who held this address at that time, as a node's flows saw it (DESIGN section 4). Exact or nothing. */
import type { Cidr } from '../domain/cidr.ts';
import { cidrContains } from '../domain/cidr.ts';
import type { ServiceRef } from '../domain/edge.ts';
import type { IpAddress } from '../domain/ip.ts';
import { isProvenEnd } from '../domain/lease.ts';
import type { Holder, Lease } from '../domain/lease.ts';
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
  /** Every lease of the address, by `from`. */
  leasesOf(ip: IpAddress): readonly Lease[];
  /** Those whose outer bounds touch the interval, by `from`. */
  leasesDuring(ip: IpAddress, interval: Interval): readonly Lease[];
  /** The part of the interval, from its first to its last instant, in which pods could come and go without being told; null when there is none. */
  unwatchedDuring(interval: Interval): Interval | null;
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

/** How every loopback, link-local and group address begins, and few others: cheaper to ask than the ranges. */
const NODE_LOCAL = /^(?:127\.|169\.254\.|2[235]|f[ef]|::1$)/;

/** Precedence: pod; Service or API endpoint with that port; node; known ranges. */
export function resolve(book: LeaseLookup, ranges: ClusterRanges, question: Question): Resolution {
  const { ip, port, protocol, interval } = question;
  const scope = NODE_LOCAL.test(ip) ? scopeOf(ip) : 'anywhere';
  if (scope === 'loopback') return { kind: 'unknown', reason: 'loopback' };
  if (scope === 'group') return { kind: 'unknown', reason: 'group-address' };
  if (scope === 'link-local') return { kind: 'outside' };
  const then = book.leasesDuring(ip, interval);
  const pods = then.every(isPod) ? then : then.filter(isPod);
  if (pods.length > 0) return ofPods(pods, interval, book.unwatchedDuring(interval));
  const dialled = then.filter((lease) => servesPort(lease, protocol, port));
  if (dialled.length > 0) return onlyOne(dialled);
  const nodes = then.filter((lease) => lease.holder.kind === 'node');
  if (nodes.length > 0) return onlyOne(nodes);
  const leases = book.leasesOf(ip);
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

/** Two leases of one holder, as of two sandboxes of a pod or of a Service before and after it changed, leave no doubt who it was. */
function onlyOne(candidates: readonly Lease[]): Resolution {
  const lease = candidates.at(-1);
  return lease !== undefined && candidates.every((each) => isSameHolder(each.holder, lease.holder))
    ? { kind: 'exact', lease }
    : { kind: 'ambiguous', candidates };
}

function ofPods(candidates: readonly Lease[], interval: Interval, unwatched: Interval | null): Resolution {
  const answer = onlyOne(candidates);
  if (answer.kind !== 'exact') return answer;
  const { heldFrom, heldUntil, until, sources } = answer.lease;
  // An object that vanished without a graceful end may or may not live on: nobody can say.
  if (heldUntil !== null && until === null && interval.end > heldUntil)
    return { kind: 'ambiguous', candidates };
  if (unwatched === null) return answer;
  // While nobody watched, a pod that was never told could have had the address before and after what is certain.
  const isProven = heldUntil === null || isProvenEnd(sources?.heldUntil ?? null);
  const isCertain =
    isProven && unwatched.start >= heldFrom && unwatched.end <= (heldUntil ?? Number.POSITIVE_INFINITY);
  return isCertain ? answer : { kind: 'ambiguous', candidates };
}

function isSameHolder(one: Holder, other: Holder): boolean {
  if (one === other) return true;
  if (one.kind === 'pod' && other.kind === 'pod')
    return one.uid === other.uid || (one.mirrorOf !== undefined && one.mirrorOf === other.mirrorOf);
  if (one.kind === 'service' && other.kind === 'service')
    return one.namespace === other.namespace && one.name === other.name;
  if (one.kind === 'node' && other.kind === 'node') return one.name === other.name;
  return one.kind === 'apiserver' && other.kind === 'apiserver';
}

function isPod({ holder }: Lease): boolean {
  return holder.kind === 'pod';
}

function servesPort(lease: Lease, protocol: Protocol, port: number | null): boolean {
  const { holder } = lease;
  if (port === null) return false;
  if (holder.kind === 'service')
    return holder.ports.some((each) => each.protocol === protocol && each.port === port);
  return holder.kind === 'apiserver' && protocol === 'tcp' && holder.ports.includes(port);
}
