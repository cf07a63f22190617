/**
 * Keeps a second writer away from a database file, in this process or another. Readers are not hindered, which is
 * why this is not SQLite's own exclusive mode: that would shut out the read-only connections of other threads.
 */
import Database, { SqliteError } from 'better-sqlite3';
import { ProblemError } from '../domain/problem.ts';

export interface WriterLock {
  release(): void;
}

/**
 * Takes the lock of `file` or throws a ProblemError `database-in-use`. The lock is an exclusive SQLite transaction,
 * never committed, on the empty file `FILE-lock`: an advisory lock of the operating system that ends with its
 * process however that ends. The empty file stays, because removing it could race with the next writer.
 */
export function lockForWriting(file: string): WriterLock {
  const lock = new Database(lockFile(file), { timeout: 0 });
  try {
    // A journal on disk would be one more file beside the database; nothing is ever written that could need it.
    lock.pragma('journal_mode = MEMORY');
    lock.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    lock.close();
    if (error instanceof SqliteError && error.code.startsWith('SQLITE_BUSY')) throw inUse(file, error);
    throw error;
  }
  return { release: () => lock.close() };
}

/** Stands beside the database from its first opening on. */
export function lockFile(file: string): string {
  return `${file}-lock`;
}

function inUse(file: string, cause: unknown): ProblemError {
  return new ProblemError('database-in-use', `${file} is open for writing in another netscribe process`, {
    hint: 'Only one process may write a database: stop the other one, or give this one a file of its own.',
    cause,
  });
}
