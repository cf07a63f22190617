// Reads strace's text of a server: was every batch on disk before it was answered?

/** What a trace shows: answered batches, those of them that were synced before, and the first that was not. */
export interface SyncVerdict {
  readonly answered: number;
  readonly synced: number;
  readonly offence: string | null;
}

/** The system calls to trace, with which the text must have been made: `strace -f -yy -s 64`. */
export const TRACED_CALLS = 'read,write,writev,pwrite64,fdatasync,fsync';

/** What strace prints of a TLS record's first bytes (RFC 8446 section 5.1), as far as they tell what is in it. */
const HANDSHAKE = '"\\26\\3';
const APPLICATION_DATA = '"\\27\\3';

/**
 * Goes through the calls in order. Batches come to `port`, over TLS: what is read there is one, what is written there its
 * answer, for an agent sends one at a time. Between the last read and the write on the same socket the write-ahead log must
 * have been written, and synced after the last write. Sockets whose handshake is in the trace are left out: what is written
 * at its end is no answer.
 */
export function syncVerdict(trace: string, port: number): SyncVerdict {
  const open = new Map<string, 'read' | 'written' | 'synced'>();
  const fresh = new Set<string>();
  const syncing = new Set<string>();
  let answered = 0;
  let synced = 0;
  let offence: string | null = null;
  const wrote = (): void => open.forEach((_, socket) => open.set(socket, 'written'));
  const sync = (): void =>
    open.forEach((state, socket) => open.set(socket, state === 'written' ? 'synced' : state));
  for (const line of trace.split('\n')) {
    const [, thread = '', call = ''] = /^(\d+)\s+(.*)$/.exec(line) ?? [];
    const socket = new RegExp(`^\\w+\\(\\d+<(TCP:\\[[^\\]]*:${port}->[^\\]]*\\])>`).exec(call)?.[1];
    if (socket !== undefined && call.includes(HANDSHAKE)) fresh.add(socket);
    if (socket !== undefined && fresh.has(socket)) continue;
    if (socket !== undefined && call.startsWith('read(')) {
      // A read of nothing is one that was told to try again.
      if (/ = [1-9]\d*$/.test(call)) open.set(socket, 'read');
    } else if (/^pwrite64\(\d+<[^>]*-wal>/.test(call)) wrote();
    else if (/^f(data)?sync\(\d+<[^>]*-wal>/.test(call)) {
      if (call.endsWith('= 0')) sync();
      else syncing.add(thread);
    } else if (/^<\.\.\. f(data)?sync resumed>.*= 0$/.test(call) && syncing.delete(thread)) sync();
    else if (socket !== undefined && call.startsWith('write') && call.includes(APPLICATION_DATA)) {
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
