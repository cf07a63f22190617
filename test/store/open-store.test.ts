import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openConnection } from '../../src/store/connection.ts';
import { MIGRATIONS } from '../../src/store/migrate.ts';
import { openStore } from '../../src/store/store.ts';
import { evidence, scratchDirectory } from './samples.ts';

let scratch: ReturnType<typeof scratchDirectory>;
let file: string;

beforeEach(() => {
  scratch = scratchDirectory();
  file = scratch.file('netscribe.db');
});
afterEach(() => scratch.remove());

describe('opening', () => {
  test('sets what durability and integrity rest on', () => {
    const connection = openConnection(file);
    const pragma = (name: string) => connection.db.pragma(name, { simple: true });
    expect(pragma('journal_mode')).toBe('wal');
    expect(pragma('synchronous')).toBe(2);
    expect(pragma('foreign_keys')).toBe(1);
    expect(pragma('busy_timeout')).toBe(5000);
    expect(pragma('user_version')).toBe(MIGRATIONS.length);
    connection.close();
  });

  test('every table is STRICT', () => {
    const connection = openConnection(file);
    const loose = connection.db.prepare(
      "SELECT name FROM pragma_table_list WHERE schema = 'main' AND strict = 0 AND name NOT LIKE 'sqlite_%'",
    );
    expect(loose.all()).toEqual([]);
    connection.close();
  });

  test('the generation is made with the file, stays with it, and differs between files', () => {
    const first = openStore(file);
    const { generation } = first;
    first.close();
    const again = openStore(file);
    const other = openStore(':memory:');
    expect(generation).toMatch(/^[0-9a-f]{32}$/);
    expect(again.generation).toBe(generation);
    expect(other.generation).not.toBe(generation);
    again.close();
    other.close();
  });

  test('what was recorded is there when the file is opened again, and close leaves no WAL behind', () => {
    const store = openStore(file);
    store.edges.record([evidence()]);
    const before = store.edges.all();
    store.close();
    store.close();
    expect(existsSync(`${file}-wal`)).toBe(false);
    const again = openStore(file);
    expect(again.edges.all()).toEqual(before);
    expect(before).toHaveLength(1);
    again.close();
  });

  test('an empty file becomes a database', () => {
    writeFileSync(file, '');
    const store = openStore(file);
    expect(store.inbox.counts()).toEqual({ accepted: 0, pending: 0 });
    store.close();
  });
});

describe('a path that is not ours is refused and left as it was', () => {
  test.each([
    ['short text', 'hello'],
    ['long text', 'not a database\n'.repeat(1000)],
  ])('%s', (_name, text) => {
    writeFileSync(file, text);
    expect(() => openStore(file)).toThrow(problem('not-a-database', file));
    expect(readFileSync(file, 'utf8')).toBe(text);
    expect(readdirSync(path.dirname(file))).toEqual(['netscribe.db']);
  });

  test.each(['delete', 'wal'])('a SQLite database of another program in journal mode %s', (mode) => {
    const foreign = new Database(file);
    foreign.pragma(`journal_mode = ${mode}`);
    foreign.exec('CREATE TABLE notes (text TEXT)');
    foreign.close();
    const before = readFileSync(file);
    expect(() => openStore(file)).toThrow(problem('not-a-netscribe-database', file));
    expect(readFileSync(file).equals(before)).toBe(true);
    expect(readdirSync(path.dirname(file))).toEqual(['netscribe.db']);
  });

  test('a foreign database in use, whose tables are still in its WAL', () => {
    const foreign = new Database(file);
    foreign.pragma('journal_mode = WAL');
    foreign.exec('CREATE TABLE notes (text TEXT)');
    expect(() => openStore(file)).toThrow(problem('not-a-netscribe-database', file));
    expect(foreign.prepare('SELECT count(*) FROM notes').pluck().get()).toBe(0);
    foreign.close();
  });

  test('a directory', () => {
    mkdirSync(file);
    expect(() => openStore(file)).toThrow(problem('not-a-database', file));
    expect(readdirSync(file)).toEqual([]);
  });

  test('a database written by a newer netscribe', () => {
    openStore(file).close();
    const newer = new Database(file);
    newer.pragma(`user_version = ${MIGRATIONS.length + 1}`);
    newer.close();
    const before = readFileSync(file);
    expect(() => openStore(file)).toThrow(problem('database-too-new', file));
    expect(readFileSync(file).equals(before)).toBe(true);
  });

  test('a damaged database', () => {
    const store = openStore(file);
    store.edges.record([evidence()]);
    store.close();
    const bytes = readFileSync(file);
    writeFileSync(file, Buffer.concat([bytes.subarray(0, 100), Buffer.alloc(bytes.length - 100, 0xff)]));
    expect(() => openStore(file)).toThrow(problem('database-damaged', file));
  });

  test('a directory that does not exist', () => {
    const missing = scratch.file('missing/netscribe.db');
    expect(() => openStore(missing)).toThrow(problem('database-unwritable', missing));
  });

  test.runIf(process.platform !== 'win32')('a directory in which this user may not write', () => {
    const directory = path.dirname(file);
    chmodSync(directory, 0o555);
    const opened = openAsNobody(file);
    chmodSync(directory, 0o755);
    expect(opened).toBe(`database-unwritable ${file}`);
    expect(readdirSync(directory)).toEqual([]);
  });

  test.runIf(process.platform !== 'win32')('a file that this user may not write', () => {
    openStore(file).close();
    chmodSync(file, 0o444);
    chmodSync(path.dirname(file), 0o777);
    expect(openAsNobody(file)).toBe(`database-unwritable ${file}`);
  });
});

describe('one writer', () => {
  test('a second one is refused in the same process, also through a link, until the first closes', () => {
    const store = openStore(file);
    const link = scratch.file('link.db');
    if (process.platform !== 'win32') symlinkSync(file, link);
    expect(() => openStore(file)).toThrow(problem('database-in-use', file));
    if (process.platform !== 'win32') expect(() => openStore(link)).toThrow(problem('database-in-use', file));
    store.edges.record([evidence()]);
    store.close();
    openStore(file).close();
  });

  test('a second one is refused in another process', () => {
    const store = openStore(file);
    expect(openInChild(file, {})).toBe(`database-in-use ${file}`);
    store.close();
    expect(openInChild(file, {})).toBe('opened');
  });

  test.runIf(process.platform === 'linux')(
    'a refused second opening does not cost the first its locks',
    () => {
      const store = openStore(file);
      const inode = `:${statSync(file).ino} `;
      const locks = () =>
        readFileSync('/proc/locks', 'utf8')
          .split('\n')
          .filter((line) => line.includes(inode));
      const before = locks();
      expect(() => openStore(file)).toThrow(problem('database-in-use', file));
      expect(before).toHaveLength(1);
      expect(locks()).toHaveLength(1);
      store.close();
    },
  );

  test('readers are not hindered and see what is committed', () => {
    const store = openStore(file);
    const reader = new Database(file, { readonly: true });
    store.edges.record([evidence()]);
    expect(reader.prepare('SELECT count(*) FROM edges').pluck().get()).toBe(1);
    reader.close();
    store.close();
  });
});

/** Matches a ProblemError with this code whose message names the file and whose hint says what to do. */
function problem(code: string, named: string): unknown {
  return expect.objectContaining({
    name: 'ProblemError',
    code,
    message: expect.stringContaining(named),
    hint: expect.stringMatching(/\w/),
  });
}

/** Root may write anywhere, so root lets nobody (uid 65534) try. */
function openAsNobody(target: string): string {
  return openInChild(target, process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {});
}

function openInChild(target: string, as: { uid?: number; gid?: number }): string {
  const script = path.join(import.meta.dirname, 'open-and-say.ts');
  const child = spawnSync(process.execPath, [script, target], { encoding: 'utf8', ...as });
  return child.stdout.trim() || child.stderr;
}
