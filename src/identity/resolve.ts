/** Who held this address at that time, as a node's flows saw it (DESIGN section 4). Exact or nothing. */
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

export interface AddressSet {
  has(ip: IpAddress): boolean;
}

/** Address ranges that belong to the cluster though nobody may be known to hold an address of them. */
export interface ClusterRanges {
  readonly pods: AddressSet;
  readonly services: AddressSet;
}

export interface LeaseLookup {
  /** Whether a holder of this kind had the address at any time. */
  everHeldBy(ip: IpAddress, kind: Holder['kind']): boolean;
  /** Those whose outer bounds touch the interval, by `from`. */
  leasesDuring(ip: IpAddress, interval: Interval): readonly Lease[];
  /** The only one of those when there is just one and it is a pod's. Null says nothing: there may be any. */
  onlyPodDuring(ip: IpAddress, interval: Interval): Lease | null;
  /**
   * The part of the interval, from its first to its last instant, in which pods of this holder's node could come and go, or have another address,
   * without being told; null when there is none.
   */
  unwatchedDuring(interval: Interval, holder: Holder): Interval | null;
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
  const scope = mayBeNodeLocal(ip) ? scopeOf(ip) : 'anywhere';
  if (scope === 'loopback') return { kind: 'unknown', reason: 'loopback' };
  if (scope === 'group') return { kind: 'unknown', reason: 'group-address' };
  if (scope === 'link-local') return { kind: 'outside' };
  const lease = book.onlyPodDuring(ip, interval);
  if (lease !== null)
    return isCertain(lease, interval, book)
      ? { kind: 'exact', lease }
      : { kind: 'ambiguous', candidates: [lease] };
  const then = book.leasesDuring(ip, interval);
  const pods = then.filter(({ holder }) => holder.kind === 'pod');
  if (pods.length > 0) return ofPods(pods, interval, book);
  const dialled = then.filter((each) => servesPort(each, protocol, port));
  if (dialled.length > 0) return onlyOne(dialled);
  const nodes = then.filter((each) => each.holder.kind === 'node');
  if (nodes.length > 0) return onlyOne(nodes);
  if (book.everHeldBy(ip, 'service')) return { kind: 'unknown', reason: 'service-unknown' };
  if (book.everHeldBy(ip, 'pod') || book.everHeldBy(ip, 'node'))
    return { kind: 'unknown', reason: 'no-holder-then' };
  if (ranges.services.has(ip)) return { kind: 'unknown', reason: 'service-unknown' };
  if (ranges.pods.has(ip)) return { kind: 'unknown', reason: 'pod-never-seen' };
  return { kind: 'outside' };
}

/** Two leases of one holder, as of two sandboxes of a pod or of a Service before and after it changed, leave no doubt who it was. */
function onlyOne(candidates: readonly Lease[]): Resolution {
  const lease = candidates.at(-1);
  return lease !== undefined && candidates.every((each) => isSameHolder(each.holder, lease.holder))
    ? { kind: 'exact', lease }
    : { kind: 'ambiguous', candidates };
}

function ofPods(candidates: readonly Lease[], interval: Interval, book: Watch): Resolution {
  const answer = onlyOne(candidates);
  if (answer.kind !== 'exact') return answer;
  return isCertain(answer.lease, interval, book) ? answer : { kind: 'ambiguous', candidates };
}

type Watch = Pick<LeaseLookup, 'unwatchedDuring'>;

/** Whether nobody but the holder of this pod's lease, of those that are known, had the address in the interval. */
function isCertain(lease: Lease, interval: Interval, book: Watch): boolean {
  const { heldFrom, heldUntil, until, holder } = lease;
  // An object that vanished without a graceful end may or may not live on: nobody can say.
  if (heldUntil !== null && until === null && interval.end > heldUntil) return false;
  const unwatched = book.unwatchedDuring(interval, holder);
  if (unwatched === null) return true;
  // While nobody watched, a pod that was never told could have had the address before and after what is certain.
  if (heldUntil !== null && !isProvenEnd(lease.sources?.heldUntil ?? null)) return false;
  return unwatched.start >= heldFrom && unwatched.end <= (heldUntil ?? Number.POSITIVE_INFINITY);
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

function servesPort(lease: Lease, protocol: Protocol, port: number | null): boolean {
  const { holder } = lease;
  if (port === null) return false;
  if (holder.kind === 'service')
    return holder.ports.some((each) => each.protocol === protocol && each.port === port);
  return holder.kind === 'apiserver' && protocol === 'tcp' && holder.ports.includes(port);
}

/** As every loopback, link-local and group address begins, and few others: cheaper to ask than the ranges. */
function mayBeNodeLocal(ip: IpAddress): boolean {
  switch (ip.charCodeAt(0)) {
    case 0x31: // 1
      return ip.charCodeAt(1) !== 0x30 && /^(?:127|169\.254)\./.test(ip);
    case 0x32: // 2
    case 0x3a: // :
    case 0x66: // f
      return /^(?:2[235]|f[ef]|::1$)/.test(ip);
    default:
      return false;
  }
}
