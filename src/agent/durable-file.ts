/** Small files that survive a crash of the process and of the machine: whole as they were, or whole as they are. */
import { closeSync, fsyncSync, openSync, readSync, renameSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

/** Replaces `file` by a rename and returns once it is on the disk. Throws the file system's errors. */
export function writeDurably(file: string, text: string): void {
  const fresh = `${file}.new`;
  withOpen(fresh, 'w', (opened) => {
    writeSync(opened, text);
    fsyncSync(opened);
  });
  renameSync(fresh, file);
  // The rename itself is on the disk only when the directory is.
  withOpen(dirname(file), 'r', fsyncSync);
}

/** The start of the file, at most `maxBytes` bytes as UTF-8, or null when there is none. Throws all other errors. */
export function readBounded(file: string, maxBytes: number): string | null {
  try {
    return withOpen(file, 'r', (opened) => {
      const bytes = Buffer.alloc(maxBytes);
      let length = 0;
      for (;;) {
        const read = readSync(opened, bytes, length, maxBytes - length, null);
        length += read;
        if (read === 0 || length === maxBytes) return bytes.toString('utf8', 0, length);
      }
    });
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}

function withOpen<T>(file: string, flags: string, act: (opened: number) => T): T {
  const opened = openSync(file, flags, 0o600);
  try {
    return act(opened);
  } finally {
    closeSync(opened);
  }
}
