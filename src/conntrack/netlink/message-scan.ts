/**
 * Cuts what a netlink socket received into messages and says what each is. Pure: bytes in, records out. It never throws
 * on what it is fed, and what is no record is reported with its reason.
 */
import type { ConntrackRecord, RecordEvent } from '../record.ts';
import { CONTROL, FAMILY_BYTES, FLAG, HEADER_BYTES, MESSAGE, SUBSYSTEM } from './ctnetlink.ts';
import { EntryDecoder } from './decode-entry.ts';
import type { EntryReject } from './decode-entry.ts';

/** What a scan finds, in the order of the messages. */
export interface MessageSink {
  /** `record` is new for each call and may be kept. */
  record(record: ConntrackRecord): void;
  reject(reason: EntryReject): void;
  /** The answer to a request ends; `errno` is 0 when all is well. */
  end(errno: number): void;
  /** Entries changed places while they were listed, so that the list may lack some. */
  interrupted(): void;
}

export class MessageScanner {
  readonly #sink: MessageSink;
  readonly #entry = new EntryDecoder();

  constructor(sink: MessageSink) {
    this.#sink = sink;
  }

  /**
   * Scans `bytes[start, end)`: one datagram, which holds one or more messages. `readAt` (unix ms) is the time of events
   * that the kernel has not stamped. The bytes may be overwritten afterwards.
   */
  scan(bytes: Uint8Array, span: { start: number; end: number; readAt: number }): void {
    const { end, readAt } = span;
    let at = span.start;
    while (at < end) {
      if (at + HEADER_BYTES > end) return this.#sink.reject('truncated');
      const length = u32(bytes, at);
      if (length < HEADER_BYTES) return this.#sink.reject('malformed');
      if (at + length > end) return this.#sink.reject('truncated');
      this.#message(bytes, at, { end: at + length, readAt });
      at += (length + 3) & ~3;
    }
  }

  #message(bytes: Uint8Array, at: number, span: { end: number; readAt: number }): void {
    const { end, readAt } = span;
    const kind = bytes[at + 4]!;
    const subsystem = bytes[at + 5]!;
    const flags = bytes[at + 6]! | (bytes[at + 7]! << 8);
    const body = at + HEADER_BYTES;
    if ((flags & FLAG.DUMP_INTERRUPTED) !== 0 && (flags & FLAG.MULTI) !== 0) this.#sink.interrupted();
    if (subsystem === 0) return this.#control(bytes, body, { kind, end });
    const event = subsystem === SUBSYSTEM ? eventOf(kind, flags) : null;
    if (event === null) return this.#sink.reject('malformed');
    const attributes = body + FAMILY_BYTES;
    if (attributes > end) return this.#sink.reject('truncated');
    const decoded = this.#entry.decode(bytes, attributes, { end, event, readAt });
    if (typeof decoded === 'string') this.#sink.reject(decoded);
    else this.#sink.record(decoded);
  }

  /** Both DONE and ERROR carry a negative errno, or 0. */
  #control(bytes: Uint8Array, body: number, { kind, end }: { kind: number; end: number }): void {
    if (kind === CONTROL.NOOP) return;
    if (kind !== CONTROL.DONE && kind !== CONTROL.ERROR) return this.#sink.reject('malformed');
    if (body + 4 > end) return this.#sink.reject('truncated');
    this.#sink.end(Math.abs(u32(bytes, body) | 0));
  }
}

/** A listed entry comes as a NEW of a reply in several parts, an update as a NEW that creates nothing. */
function eventOf(kind: number, flags: number): RecordEvent | null {
  if (kind === MESSAGE.DELETE) return 'destroy';
  if (kind !== MESSAGE.NEW) return null;
  if ((flags & FLAG.MULTI) !== 0) return 'dump';
  return (flags & FLAG.CREATE) !== 0 ? 'new' : 'update';
}

/** In the byte order of the machine, which is little-endian: the reader refuses any other. */
function u32(bytes: Uint8Array, at: number): number {
  return (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0;
}
