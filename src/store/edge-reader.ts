/** Puts edges together from their rows: counts by hour, and what the evidence says of ends, views and witnesses. */
import type Database from 'better-sqlite3';
import { MANY_BATCH_WINDOWS } from '../domain/edge.ts';
import type { Edge, PodSample, ServiceRef, SourceView } from '../domain/edge.ts';
import type { Identity } from '../domain/identity.ts';
import { identityKey } from '../domain/identity.ts';
import type { Protocol } from '../domain/protocol.ts';
import { compareText } from '../domain/text-order.ts';
import { BATCH_SLOT_MS, slotsOf } from './batch-slots.ts';
import { sightReader } from './edge-sights.ts';
import type { Sight, Told } from './edge-sights.ts';
import { edgeWeigher } from './edge-weigher.ts';
import type { Weighed } from './edge-weigher.ts';
import { meaningsOf } from './meanings.ts';
import type { Meanings } from './meanings.ts';

export interface EdgeRow {
  readonly id: number;
  readonly key: string;
  readonly client: number;
  readonly server: number;
  readonly protocol: Protocol;
  readonly port: number;
  /** Unix ms, as of when the edge was new or something of it was withdrawn; its evidence widens both. */
  readonly first_seen: number;
  readonly last_seen: number;
}

/** Names of pods that an edge carries at most for each side. */
const POD_SAMPLE_MAX = 16;

/**
 * The function that turns rows of `edges` into edges, in the same order, without those of which nothing is left once what was
 * rewritten is folded into the edges of its clients.
 */
export function edgeReader(db: Database.Database): (rows: readonly EdgeRow[]) => Edge[] {
  const sights = sightReader(db);
  const meanings = meaningsOf(db);
  const weighers = edgeWeigher(db, sights);
  return (rows) => {
    const meaning = meanings();
    const weigh = weighers(meaning);
    const shared = sharedParts();
    return rows.flatMap((row) => {
      const told = sights.toldOf(row.id);
      return told === null ? [] : [edgeOf(row, { ...told, ...weigh(row, told.sights) }, { meaning, shared })];
    });
  };
}

/** What many edges say alike is one object: a large cluster's edges are held in memory whole. */
interface SharedParts {
  readonly names: (names: readonly string[]) => readonly string[];
  readonly pods: (sample: PodSample) => PodSample;
  readonly views: (key: string, make: () => readonly SourceView[]) => readonly SourceView[];
}

function sharedParts(): SharedParts {
  const names = new Map<string, readonly string[]>();
  const pods = new Map<string, PodSample>();
  const views = new Map<string, readonly SourceView[]>();
  return {
    names: (list) => remembered(names, list.join(' '), () => list),
    pods: (sample) => remembered(pods, `${sample.count} ${sample.names.join(' ')}`, () => sample),
    views: (key, make) => remembered(views, key, make),
  };
}

function remembered<T>(known: Map<string, T>, key: string, make: () => T): T {
  const value = known.get(key) ?? make();
  known.set(key, value);
  return value;
}

const NO_SERVICES: readonly ServiceRef[] = [];

interface Reading {
  readonly meaning: Meanings;
  readonly shared: SharedParts;
}

function edgeOf(row: EdgeRow, read: Told & Weighed, { meaning, shared }: Reading): Edge {
  const { hours, sights, behind, testimony } = read;
  const client = meaning.identity(row.client);
  const server = meaning.identity(row.server);
  return {
    client,
    server,
    protocol: row.protocol,
    port: row.port,
    hours,
    firstSeen: Math.min(row.first_seen, read.first),
    lastSeen: Math.max(row.last_seen, read.last),
    views: viewsOf(sights, { meaning, shared }),
    services: servicesOf(sights, meaning),
    witnesses: shared.names(
      distinct([...sights.map((sight) => meaning.witness(sight.witness)), ...behind]).toSorted(compareText),
    ),
    testimony,
    ...(row.protocol === 'udp' && { batchWindows: batchWindowsOf(sights) }),
    clientPods: shared.pods(
      podsOf(
        client,
        sights.map((sight) => sight.client_lease),
        meaning,
      ),
    ),
    serverPods: shared.pods(
      podsOf(
        server,
        sights.map((sight) => sight.server_lease),
        meaning,
      ),
    ),
  };
}

function servicesOf(sights: readonly Sight[], meaning: Meanings): readonly ServiceRef[] {
  const dialled = distinct(sights.map((sight) => sight.service)).filter((id) => id !== 0);
  if (dialled.length === 0) return NO_SERVICES;
  return dialled
    .map(meaning.service)
    .toSorted((a, b) => compareText(a.namespace, b.namespace) || compareText(a.name, b.name));
}

function batchWindowsOf(sights: readonly Sight[]): number {
  const slots = sights.flatMap(({ hour, slots: packed }) =>
    packed === null ? [] : slotsOf(packed).map((slot) => hour + slot * BATCH_SLOT_MS),
  );
  return Math.min(distinct(slots).length, MANY_BATCH_WINDOWS);
}

function viewsOf(sights: readonly Sight[], { meaning, shared }: Reading): readonly SourceView[] {
  // One number stands for both columns, so that distinct views are distinct numbers.
  const seen = distinct(sights.map((sight) => sight.seen * 2 + sight.own_node)).toSorted((a, b) => a - b);
  return shared.views(seen.join(' '), () =>
    seen
      .map((view) => ({ seen: meaning.identity(Math.floor(view / 2)), ownNode: view % 2 === 1 }))
      .toSorted(
        (a, b) =>
          compareText(identityKey(a.seen), identityKey(b.seen)) || Number(a.ownNode) - Number(b.ownNode),
      ),
  );
}

/** Only workloads have pods; an end outside every lease adds none. */
function podsOf(end: Identity, leases: readonly number[], meaning: Meanings): PodSample {
  if (end.kind !== 'workload') return { names: [], count: 0 };
  const known = distinct(leases).filter((lease) => lease !== 0);
  const names = distinct(known.map(meaning.pod)).toSorted(compareText);
  return { names: names.slice(0, POD_SAMPLE_MAX), count: names.length };
}

function distinct<T>(values: readonly T[]): T[] {
  return [...new Set(values)];
}
