/**
 * Takes back evidence that a late fact contradicts, moment by moment, and brings what followed from it up to date in the
 * same transaction. An edge that nothing supports any more is removed: it never was.
 */
import { HOUR_MS } from '../domain/edge.ts';
import type { EdgeKey, Evidence } from '../domain/edge.ts';
import { identityKey } from '../domain/identity.ts';
import type { Identity } from '../domain/identity.ts';
import type { IpAddress } from '../domain/ip.ts';
import type { AttributionLog } from './attribution-log.ts';
import { batchSlots } from './batch-slots.ts';
import type { Connection } from './connection.ts';
import type { Interned } from './interned.ts';
import { meaningsOf } from './meanings.ts';
import type { Meanings } from './meanings.ts';
import { sightKeyText } from './moment-codec.ts';
import type { LoggedMoment, SightKey } from './moment-codec.ts';

/** One moment of evidence that can still be revoked. */
export interface Attributed {
  readonly evidence: Evidence & Required<Pick<Evidence, 'during'>>;
  /** The addresses of its ends; null when the lease that was resolved is no longer stored. */
  readonly addresses: { readonly client: IpAddress | null; readonly server: IpAddress | null };
  /** Where it is kept. */
  readonly entry: number;
  readonly moment: LoggedMoment;
}

export interface EdgeWithdrawal {
  /** What rests on who held, or did not hold, this address within this time (unix ms, `until` excluded). */
  restingOn(ip: IpAddress, time: { readonly from: number; readonly until: number }): Attributed[];
  /** Takes these back. Each must have been returned by `restingOn` and not be withdrawn yet. */
  withdraw(rows: readonly Attributed[]): void;
}

interface EdgeColumns {
  readonly key: string;
  readonly client: number;
  readonly server: number;
  readonly protocol: EdgeKey['protocol'];
  readonly port: number;
}

const SIGHT = `edge = ? AND hour = ? AND client_lease = ? AND server_lease = ? AND witness = ? AND seen = ? AND own_node = ? AND service = ?`;

export function edgeWithdrawal(
  connection: Connection,
  log: AttributionLog,
  edges: Pick<Interned<Evidence>, 'forget'>,
): EdgeWithdrawal {
  const { db } = connection;
  const meanings = meaningsOf(db);
  const leasesOf = db.prepare<[string], number>('SELECT lease FROM leases WHERE ip = ?').pluck();
  const edgesOfOutside = db
    .prepare<[string], number>(
      `SELECT edges.id FROM identities JOIN edges ON identities.id IN (client, server) WHERE identities.key = ?`,
    )
    .pluck();
  const edgeById = db.prepare<[number], EdgeColumns>(
    'SELECT key, client, server, protocol, port FROM edges WHERE id = ?',
  );
  const subtract = db.prepare(
    `UPDATE evidence SET opened = opened - ?, answered = answered - ?, bytes = bytes - ? WHERE ${SIGHT}`,
  );
  const narrow = db.prepare(
    `UPDATE evidence SET present = ?, first_ms = ?, last_ms = ?,
       slots = CASE WHEN slots IS NULL THEN NULL ELSE ? END WHERE ${SIGHT}`,
  );
  const removeEmpty = db.prepare(`DELETE FROM evidence WHERE ${SIGHT} AND opened = 0 AND answered = 0`);
  const bounds = db.prepare<[number], { first: number | null; last: number | null; rows: number }>(
    'SELECT min(first_ms) AS first, max(last_ms) AS last, count(*) AS rows FROM evidence WHERE edge = ?',
  );
  const rebound = db.prepare<[number, number, number]>(
    'UPDATE edges SET first_seen = ?, last_seen = ? WHERE id = ?',
  );
  const removeEdge = db.prepare<[number]>('DELETE FROM edges WHERE id = ?');

  const evidenceOf = (moment: LoggedMoment, meaning: Meanings): Attributed['evidence'] | null => {
    const edge = edgeById.get(moment.edge);
    if (edge === undefined) return null;
    const { at, start, end, opened, present, answered, bytes, seenAs } = moment;
    return {
      client: meaning.identity(edge.client),
      server: meaning.identity(edge.server),
      protocol: edge.protocol,
      port: edge.port,
      clientLease: meaning.lease(moment.clientLease),
      serverLease: meaning.lease(moment.serverLease),
      view: { seen: meaning.identity(moment.seen), ownNode: moment.ownNode === 1 },
      service: moment.service === 0 ? null : meaning.service(moment.service),
      witness: meaning.witness(moment.witness),
      hour: hourOf(at),
      opened,
      present,
      answered,
      bytes,
      first: at,
      last: at,
      during: { start, end },
      ...(seenAs !== '' && { seenAs: seenAs as IpAddress }),
    };
  };

  const attributed = (entry: number, moment: LoggedMoment, meaning: Meanings): Attributed[] => {
    const evidence = evidenceOf(moment, meaning);
    if (evidence === null) return [];
    const client = addressOf(evidence.client, meaning.leased(moment.clientLease));
    const server = addressOf(evidence.server, meaning.leased(moment.serverLease));
    return [{ entry, moment, evidence, addresses: { client, server } }];
  };

  /** What is left of a row of evidence once some of its moments are gone. */
  const shrink = (gone: readonly LoggedMoment[], left: readonly LoggedMoment[]): void => {
    const [first] = gone;
    if (first === undefined) return;
    const sight = sightColumns(first, hourOf(first.at));
    subtract.run(sumOf(gone, 'opened'), sumOf(gone, 'answered'), sumOf(gone, 'bytes'), ...sight);
    if (left.length === 0) removeEmpty.run(...sight);
    else {
      const times = left.map(({ at }) => at);
      narrow.run(
        left.reduce((most, { present }) => Math.max(most, present), 0),
        times.reduce((a, b) => Math.min(a, b)),
        times.reduce((a, b) => Math.max(a, b)),
        batchSlots(times),
        ...sight,
      );
    }
  };

  const settleEdge = (edge: number, example: Evidence): void => {
    const { first, last, rows } = bounds.get(edge) ?? { first: null, last: null, rows: 0 };
    if (rows > 0 && first !== null && last !== null) rebound.run(first, last, edge);
    else {
      removeEdge.run(edge);
      edges.forget(example);
    }
  };

  return {
    restingOn: (ip, { from, until }) =>
      connection.read(() => {
        const leases = new Set(leasesOf.all(ip));
        // What was taken for an address outside the cluster rests on there being no lease.
        const outside = new Set(edgesOfOutside.all(identityKey({ kind: 'external', address: ip })));
        const meaning = meanings();
        const rests = ({ clientLease, serverLease, edge }: SightKey): boolean =>
          leases.has(clientLease) || leases.has(serverLease) || outside.has(edge);
        return log
          .during(from, until, rests)
          .flatMap(({ id, moments }) =>
            moments
              .filter(({ start, end }) => start < until && end > from)
              .flatMap((moment) => attributed(id, moment, meaning)),
          );
      }),
    withdraw: (rows) =>
      connection.write(() => {
        dropFromLog(log, rows);
        const byRow = Map.groupBy(rows, ({ moment }) => rowText(moment));
        const hours = new Set(rows.map(({ moment }) => hourOf(moment.at)));
        const left = new Map<string, LoggedMoment[]>();
        const touched = new Set(rows.map(({ moment }) => moment.edge));
        for (const hour of hours) {
          for (const { moments } of log.during(hour, hour + HOUR_MS, ({ edge }) => touched.has(edge))) {
            for (const moment of moments) {
              const text = rowText(moment);
              if (hourOf(moment.at) !== hour || !byRow.has(text)) continue;
              const ofRow = left.get(text);
              if (ofRow === undefined) left.set(text, [moment]);
              else ofRow.push(moment);
            }
          }
        }
        for (const [text, gone] of byRow)
          shrink(
            gone.map(({ moment }) => moment),
            left.get(text) ?? [],
          );
        for (const [edge, [one]] of Map.groupBy(rows, ({ moment }) => moment.edge))
          if (one !== undefined) settleEdge(edge, one.evidence);
      }),
  };
}

function addressOf(identity: Identity, leased: IpAddress | null): IpAddress | null {
  return identity.kind === 'workload' ? leased : identity.address;
}

function dropFromLog(log: AttributionLog, rows: readonly Attributed[]): void {
  for (const [id, gone] of Map.groupBy(rows, ({ entry }) => entry)) {
    const counts = new Map<string, number>();
    for (const { moment } of gone) {
      const text = momentText(moment);
      counts.set(text, (counts.get(text) ?? 0) + 1);
    }
    log.rewrite(
      id,
      log.momentsOf(id).filter((moment) => {
        const text = momentText(moment);
        const due = counts.get(text) ?? 0;
        counts.set(text, due - 1);
        return due <= 0;
      }),
    );
  }
}

function sightColumns(key: SightKey, hour: number): number[] {
  const { edge, clientLease, serverLease, witness, seen, ownNode, service } = key;
  return [edge, hour, clientLease, serverLease, witness, seen, ownNode, service];
}

/** One text per row of evidence: the address seen is no column of it. */
function rowText(moment: LoggedMoment): string {
  return `${sightKeyText({ ...moment, seenAs: '' })}${hourOf(moment.at)}`;
}

function momentText(moment: LoggedMoment): string {
  const { at, start, end, opened, present, answered, bytes } = moment;
  return `${sightKeyText(moment)} ${at} ${start} ${end} ${opened} ${present} ${answered} ${bytes}`;
}

function hourOf(at: number): number {
  return Math.floor(at / HOUR_MS) * HOUR_MS;
}

function sumOf(moments: readonly LoggedMoment[], count: 'opened' | 'answered' | 'bytes'): number {
  return moments.reduce((sum, moment) => sum + moment[count], 0);
}
