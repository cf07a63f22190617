/**
 * Refuses to keep the database on a network file system: SQLite's locks and its shared-memory index are not
 * reliable there, and an fsync that a server only promised would break "durable before acknowledged".
 */
import { statfsSync } from 'node:fs';
import process from 'node:process';
import { ProblemError } from '../domain/problem.ts';

/** f_type of statfs(2): include/uapi/linux/magic.h, fs/smb/client/cifsfs.c and include/linux/ceph/ceph_fs.h. */
const NETWORK_FILE_SYSTEMS: ReadonlyMap<number, string> = new Map([
  [0x6969, 'NFS'],
  [0x517b, 'SMB'],
  [0xff53_4d42, 'CIFS'],
  [0xfe53_4d42, 'SMB2'],
  [0x00c3_6400, 'CephFS'],
]);

/** The name of the network file system with this statfs type, or null for any other file system. */
export function networkFileSystemName(type: number): string | null {
  // A 32-bit kernel sign-extends the type; the unsigned low word is the same everywhere.
  return NETWORK_FILE_SYSTEMS.get(type >>> 0) ?? null;
}

/**
 * Throws a ProblemError `network-file-system` when `directory`, in which `file` is or will be, is on one. Only Linux
 * tells a file system's type in a known form; elsewhere nothing is refused.
 */
export function refuseNetworkFileSystem(file: string, directory: string, typeOf = fileSystemType): void {
  const name = networkFileSystemName(typeOf(directory));
  if (name === null) return;
  throw new ProblemError('network-file-system', `${file} is on a network file system (${name})`, {
    hint: 'Keep the database on a local disk or a block volume: locks and fsync are not reliable over a network.',
  });
}

function fileSystemType(directory: string): number {
  return process.platform === 'linux' ? statfsSync(directory).type : 0;
}
