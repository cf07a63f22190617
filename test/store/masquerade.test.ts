import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import { identityKey } from '../../src/domain/identity.ts';
import type { Identity } from '../../src/domain/identity.ts';
import { ip } from '../../src/domain/ip.ts';
import { masqueradeOf, NOT_REWRITTEN, PERHAPS_REWRITTEN, REWRITTEN } from '../../src/store/masquerade.ts';
import type { Masquerade } from '../../src/store/masquerade.ts';
import { migrate, MIGRATIONS } from '../../src/store/migrate.ts';
import { DB, HOUR, WEB } from './samples.ts';

const NODE: Identity = { kind: 'node', name: 'node-a', address: ip('192.168.100.1') };
const OTHER_ADDRESS: Identity = { kind: 'node', name: 'node-a', address: ip('10.244.1.1') };
const NAMESAKE: Identity = { kind: 'node', name: 'node-a1', address: ip('192.168.100.9') };
const OUTSIDE: Identity = { kind: 'external', address: ip('93.184.215.14') };

const CASES: readonly [
  what: string,
  client: Identity,
  seen: Identity,
  witness: string,
  lease: string | null,
  Masquerade,
][] = [
  ['a pod as it is', WEB, WEB, 'node-a', 'db-0', NOT_REWRITTEN],
  ['a pod rewritten by its witness', WEB, NODE, 'node-a', 'db-0', REWRITTEN],
  ['an outside client rewritten by its witness', OUTSIDE, NODE, 'node-a', 'db-0', REWRITTEN],
  ['a node whose address became another of its own', OTHER_ADDRESS, NODE, 'node-a', 'db-0', REWRITTEN],
  ['a pod that another node would have rewritten', WEB, NODE, 'node-b', 'db-0', NOT_REWRITTEN],
  ['a pod rewritten to an address that is no node’s', WEB, OUTSIDE, 'node-a', 'db-0', NOT_REWRITTEN],
  ['a node seen by another node', NODE, NODE, 'node-b', 'db-0', PERHAPS_REWRITTEN],
  ['a node seen by a node whose name begins alike', NAMESAKE, NAMESAKE, 'node-a', 'db-0', PERHAPS_REWRITTEN],
  ['a node seen by itself', NODE, NODE, 'node-a', 'db-0', NOT_REWRITTEN],
  ['a server outside every lease', WEB, NODE, 'node-a', null, NOT_REWRITTEN],
  ['a server outside every lease, of a node', NODE, NODE, 'node-b', null, NOT_REWRITTEN],
];

test.each(CASES)('%s', (_what, client, seen, witness, serverLease, expected) => {
  expect(masqueradeOf({ client, view: { seen, ownNode: false }, witness, serverLease })).toBe(expected);
});

test('evidence of a database from before is told apart in the same way', () => {
  const db = new Database(':memory:');
  migrate(
    db,
    1,
    MIGRATIONS.filter(({ version }) => version < 4),
  );
  const insert = (into: string, ...values: (string | number | null)[]): number =>
    Number(
      db.prepare(`INSERT INTO ${into} VALUES (${values.map(() => '?').join(', ')})`).run(...values)
        .lastInsertRowid,
    );
  const identities = new Map<string, number>();
  const identityId = (identity: Identity): number => {
    const key = identityKey(identity);
    const id = identities.get(key) ?? insert('identities', null, key, JSON.stringify(identity), null, null);
    identities.set(key, id);
    return id;
  };
  insert('lease_ids', 1, 'db-0');
  insert('witnesses', 1, 'node-a');
  insert('witnesses', 2, 'node-b');
  for (const [index, [what, client, seen, witness, lease]] of CASES.entries()) {
    const edge = insert(
      'edges',
      null,
      what,
      identityId(client),
      identityId(DB),
      'tcp',
      index + 1,
      HOUR,
      HOUR,
    );
    const by = witness === 'node-a' ? 1 : 2;
    insert(
      'evidence',
      edge,
      HOUR,
      0,
      lease === null ? 0 : 1,
      by,
      identityId(seen),
      0,
      0,
      1,
      0,
      1,
      0,
      HOUR,
      HOUR,
    );
  }
  migrate(db, 1);
  const found = db.prepare('SELECT masquerade FROM evidence ORDER BY edge').pluck().all();
  expect(found).toEqual(CASES.map(([, , , , , expected]) => expected));
  db.close();
});
