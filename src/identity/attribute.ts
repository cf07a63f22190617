/**
 * From a flow between addresses to evidence between identities, second by second. What cannot be said
 * exactly is returned with its reason and never becomes evidence.
 */
import type { Evidence, ServiceRef, SourceView } from '../domain/edge.ts';
import { HOUR_MS } from '../domain/edge.ts';
import type { Flow, FlowKey } from '../domain/flow.ts';
import { flowKeyText } from '../domain/flow.ts';
import type { Identity } from '../domain/identity.ts';
import type { IpAddress } from '../domain/ip.ts';
import type { Lease } from '../domain/lease.ts';
import type { Listeners } from './orientation.ts';
import { orient } from './orientation.ts';
import { momentsOf, restOf } from './moments.ts';
import type { FlowClock, Moment } from './moments.ts';
import { resolve } from './resolve.ts';
import type { ClusterRanges, Interval, LeaseLookup, Resolution } from './resolve.ts';
import { mayBeOn, mayTestify } from './testimony.ts';

export type { ClockBounds } from './moments.ts';

export interface Observer extends FlowClock {
  readonly node: string;
}

/** What is known about who held what, and who listens where. */
export interface Knowledge {
  readonly book: LeaseLookup;
  readonly ranges: ClusterRanges;
  readonly listeners: Listeners;
  /** Unix ms up to which the kubelet of a node is known to have reported what its pods did; infinite for a capture. */
  readonly frontier: (node: string) => number;
}

export interface Unattributable {
  readonly reason: string;
  readonly end: 'client' | 'server' | 'flow';
  readonly hour: number;
  readonly count: number;
  /** The text of the key of its flow, and when that was; unix ms by our clock. */
  readonly example: string;
  readonly at: number;
}

export interface Attribution {
  readonly evidence: readonly Evidence[];
  readonly unattributed: readonly Unattributable[];
  /** What of the flow waits for a fact that may still come; null when all is decided. */
  readonly waiting: Flow | null;
  /** Whether a kubelet is waited for, which comes soon, and not only a fact that may never come. */
  readonly waitsForKubelet: boolean;
}

/**
 * Attributes every second and every dump presence of a flow by itself. What a fact may still name is given back with `mayWait`, and
 * is unattributed without.
 */
export function attribute(
  knowledge: Knowledge & { readonly mayWait: boolean },
  observer: Observer,
  flow: Flow,
): Attribution {
  const oriented = orient(flow, knowledge.listeners);
  const evidence: Evidence[] = [];
  const unattributed: Unattributable[] = [];
  const waiting: Moment[] = [];
  let waitsForKubelet = false;
  for (const moment of momentsOf(flow, observer)) {
    const ends =
      oriented === null
        ? { reason: 'orientation', end: 'flow' as const }
        : resolveEnds(knowledge, observer, { key: oriented, interval: moment.interval });
    if ('reason' in ends) {
      if (knowledge.mayWait && mayBeLifted(ends.reason)) {
        waiting.push(moment);
        waitsForKubelet ||= ends.reason === 'frontier';
      } else unattributed.push(unattributable(flow, moment, ends));
    } else
      evidence.push(
        evidenceOf(ends, {
          moment,
          observer,
          key: ends.key,
          bytes: evidence.length === 0 ? (flow.bytes ?? 0) : 0,
        }),
      );
  }
  return { evidence, unattributed, waiting: restOf(flow, waiting, evidence.length > 0), waitsForKubelet };
}

/** Reasons about an address of a pod: its object may be late, and so may be the end of the pod before it. */
const LIFTED_BY_FACTS: ReadonlySet<string> = new Set([
  'frontier',
  'ambiguous',
  'no-holder-then',
  'pod-never-seen',
]);
const SEEN_AS = 'seen-as-';

/** Whether a fact that is still to come may name who is not named for this reason. */
export function mayBeLifted(reason: string): boolean {
  return LIFTED_BY_FACTS.has(reason.startsWith(SEEN_AS) ? reason.slice(SEEN_AS.length) : reason);
}

/** Both ends, known exactly. */
export interface Ends {
  readonly key: FlowKey;
  readonly client: { readonly identity: Identity; readonly lease: Lease | null };
  readonly server: { readonly identity: Identity; readonly lease: Lease | null };
  readonly view: SourceView;
  readonly service: ServiceRef | null;
}

/** Why an end, or the flow, has no name. */
export interface Refusal {
  readonly reason: string;
  readonly end: 'client' | 'server' | 'flow';
}

/** Who the ends of an oriented flow were in this interval. */
export function resolveEnds(
  knowledge: Omit<Knowledge, 'listeners'>,
  observer: Pick<Observer, 'node'>,
  asked: { key: FlowKey; interval: Interval },
): Ends | Refusal {
  const { key, interval } = asked;
  const ask = (ip: IpAddress, port: number | null): Resolution =>
    resolve(knowledge.book, knowledge.ranges, {
      observer: observer.node,
      ip,
      port,
      protocol: key.protocol,
      interval,
    });
  // A pod that its kubelet has not vouched for up to the end of the interval may already have been replaced.
  const settled = (end: Identified): Identified =>
    'lease' in end &&
    end.lease?.holder.kind === 'pod' &&
    knowledge.frontier(end.lease.holder.node) < interval.end
      ? { reason: 'frontier' }
      : end;
  const server = settled(identify(ask(key.server, key.serverPort), key.server));
  if ('reason' in server) return { ...server, end: 'server' };
  const client = settled(identify(ask(key.client, key.clientPort ?? null), key.client));
  if ('reason' in client) return { ...client, end: 'client' };
  const seen = key.seenAs === undefined ? client : identify(ask(key.seenAs, null), key.seenAs);
  if ('reason' in seen) return { reason: `${SEEN_AS}${seen.reason}`, end: 'client' };
  // The ends that were just found answer mostly, before all leases of the time are looked at.
  const isHere = [client.lease, server.lease].some(
    (lease) => lease !== null && mayBeOn(observer.node, lease.holder),
  );
  if (!isHere && !mayTestify(knowledge.book, observer.node, asked))
    return { reason: 'testimony', end: 'flow' };
  const dialled = key.dialled === undefined ? null : ask(key.dialled.ip, key.dialled.port);
  return {
    key,
    client,
    server,
    view: viewOf(seen.identity, server.lease),
    service: serviceOf(knowledge.book, key, dialled),
  };
}

type Identified = { readonly identity: Identity; readonly lease: Lease | null } | { readonly reason: string };

function identify(resolution: Resolution, address: IpAddress): Identified {
  switch (resolution.kind) {
    case 'outside':
      return { identity: { kind: 'external', address }, lease: null };
    case 'ambiguous':
      return { reason: 'ambiguous' };
    case 'unknown':
      return { reason: resolution.reason };
    case 'exact':
      return identityOfHolder(resolution.lease);
    default:
      return resolution satisfies never;
  }
}

function identityOfHolder(lease: Lease): Identified {
  const { holder, ip } = lease;
  switch (holder.kind) {
    case 'pod':
      return { identity: { kind: 'workload', workload: holder.workload }, lease };
    case 'node':
      return { identity: { kind: 'node', name: holder.name, address: ip }, lease };
    case 'apiserver':
      return { identity: { kind: 'apiserver', address: ip }, lease };
    case 'service':
      // Nobody answers as a Service: either it has no backend, or its backend shows in another entry.
      return { reason: 'service-address' };
    default:
      return holder satisfies never;
  }
}

function viewOf(seen: Identity, server: Lease | null): SourceView {
  const ownNode = seen.kind === 'node' && server?.holder.kind === 'pod' && server.holder.node === seen.name;
  return { seen, ownNode };
}

/** The Service that was dialled: at its own address, or at a node's port. */
function serviceOf(book: LeaseLookup, key: FlowKey, dialled: Resolution | null): ServiceRef | null {
  if (dialled?.kind !== 'exact' || key.dialled === undefined) return null;
  const { holder } = dialled.lease;
  if (holder.kind === 'service') return { namespace: holder.namespace, name: holder.name };
  return holder.kind === 'node' ? book.serviceAtNodePort(key.protocol, key.dialled.port) : null;
}

function evidenceOf(
  ends: Ends,
  seen: { moment: Moment; observer: Observer; key: FlowKey; bytes: number },
): Evidence {
  const { moment, observer, key } = seen;
  const { at } = moment;
  return {
    client: ends.client.identity,
    server: ends.server.identity,
    protocol: key.protocol,
    port: key.serverPort,
    clientLease: ends.client.lease?.id ?? null,
    serverLease: ends.server.lease?.id ?? null,
    view: ends.view,
    service: ends.service,
    witness: observer.node,
    hour: Math.floor(at / HOUR_MS) * HOUR_MS,
    opened: moment.opened,
    present: moment.present,
    answered: moment.answered,
    bytes: seen.bytes,
    first: at,
    last: at,
    during: moment.interval,
    ...(key.seenAs !== undefined && { seenAs: key.seenAs }),
  };
}

function unattributable(flow: Flow, moment: Moment, refusal: Refusal): Unattributable {
  return {
    ...refusal,
    hour: Math.floor(moment.at / HOUR_MS) * HOUR_MS,
    count: moment.opened + moment.present,
    example: flowKeyText(flow),
    at: moment.at,
  };
}
