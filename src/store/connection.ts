/**
 * The one writing connection to a database file: opened with the settings that the promises of this folder rest on,
 * and the only place where transactions begin and end. It knows nothing of what the tables mean.
 */
import Database from 'better-sqlite3';
import { APPLICATION_ID, databasePath, refuseForeign } from './database-file.ts';
import { migrate } from './migrate.ts';
import { sqliteProblem, unwritable } from './sqlite-problem.ts';
import { lockForWriting } from './writer-lock.ts';
import type { WriterLock } from './writer-lock.ts';

export interface Connection {
  readonly db: Database.Database;
  /** Runs `work`, which only reads; SQLite's errors come out as ProblemErrors. */
  read<T>(work: () => T): T;
  /**
   * Runs `work` in a transaction that is durable when this returns; within another one, in a savepoint that is
   * durable when the outer one is. Whatever `work` throws rolls all of it back and is thrown on, SQLite's errors as
   * ProblemErrors.
   */
  write<T>(work: () => T): T;
  /** `forget` is called after each rollback: what was remembered of rows written since may be false. */
  onRollback(forget: () => void): void;
  /** Moves the WAL into the file and ends the writer's lock. Does nothing when closed already. */
  close(): void;
}

export interface ConnectionOptions {
  /** The database may not grow beyond this many bytes (its WAL not counted); unlimited when absent. */
  readonly maxBytes?: number;
}

/** How long a statement waits for a lock, which only a foreign tool (a backup, sqlite3) can hold for long; ms. */
const BUSY_TIMEOUT_MS = 5_000;

/** Page cache, KiB: at 200,000 edges the pages that each transaction touches should not be read anew. */
const CACHE_KIB = 65_536;

/** A WAL that grew while a reader held it is cut back to this at the next checkpoint; bytes. */
const WAL_LIMIT_BYTES = 67_108_864;

/**
 * Opens, or makes, the database `path`; `:memory:` is one that dies with the connection. Throws a ProblemError when
 * the file cannot be ours to write; it is then as it was.
 */
export function openConnection(path: string, options: ConnectionOptions = {}): Connection {
  if (path === ':memory:') return withErrors(path, () => connect(path, options, null));
  const file = databasePath(path);
  return withErrors(file, () => {
    const lock = lockForWriting(file);
    try {
      return connect(file, options, lock);
    } catch (error) {
      lock.release();
      throw error;
    }
  });
}

function connect(file: string, options: ConnectionOptions, lock: WriterLock | null): Connection {
  const db = new Database(file, { timeout: BUSY_TIMEOUT_MS });
  try {
    prepare(db, file, options);
  } catch (error) {
    db.close();
    throw error;
  }
  return connectionOver(db, file, lock);
}

function prepare(db: Database.Database, file: string, options: ConnectionOptions): void {
  db.pragma(`busy_timeout = ${BUSY_TIMEOUT_MS}`);
  refuseForeign(db, file);
  const journal = db.pragma('journal_mode = WAL', { simple: true });
  if (journal !== 'wal' && !db.memory) throw unwritable(file, 'there is no write-ahead log here', null);
  // better-sqlite3 is compiled to use NORMAL in WAL, which loses the last commits when the machine goes down.
  db.pragma('synchronous = FULL');
  db.pragma('foreign_keys = ON');
  db.pragma('trusted_schema = OFF');
  // In the image the root file system is read-only: there is no place for temporary files.
  db.pragma('temp_store = MEMORY');
  db.pragma(`cache_size = -${CACHE_KIB}`);
  db.pragma(`journal_size_limit = ${WAL_LIMIT_BYTES}`);
  if (options.maxBytes !== undefined) {
    const pageBytes = Number(db.pragma('page_size', { simple: true }));
    db.pragma(`max_page_count = ${Math.max(1, Math.floor(options.maxBytes / pageBytes))}`);
  }
  migrate(db, APPLICATION_ID);
}

function connectionOver(db: Database.Database, file: string, lock: WriterLock | null): Connection {
  const forgetters: (() => void)[] = [];
  const inTransaction = db.transaction((work: () => unknown) => work());
  return {
    db,
    read: (work) => withErrors(file, work),
    write: <T>(work: () => T): T =>
      withErrors(file, () => {
        try {
          return inTransaction.immediate(work) as T;
        } catch (error) {
          for (const forget of forgetters) forget();
          throw error;
        }
      }),
    onRollback: (forget) => {
      forgetters.push(forget);
    },
    close: () => {
      if (!db.open) return;
      try {
        withErrors(file, () => db.pragma('wal_checkpoint(TRUNCATE)'));
      } finally {
        db.close();
        lock?.release();
      }
    },
  };
}

function withErrors<T>(file: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw sqliteProblem(error, file);
  }
}
