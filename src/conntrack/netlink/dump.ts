/** Lists every conntrack entry through a socket of its own. Only ever asks to list: no counter is zeroed, nothing changes. */
import { setImmediate as yieldToOthers, setTimeout as delay } from 'node:timers/promises';
import { ProblemError } from '../../domain/problem.ts';
import { FAMILY_BYTES, FLAG, HEADER_BYTES, MESSAGE, SUBSYSTEM } from './ctnetlink.ts';
import type { EntryReject } from './decode-entry.ts';
import type { Entry } from './entry.ts';
import { EAGAIN, EINTR } from './libc.ts';
import { MessageScanner } from './message-scan.ts';
import { openRequestSocket, problemOf } from './socket.ts';
import type { NetlinkSocket } from './socket.ts';

/** The kernel fills no more than 32 KiB of it (netlink_dump). */
const RECEIVE_BYTES = 64 * 1024;
/** The kernel answers within the call; one that says nothing for so long will not. */
const SILENCE_MS = 10_000;
const RETRY_MS = 5;

export interface DumpSink {
  /** `entry` holds until the call returns. */
  entry(entry: Entry): void;
  reject(reason: EntryReject): void;
}

/**
 * Lists all entries, IPv4 and IPv6, and gives the event loop a turn after each piece. `isInterrupted` says that entries
 * changed places meanwhile, so that some may be missing. Throws a ProblemError, or the signal's reason.
 */
export async function dumpEntries(sink: DumpSink, signal: AbortSignal): Promise<{ isInterrupted: boolean }> {
  const socket = openRequestSocket();
  try {
    socket.send(request(MESSAGE.GET, FLAG.REQUEST | FLAG.DUMP));
    return await answerOf(socket, sink, signal);
  } finally {
    socket.close();
  }
}

/** Asks the kernel for a number it always has, to see whether it would list entries. Throws a ProblemError. */
export async function probe(signal: AbortSignal): Promise<void> {
  const socket = openRequestSocket();
  try {
    socket.send(request(MESSAGE.GET_STATS, FLAG.REQUEST | FLAG.ACK));
    // The number itself is no entry, so that it counts as a reject.
    await answerOf(socket, { entry: () => undefined, reject: () => undefined }, signal);
  } finally {
    socket.close();
  }
}

async function answerOf(
  socket: NetlinkSocket,
  sink: DumpSink,
  signal: AbortSignal,
): Promise<{ isInterrupted: boolean }> {
  const answer: { errno: number | null; isInterrupted: boolean } = { errno: null, isInterrupted: false };
  const scanner = new MessageScanner({
    entry: (entry) => sink.entry(entry),
    reject: (reason) => sink.reject(reason),
    end: (errno) => (answer.errno = errno),
    interrupted: () => (answer.isInterrupted = true),
  });
  const bytes = Buffer.alloc(RECEIVE_BYTES);
  const words = new Int32Array(bytes.buffer, bytes.byteOffset, RECEIVE_BYTES / 4);
  let silentMs = 0;
  while (answer.errno === null) {
    signal.throwIfAborted();
    const received = socket.receive(bytes);
    if ('length' in received) {
      silentMs = 0;
      scanner.scanWords(words, 0, received.length);
      await yieldToOthers();
    } else if (received.errno !== EAGAIN && received.errno !== EINTR)
      throw problemOf(received.errno, 'conntrack entries cannot be listed');
    else if (silentMs >= SILENCE_MS)
      throw new ProblemError('conntrack-netlink', 'the kernel does not answer a conntrack request');
    else {
      silentMs += RETRY_MS;
      await delay(RETRY_MS);
    }
  }
  if (answer.errno !== 0) throw problemOf(answer.errno, 'conntrack entries cannot be listed');
  return { isInterrupted: answer.isInterrupted };
}

/** A request for both families: struct nlmsghdr and struct nfgenmsg (AF_UNSPEC, NFNETLINK_V0). */
function request(message: number, flags: number): Uint8Array {
  const view = new DataView(new ArrayBuffer(HEADER_BYTES + FAMILY_BYTES));
  view.setUint32(0, view.byteLength, true);
  view.setUint16(4, (SUBSYSTEM << 8) | message, true);
  view.setUint16(6, flags, true);
  view.setUint32(8, 1, true); // the socket's only request, so that any sequence number will do
  return new Uint8Array(view.buffer);
}
