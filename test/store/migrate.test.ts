import { readdirSync } from 'node:fs';
import path from 'node:path';
import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import { migrate, MIGRATIONS } from '../../src/store/migrate.ts';

const one = { version: 1, sql: 'CREATE TABLE one (a INTEGER) STRICT' };
const two = { version: 2, sql: 'CREATE TABLE two (a INTEGER) STRICT; INSERT INTO one VALUES (2)' };
const broken = { version: 2, sql: 'CREATE TABLE two (a INTEGER) STRICT; INSERT INTO nowhere VALUES (2)' };

function tables(db: Database.Database): unknown[] {
  return db.prepare('SELECT name FROM sqlite_schema ORDER BY name').pluck().all();
}

test('steps run once, in order, and mark the file', () => {
  const db = new Database(':memory:');
  migrate(db, 7, [one]);
  migrate(db, 7, [one, two]);
  migrate(db, 7, [one, two]);
  expect(tables(db)).toEqual(['one', 'two']);
  expect(db.prepare('SELECT a FROM one').pluck().all()).toEqual([2]);
  expect(db.pragma('user_version', { simple: true })).toBe(2);
  expect(db.pragma('application_id', { simple: true })).toBe(7);
  db.close();
});

test('a step that fails leaves the schema at the step before', () => {
  const db = new Database(':memory:');
  expect(() => migrate(db, 7, [one, broken])).toThrow(/no such table: nowhere/);
  expect(tables(db)).toEqual(['one']);
  expect(db.pragma('user_version', { simple: true })).toBe(1);
  db.close();
});

test('versions count from 1 and are the numbers of the files', () => {
  const files = readdirSync(path.join(import.meta.dirname, '../../src/store/migrations')).filter((name) =>
    /^\d/.test(name),
  );
  expect(MIGRATIONS.map(({ version }) => version)).toEqual(
    files.toSorted().map((name) => Number(name.slice(0, 4))),
  );
  expect(MIGRATIONS.map(({ version }) => version)).toEqual(MIGRATIONS.map((_, index) => index + 1));
});
