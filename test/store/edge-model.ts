/** What edges should be, from every row of evidence ever recorded and still true: naive, and with nothing shared with the store. */
import { edgeKeyText } from '../../src/domain/edge.ts';
import type { Edge, Evidence, HourCounts } from '../../src/domain/edge.ts';
import { HOUR_MS } from '../../src/domain/edge.ts';
import { identityKey } from '../../src/domain/identity.ts';
import type { Identity } from '../../src/domain/identity.ts';
import { compareText } from '../../src/domain/text-order.ts';
import { evidence } from './samples.ts';

/** Without what the nodes' windows and leases say beside the evidence. */
export type ModelEdge = Omit<Edge, 'testimony'>;

export function modelled(given: readonly Evidence[]): ModelEdge[] {
  const rows = [...groups(given, evidenceKey).values()].map(mergedEvidence);
  return [...groups(rows, edgeKeyText)]
    .toSorted(([a], [b]) => compareText(a, b))
    .map(([, group]) => modelEdge(group, rows))
    .filter(({ hours }) => hours.length > 0);
}

export function mergedEvidence(group: readonly Evidence[]): Evidence {
  const { during: _during, seenAs: _seenAs, ...first } = group[0] ?? evidence();
  return {
    ...first,
    ...sum(group),
    present: Math.max(...group.map(({ present }) => present)),
    first: Math.min(...group.map((item) => item.first)),
    last: Math.max(...group.map((item) => item.last)),
  };
}

export function evidenceKey(item: Evidence): string {
  const { clientLease, serverLease, view, service, witness, hour } = item;
  return JSON.stringify([edgeKeyText(item), clientLease, serverLease, view, service, witness, hour]);
}

export function groups<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const grouped = new Map<string, T[]>();
  for (const item of items) grouped.set(keyOf(item), [...(grouped.get(keyOf(item)) ?? []), item]);
  return grouped;
}

function modelEdge(group: readonly Evidence[], all: readonly Evidence[]): ModelEdge {
  const { client, server, protocol, port } = group[0] ?? evidence();
  const hours = [...groups(group, ({ hour }) => String(hour)).values()].map((rows) => modelHour(rows, all));
  const kept = hours.flatMap(({ rows }) => rows);
  const views = [...groups(kept, viewText)].toSorted(([a], [b]) => compareText(a, b));
  const behind = kept.filter(isRewritten).flatMap((row) => all.filter((other) => isSameBehind(other, row)));
  return {
    client,
    server,
    protocol,
    port,
    hours: hours.flatMap(({ counts }) => counts).toSorted((a, b) => a.hour - b.hour),
    firstSeen: Math.min(...group.map(({ first }) => first)),
    lastSeen: Math.max(...group.map(({ last }) => last)),
    views: views.map(([, [item]]) => item?.view ?? evidence().view),
    services: kept.flatMap(({ service }) => (service === null ? [] : [service])).slice(0, 1),
    witnesses: [...new Set([...kept, ...behind].map(({ witness }) => witness))].toSorted(compareText),
    ...(protocol === 'udp' && { batchWindows: modelWindows(kept) }),
    clientPods: modelPods(
      client,
      kept.map(({ clientLease }) => clientLease),
    ),
    serverPods: modelPods(
      server,
      kept.map(({ serverLease }) => serverLease),
    ),
  };
}

/** Windows of 10 s; more than three are three. */
function modelWindows(rows: readonly Evidence[]): number {
  const starts = rows.flatMap(({ hour, first, last }) =>
    [first, last].map((at) => hour + Math.floor((at % HOUR_MS) / 10_000)),
  );
  return Math.min(3, new Set(starts).size);
}

const COLUMNS = ['opened', 'present', 'answered', 'bytes'] as const;

type Counts = Omit<HourCounts, 'hour'>;

/** The rows of one edge and hour of which something is left, and the counts; none when nothing is. */
function modelHour(
  group: readonly Evidence[],
  all: readonly Evidence[],
): { rows: Evidence[]; counts: HourCounts[] } {
  const counts = { hour: group[0]?.hour ?? 0, opened: 0, present: 0, answered: 0, bytes: 0 };
  const isOfNode = group.some(isForeign);
  const rows: Evidence[] = [];
  const pairs = groups(group, ({ clientLease, serverLease }) =>
    isOfNode ? `${serverLease}` : `${clientLease} ${serverLease}`,
  );
  for (const pair of pairs.values()) {
    const witnesses = [...groups(pair, ({ witness }) => witness).values()];
    const told = witnesses.map((ofWitness): Counts => {
      const own = ofWitness.filter((row) => !isForeign(row));
      const foreign = ofWitness.filter(isForeign);
      const left = leftOf(foreign, all);
      rows.push(...own, ...(left === null ? [] : foreign));
      return sum([sum(own), left ?? sum([])]);
    });
    for (const column of COLUMNS) counts[column] += Math.max(...told.map((each) => each[column]));
  }
  return { rows, counts: rows.length === 0 ? [] : [counts] };
}

/** What one other node told of a node's address, less what that node told of those behind it; null when that is all. */
function leftOf(foreign: readonly Evidence[], all: readonly Evidence[]): Counts | null {
  const [one] = foreign;
  if (one === undefined) return null;
  const total = sum(foreign);
  const behind = all.filter((other) => isRewritten(other) && isSameBehind(one, other));
  if (behind.length === 0) return total;
  const hidden = sum(behind);
  const left = { ...total };
  for (const column of COLUMNS) left[column] = Math.max(0, total[column] - hidden[column]);
  return left.opened + left.present === 0 ? null : left;
}

function sum(rows: readonly Counts[]): Counts {
  const total = { opened: 0, present: 0, answered: 0, bytes: 0 };
  for (const row of rows) for (const column of COLUMNS) total[column] += row[column];
  return total;
}

/** Told of a node's address, as client, by another node. */
function isForeign({ client, view, witness, serverLease }: Evidence): boolean {
  return (
    serverLease !== null &&
    client.kind === 'node' &&
    identityKey(view.seen) === identityKey(client) &&
    client.name !== witness
  );
}

/** Told by the node that put its own address in the client's place. */
function isRewritten({ client, view, witness, serverLease }: Evidence): boolean {
  return (
    serverLease !== null &&
    view.seen.kind === 'node' &&
    view.seen.name === witness &&
    identityKey(view.seen) !== identityKey(client)
  );
}

function isSameBehind(foreign: Evidence, rewritten: Evidence): boolean {
  const key = ({ server, protocol, port, serverLease, hour }: Evidence): string =>
    JSON.stringify([identityKey(server), protocol, port, serverLease, hour]);
  return (
    isForeign(foreign) &&
    identityKey(foreign.client) === identityKey(rewritten.view.seen) &&
    key(foreign) === key(rewritten)
  );
}

function modelPods(end: Identity, leases: readonly (string | null)[]): Edge['clientPods'] {
  const names = end.kind === 'workload' ? [...new Set(leases)].filter((lease) => lease !== null) : [];
  return { names: names.toSorted(compareText), count: names.length };
}

function viewText({ view }: Evidence): string {
  return `${identityKey(view.seen)} ${Number(view.ownNode)}`;
}
