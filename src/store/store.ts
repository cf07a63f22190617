/**
 * The server's memory: what was accepted, who held which address, and the edges with what they rest on, in one
 * SQLite file with one writer. It keeps and merges; it never attributes, judges or asks what time it is.
 */
import { ProblemError } from '../domain/problem.ts';
import { openConnection } from './connection.ts';
import type { Connection, ConnectionOptions } from './connection.ts';
import { edgeRows } from './edges.ts';
import type { EdgeRows } from './edges.ts';
import { evidencePages } from './evidence-pages.ts';
import type { EvidencePages } from './evidence-pages.ts';
import { inbox } from './inbox.ts';
import type { Inbox } from './inbox.ts';
import { leaseIds } from './interned.ts';
import { leaseRows } from './leases.ts';
import type { LeaseRows } from './leases.ts';
import { nodeClockRows } from './node-clocks.ts';
import type { NodeClockRows } from './node-clocks.ts';
import { nodeWindowRows } from './node-windows.ts';
import type { NodeWindowRows } from './node-windows.ts';
import { revokedRows } from './revoked.ts';
import type { RevokedRows } from './revoked.ts';
import { podLives } from './pod-lives.ts';
import type { PodLives } from './pod-lives.ts';
import { unattributedRows } from './unattributed.ts';
import type { UnattributedRows } from './unattributed.ts';
import { unwatchedRows } from './unwatched.ts';
import type { UnwatchedRows } from './unwatched.ts';
import { withdrawnRows } from './withdrawn.ts';
import type { WithdrawnRows } from './withdrawn.ts';

export interface Store {
  /** 128 random bits in hex, made with the file: another value means another memory. */
  readonly generation: string;
  readonly inbox: Inbox;
  readonly leases: LeaseRows;
  readonly edges: EdgeRows;
  readonly evidence: EvidencePages;
  readonly unattributed: UnattributedRows;
  readonly withdrawn: WithdrawnRows;
  readonly revoked: RevokedRows;
  readonly nodeClocks: NodeClockRows;
  readonly unwatched: UnwatchedRows;
  readonly nodeWindows: NodeWindowRows;
  readonly podLives: PodLives;
  /**
   * Runs `work`, which must not be async, in one transaction: everything it writes is durable when this returns, and
   * nothing of it is kept when it throws.
   */
  transaction<T>(work: () => T): T;
  /** Ends the writer. The store must not be used after. */
  close(): void;
}

/**
 * Opens the database `file`, or makes it; `:memory:` lives until it is closed. Every method throws a ProblemError
 * when the file is the cause: `disk-full`, `disk-error`, `database-damaged`; opening also `not-a-database`,
 * `not-a-netscribe-database`, `database-too-new`, `database-unwritable`, `database-in-use` (one writer a file) and
 * `network-file-system`. A file that is refused is left as it was.
 */
export function openStore(file: string, options: ConnectionOptions = {}): Store {
  const connection = openConnection(file, options);
  const leases = leaseIds(connection);
  return {
    generation: generationOf(connection, file),
    inbox: inbox(connection),
    leases: leaseRows(connection, leases),
    edges: edgeRows(connection, leases),
    evidence: evidencePages(connection),
    unattributed: unattributedRows(connection),
    withdrawn: withdrawnRows(connection),
    revoked: revokedRows(connection),
    nodeClocks: nodeClockRows(connection),
    unwatched: unwatchedRows(connection),
    nodeWindows: nodeWindowRows(connection),
    podLives: podLives(connection),
    transaction: (work) => connection.write(work),
    close: () => connection.close(),
  };
}

function generationOf(connection: Connection, file: string): string {
  const select = connection.db.prepare<[], string>("SELECT value FROM meta WHERE key = 'generation'").pluck();
  const generation = connection.read(() => select.get());
  if (generation !== undefined) return generation;
  connection.close();
  throw new ProblemError('database-damaged', `${file} has lost its generation`, {
    hint: 'Restore a backup, or start with a new file.',
  });
}
