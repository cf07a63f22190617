// Reads strace's text of a server: was every batch on disk before it was answered?

/** What a trace shows: answered batches, those of them that were synced before, and the first that was not. */
export interface SyncVerdict {
  readonly answered: number;
  readonly synced: number;
  readonly offence: string | null;
}

/** The system calls to trace, with which the text must have been made: `strace -f -yy -s 64`. */
export const TRACED_CALLS = 'read,write,writev,pwrite64,fdatasync,fsync';

/**
 * Goes through the calls in order. Between the read of a batch and its 200 on the same socket the write-ahead log must have
 * been written, and synced after the last write.
 */
export function syncVerdict(trace: string): SyncVerdict {
  const open = new Map<string, 'read' | 'written' | 'synced'>();
  const syncing = new Set<string>();
  let answered = 0;
  let synced = 0;
  let offence: string | null = null;
  const wrote = (): void => open.forEach((_, socket) => open.set(socket, 'written'));
  const sync = (): void =>
    open.forEach((state, socket) => open.set(socket, state === 'written' ? 'synced' : state));
  for (const line of trace.split('\n')) {
    const [, thread = '', call = ''] = /^(\d+)\s+(.*)$/.exec(line) ?? [];
    const socket = /^\w+\(\d+<(TCP:\[[^\]]*\])>/.exec(call)?.[1];
    if (socket !== undefined && call.startsWith('read(') && call.includes('"POST /api/v1/batches'))
      open.set(socket, 'read');
    else if (/^pwrite64\(\d+<[^>]*-wal>/.test(call)) wrote();
    else if (/^f(data)?sync\(\d+<[^>]*-wal>/.test(call)) {
      if (call.endsWith('= 0')) sync();
      else syncing.add(thread);
    } else if (/^<\.\.\. f(data)?sync resumed>.*= 0$/.test(call) && syncing.delete(thread)) sync();
    else if (socket !== undefined && call.startsWith('write') && call.includes('HTTP/1.1 200')) {
      const state = open.get(socket);
      if (state === undefined) continue;
      open.delete(socket);
      answered += 1;
      if (state === 'synced') synced += 1;
      else offence ??= `${state}: ${line}`;
    }
  }
  return { answered, synced, offence };
}
