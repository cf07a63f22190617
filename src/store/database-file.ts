/**
 * Decides whether a path may become, or already is, a netscribe database, before anything is written to it. It
 * never changes a file: what is not ours is refused as it was found.
 */
import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  openSync,
  readSync,
  realpathSync,
  statSync,
} from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import type Database from 'better-sqlite3';
import { ProblemError } from '../domain/problem.ts';
import { MIGRATIONS } from './migrate.ts';
import { refuseNetworkFileSystem } from './network-file-system.ts';
import { unwritable } from './sqlite-problem.ts';
import { lockFile } from './writer-lock.ts';

/** Marks a database as ours in bytes 68-71 of its header (SQLite's `application_id`): `nscr` in ASCII. */
export const APPLICATION_ID = 0x6e73_6372;

const HEADER_BYTES = 100;

/**
 * The real absolute path of `path`, once it is sure that a netscribe database is there or may be made there. Throws
 * a ProblemError: `not-a-database`, `not-a-netscribe-database`, `database-too-new`, `database-unwritable` or
 * `network-file-system`.
 */
export function databasePath(path: string): string {
  const file = realPath(resolve(path));
  const found = statSync(file, { throwIfNoEntry: false });
  if (found !== undefined && !found.isFile()) {
    throw notADatabase(file, found.isDirectory() ? 'it is a directory' : 'it is not a regular file');
  }
  refuseUnwritable(file, found !== undefined);
  refuseNetworkFileSystem(file, dirname(file));
  if (found !== undefined && found.size > 0) refuseForeignFile(file);
  return file;
}

/** Throws when an open database is another program's or a newer netscribe's. */
export function refuseForeign(db: Database.Database, file: string): void {
  const tables = db.prepare<[], number>('SELECT count(*) FROM sqlite_schema').pluck().get() ?? 0;
  const applicationId = Number(db.pragma('application_id', { simple: true }));
  const version = Number(db.pragma('user_version', { simple: true }));
  refuseUnlessOurs({ applicationId, version, hasSchema: tables > 0 }, file);
}

/**
 * Reads the header as it is on disk, because SQLite itself would leave side files beside a WAL database that it only
 * looked at. Facts still in a WAL are missed here; `refuseForeign` is asked again after opening. Where a lock file
 * stands it is not read: closing a file ends every POSIX lock that this process has on it, and a store that is open
 * here would lose its own.
 */
function refuseForeignFile(file: string): void {
  if (existsSync(lockFile(file))) return;
  const header = Buffer.alloc(HEADER_BYTES);
  const descriptor = openSync(file, 'r');
  try {
    readSync(descriptor, header, 0, HEADER_BYTES, 0);
  } finally {
    closeSync(descriptor);
  }
  // Offsets: https://www.sqlite.org/fileformat.html section 1.3. The schema cookie counts changes of the schema.
  if (header.toString('latin1', 0, 16) !== 'SQLite format 3\0')
    throw notADatabase(file, 'it is not a SQLite file');
  refuseUnlessOurs(
    {
      applicationId: header.readInt32BE(68),
      version: header.readInt32BE(60),
      hasSchema: header.readInt32BE(40) !== 0,
    },
    file,
  );
}

/** What a database says of itself. One without a mark and without a schema is nobody's yet. */
interface Marks {
  readonly applicationId: number;
  readonly version: number;
  readonly hasSchema: boolean;
}

function refuseUnlessOurs({ applicationId, version, hasSchema }: Marks, file: string): void {
  if (applicationId !== APPLICATION_ID && (applicationId !== 0 || hasSchema)) {
    throw new ProblemError('not-a-netscribe-database', `${file} is a database of another program`, {
      hint: 'Give the path of a netscribe database, or of a file that does not exist yet.',
    });
  }
  const newest = MIGRATIONS.at(-1)?.version ?? 0;
  if (version <= newest) return;
  throw new ProblemError(
    'database-too-new',
    `${file} was written by a newer netscribe (schema ${version}; this one knows ${newest})`,
    { hint: 'Run the newer netscribe, or restore a backup made before the upgrade.' },
  );
}

/** One file reached by two links must have one lock, so links are followed; the file itself may not exist yet. */
function realPath(file: string): string {
  try {
    return realpathSync(file);
  } catch {
    return realDirectoryOf(file);
  }
}

function realDirectoryOf(file: string): string {
  try {
    return join(realpathSync(dirname(file)), basename(file));
  } catch (error) {
    throw unwritable(file, `there is no directory ${dirname(file)}`, error);
  }
}

function refuseUnwritable(file: string, exists: boolean): void {
  try {
    if (exists) accessSync(file, constants.R_OK | constants.W_OK);
    accessSync(dirname(file), constants.W_OK | constants.X_OK);
  } catch (error) {
    throw unwritable(file, error instanceof Error ? error.message : String(error), error);
  }
}

function notADatabase(file: string, reason: string): ProblemError {
  return new ProblemError('not-a-database', `${file} is not a database: ${reason}`, {
    hint: 'Give the path of a netscribe database, or of a file that does not exist yet; this one was not touched.',
  });
}
