/**
 * Turns SQLite's result codes into problems that a person can act on. What no operator can act on (a broken
 * constraint, a misused statement) is a defect and passes through unchanged.
 */
import { statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import { SqliteError } from 'better-sqlite3';
import { ProblemError } from '../domain/problem.ts';

/** Less than this free is full: it is two of the 32 KiB regions in which SQLite grows its shared-memory index. */
const FULL_BELOW_BYTES = 65_536;

/** `error` as a ProblemError that names `file`, or unchanged when it is not one of SQLite's that a person can mend. */
export function sqliteProblem(error: unknown, file: string): unknown {
  if (!(error instanceof SqliteError)) return error;
  const code = error.code;
  if (code === 'SQLITE_FULL' || (code.startsWith('SQLITE_IOERR') && isDiskFull(file))) {
    return new ProblemError('disk-full', `${file} cannot grow: the disk or the size limit is full`, {
      hint: 'Free space or enlarge the volume, then try again; everything stored before is intact.',
      cause: error,
    });
  }
  if (code.startsWith('SQLITE_IOERR')) {
    return new ProblemError('disk-error', `${file} cannot be read or written: ${error.message} (${code})`, {
      hint: 'Check the disk and the kernel log.',
      cause: error,
    });
  }
  if (code.startsWith('SQLITE_CORRUPT') || code === 'SQLITE_NOTADB') {
    return new ProblemError('database-damaged', `${file} is damaged: ${error.message}`, {
      hint: 'Move the file away together with its -wal file and restore a backup, or start with a new file.',
      cause: error,
    });
  }
  if (/^SQLITE_(READONLY|CANTOPEN|PERM)/.test(code)) return unwritable(file, error.message, error);
  if (code.startsWith('SQLITE_BUSY')) {
    return new ProblemError('database-in-use', `${file} is locked by another program`, {
      hint: 'Stop the other program, or give this one a file of its own.',
      cause: error,
    });
  }
  return error;
}

/** The problem of a file that cannot be opened for writing, for the reason given. */
export function unwritable(file: string, reason: string, cause: unknown): ProblemError {
  return new ProblemError('database-unwritable', `${file} cannot be written: ${reason}`, {
    hint: 'Give a path in an existing directory in which this user may create and write files.',
    cause,
  });
}

function isDiskFull(file: string): boolean {
  try {
    const disk = statfsSync(dirname(file));
    return disk.bavail * disk.bsize < FULL_BELOW_BYTES;
  } catch {
    return false;
  }
}
