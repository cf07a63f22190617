/**
 * Which edges look like anything but a need, and are held back until a person takes them in (DESIGN section 5). A judgement
 * over the whole learning window; it drops nothing, and what it holds back is shown everywhere with its reason.
 */
import type { Edge } from '../domain/edge.ts';
import { HOUR_MS, MANY_BATCH_WINDOWS, edgeKeyText, isDisputed } from '../domain/edge.ts';
import { identityKey } from '../domain/identity.ts';
import type { Identity } from '../domain/identity.ts';
import type { QuarantineReason } from '../domain/quarantine-reason.ts';
import { burstsOf } from './burst.ts';
import { KeyedMap } from './keyed-map.ts';
import { isBetweenWorkloads, needClass } from './need-class.ts';
import type { ExposedPorts } from './need-class.ts';
import { isOfOwnNode } from './seen-clients.ts';

/** A client with more unanswered servers or ports than this is scanning. */
const MAX_UNANSWERED_TARGETS = 20;
/** One-way UDP to more ports of one server than this is a scan of ports. */
const MAX_ONE_WAY_PORTS = 2;
/** In windows shorter than this there is nothing to compare with, and drafts are incomplete anyway; ms. */
export const COMPARABLE_WINDOW_MS = 24 * HOUR_MS;

export interface QuarantineScope {
  /** The learning window, unix ms. */
  readonly window: { readonly start: number; readonly end: number };
  readonly exposed: ExposedPorts;
}

/** Why an edge is held back; null for one that is not. Asked of edges that were answered, or are one-way UDP. */
export function quarantineOf(
  edges: readonly Edge[],
  scope: QuarantineScope,
): (edge: Edge) => QuarantineReason | null {
  const isComparable = scope.window.end - scope.window.start >= COMPARABLE_WINDOW_MS;
  const knownSince = once(() => firstSights(edges));
  const isScanner = scanners(edges);
  const bursts = isComparable ? burstsOf(edges, (client) => knownSince()(client) ?? 0) : new Set<Edge>();
  const isRare = isComparable ? rarities(edges, scope.exposed) : () => null;
  const isNew = (edge: Edge): boolean =>
    scope.window.end - (knownSince()(edge.client) ?? edge.firstSeen) < COMPARABLE_WINDOW_MS;
  return (edge) => {
    if (isDisputed(edge)) return 'disputed';
    // A client that is known for longer is compared with itself.
    if (isScanner(edge) && (!isComparable || isNew(edge))) return 'scan';
    if (bursts.has(edge)) return 'burst';
    return isRare(edge);
  };
}

/** A connection that was found alive was answered, too: dumps count only established ones. */
export function isAnswered(edge: Edge): boolean {
  return edge.hours.some(({ answered, present }) => answered > 0 || present > 0);
}

/** When each identity was first seen at either end, unix ms. */
function firstSights(edges: readonly Edge[]): (identity: Identity) => number | undefined {
  const first = new KeyedMap<Identity, { at: number }>(identityKey);
  const saw = (end: Identity, at: number): void => {
    const sight = first.get(end);
    if (sight === undefined) first.set(end, { at });
    else sight.at = Math.min(sight.at, at);
  };
  for (const { client, server, firstSeen } of edges) {
    saw(client, firstSeen);
    saw(server, firstSeen);
  }
  return (identity) => first.get(identity)?.at;
}

function scanners(edges: readonly Edge[]): (edge: Edge) => boolean {
  const targets = new Map<string, Set<string>>();
  for (const edge of edges) {
    if (isAnswered(edge)) continue;
    const client = identityKey(edge.client);
    targets.set(client, (targets.get(client) ?? new Set()).add(edgeKeyText(edge)));
  }
  const found = new Set(
    [...targets].flatMap(([client, { size }]) => (size > MAX_UNANSWERED_TARGETS ? [client] : [])),
  );
  return found.size === 0 ? () => false : (edge) => found.has(identityKey(edge.client));
}

function rarities(
  edges: readonly Edge[],
  exposed: ExposedPorts,
): (edge: Edge) => 'one-way-udp' | 'one-hour' | null {
  const sightsOf = sightsOfClasses(edges, exposed);
  const ports = new Map<string, Set<number>>();
  for (const edge of edges.filter(isOneWayUdp))
    ports.set(pairKey(edge), (ports.get(pairKey(edge)) ?? new Set()).add(edge.port));
  return (edge) => {
    if (isOfOwnNode(edge)) return null;
    const { hours, batchWindows } = sightsOf(edge);
    if (
      isOneWayUdp(edge) &&
      (batchWindows < MANY_BATCH_WINDOWS || (ports.get(pairKey(edge))?.size ?? 0) > MAX_ONE_WAY_PORTS)
    )
      return 'one-way-udp';
    return hours <= 1 ? 'one-hour' : null;
  };
}

/** How often something was seen: distinct hours, and batch windows of UDP. */
interface Sights {
  readonly hours: number;
  readonly batchWindows: number;
}

/** The function that tells how often the class of an edge was seen. */
function sightsOfClasses(edges: readonly Edge[], exposed: ExposedPorts): (edge: Edge) => Sights {
  const ofAddresses = new Map<string, { readonly hours: Set<number>; batchWindows: number }>();
  for (const edge of edges) {
    if (isBetweenWorkloads(edge)) continue;
    const key = needClass(edge, exposed);
    const known = ofAddresses.get(key) ?? { hours: new Set(), batchWindows: 0 };
    for (const { hour } of edge.hours) known.hours.add(hour);
    known.batchWindows += batchWindowsOf(edge);
    ofAddresses.set(key, known);
  }
  return (edge) => {
    const known = isBetweenWorkloads(edge) ? undefined : ofAddresses.get(needClass(edge, exposed));
    return known === undefined
      ? { hours: edge.hours.length, batchWindows: batchWindowsOf(edge) }
      : { hours: known.hours.size, batchWindows: known.batchWindows };
  };
}

/** Not known of edges that come from elsewhere than a store: then nothing is held against them. */
function batchWindowsOf({ batchWindows }: Edge): number {
  return batchWindows ?? MANY_BATCH_WINDOWS;
}

function isOneWayUdp(edge: Edge): boolean {
  return edge.protocol === 'udp' && !isAnswered(edge);
}

/** Asks `make` when it is asked for the first time. */
function once<T extends object>(make: () => T): () => T {
  let made: T | null = null;
  return () => (made ??= make());
}

function pairKey({ client, server }: Edge): string {
  return `${identityKey(client)} -> ${identityKey(server)}`;
}
