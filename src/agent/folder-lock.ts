/**
 * Keeps a second agent away from a state directory. The lock is the kernel's own on an open file (flock(2)): it ends with
 * its process however that ends, and holds across containers, where process ids would say nothing.
 */
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import koffi from 'koffi';
import { ProblemError } from '../domain/problem.ts';

export interface FolderLock {
  release(): void;
}

/** From flock(2), the same on Linux and macOS: exclusive, and without waiting. */
const LOCK_EX = 2;
const LOCK_NB = 4;

/**
 * Throws a ProblemError `state-in-use` when another process holds it, and the file system's own error when the lock file
 * cannot be opened. The empty file stays, because removing it could race with the next agent.
 */
export function lockFolder(folder: string): FolderLock {
  const file = openSync(join(folder, 'lock'), 'a', 0o600);
  // A null library is the process itself, whose C library has the call.
  const flock = koffi.load(null).func('int flock(int fd, int operation)');
  const result: unknown = flock(file, LOCK_EX | LOCK_NB);
  if (result === 0) return { release: () => closeSync(file) };
  const code = koffi.errno();
  closeSync(file);
  if (code === koffi.os.errno['EWOULDBLOCK']) throw inUse(folder);
  throw new ProblemError(
    'state-not-lockable',
    `The state directory ${folder} cannot be locked (errno ${code}).`,
    {
      hint: 'Use a directory on a local file system.',
    },
  );
}

function inUse(folder: string): ProblemError {
  return new ProblemError('state-in-use', `Another netscribe agent uses the state directory ${folder}.`, {
    hint: 'Stop that agent, or give this one a directory of its own.',
  });
}
