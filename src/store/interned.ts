/**
 * Integer ids for the texts that many rows repeat, remembered in memory so that a known one costs no query. What is
 * remembered is forgotten after a rollback, because the rows may be gone.
 */
import { identityKey } from '../domain/identity.ts';
import type { Identity } from '../domain/identity.ts';
import { edgeKeyText } from '../domain/edge.ts';
import type { EdgeKey, Evidence, ServiceRef } from '../domain/edge.ts';
import type { WorkloadRef } from '../domain/workload.ts';
import type { Connection } from './connection.ts';

export interface Interned<T> {
  /** The id of `value`; it gets a row when it has none. Must be called within `Connection.write`. */
  idOf(value: T): number;
  /** Its row was removed. */
  forget(value: T): void;
}

export interface InternedRows<T> {
  /** One string per distinct value. */
  readonly key: (value: T) => string;
  /** `SELECT id ...` with the values of `find` bound. */
  readonly select: string;
  readonly find: (value: T) => readonly unknown[];
  /** `INSERT ...` with the values of `columns` bound. */
  readonly insert: string;
  readonly columns: (value: T) => readonly unknown[];
}

/** What the design's scale has of edges (200,000), rounded up; beyond it the memory starts anew rather than grows. */
const REMEMBERED_MAX = 250_000;

export function interned<T>(connection: Connection, rows: InternedRows<T>): Interned<T> {
  const select = connection.db.prepare<unknown[], number>(rows.select).pluck();
  const insert = connection.db.prepare(rows.insert);
  const remembered = new Map<string, number>();
  connection.onRollback(() => remembered.clear());
  return {
    idOf: (value) => {
      const key = rows.key(value);
      const known = remembered.get(key);
      if (known !== undefined) return known;
      const id =
        select.get(...rows.find(value)) ?? Number(insert.run(...rows.columns(value)).lastInsertRowid);
      if (remembered.size >= REMEMBERED_MAX) remembered.clear();
      remembered.set(key, id);
      return id;
    },
    forget: (value) => {
      remembered.delete(rows.key(value));
    },
  };
}

/** Lease ids; null, an end outside every lease, is 0. */
export function leaseIds(connection: Connection): Interned<string | null> {
  return interned(connection, {
    key: (lease) => lease ?? '',
    select: 'SELECT id FROM lease_ids WHERE text = ?',
    find: (lease) => [lease ?? ''],
    insert: 'INSERT INTO lease_ids (text) VALUES (?)',
    columns: (lease) => [lease ?? ''],
  });
}

/** Names of nodes as witnesses. */
export function witnessIds(connection: Connection): Interned<string> {
  return interned(connection, {
    key: (name) => name,
    select: 'SELECT id FROM witnesses WHERE name = ?',
    find: (name) => [name],
    insert: 'INSERT INTO witnesses (name) VALUES (?)',
    columns: (name) => [name],
  });
}

/** Services as dialled; null, no Service, is 0. */
export function serviceIds(connection: Connection): Interned<ServiceRef | null> {
  return interned(connection, {
    key: (service) => (service === null ? '' : `${service.namespace}/${service.name}`),
    select: 'SELECT id FROM services WHERE namespace = ? AND name = ?',
    find: namesOf,
    insert: 'INSERT INTO services (namespace, name) VALUES (?, ?)',
    columns: namesOf,
  });
}

/** A workload that was asked for before is known by its reference, without its text: the lease book has one for each. */
export function identityIds(connection: Connection): Interned<Identity> {
  const byText = identityIdsByText(connection);
  let byReference = new WeakMap<WorkloadRef, number>();
  const forgetAll = (): void => {
    byReference = new WeakMap();
  };
  connection.onRollback(forgetAll);
  return {
    idOf: (identity) => {
      if (identity.kind !== 'workload') return byText.idOf(identity);
      const known = byReference.get(identity.workload);
      if (known !== undefined) return known;
      const id = byText.idOf(identity);
      byReference.set(identity.workload, id);
      return id;
    },
    forget: (identity) => {
      byText.forget(identity);
      forgetAll();
    },
  };
}

function identityIdsByText(connection: Connection): Interned<Identity> {
  return interned(connection, {
    key: identityKey,
    select: 'SELECT id FROM identities WHERE key = ?',
    find: (identity) => [identityKey(identity)],
    insert: 'INSERT INTO identities (key, json, namespace, workload) VALUES (?, ?, ?, ?)',
    columns: (identity) => {
      const workload = identity.kind === 'workload' ? identity.workload : null;
      return [
        identityKey(identity),
        JSON.stringify(identity),
        workload?.namespace ?? null,
        workload?.name ?? null,
      ];
    },
  });
}

export function edgeIds(
  connection: Connection,
  identities: Interned<Identity>,
): Interned<EdgeKey & Pick<Evidence, 'first' | 'last'>> {
  return interned<EdgeKey & Pick<Evidence, 'first' | 'last'>>(connection, {
    // Far shorter than the text of the edge, which is made only for a new one.
    key: ({ client, server, port, protocol }) =>
      `${identities.idOf(client)} ${identities.idOf(server)} ${port}${protocol}`,
    select: 'SELECT id FROM edges WHERE key = ?',
    find: (row) => [edgeKeyText(row)],
    insert:
      'INSERT INTO edges (key, client, server, protocol, port, first_seen, last_seen) VALUES (?, ?, ?, ?, ?, ?, ?)',
    columns: (row) => [
      edgeKeyText(row),
      identities.idOf(row.client),
      identities.idOf(row.server),
      row.protocol,
      row.port,
      row.first,
      row.last,
    ],
  });
}

function namesOf(service: ServiceRef | null): string[] {
  return [service?.namespace ?? '', service?.name ?? ''];
}
