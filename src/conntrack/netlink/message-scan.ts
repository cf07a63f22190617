/**
 * Cuts what a netlink socket received into messages and says what each is. Pure: bytes in, entries out. It never throws
 * on what it is fed, and what is no entry is reported with its reason.
 */
import type { RecordEvent } from '../record.ts';
import { CONTROL, FAMILY_BYTES, FLAG, HEADER_BYTES, MESSAGE, SUBSYSTEM } from './ctnetlink.ts';
import { EntryDecoder } from './decode-entry.ts';
import type { EntryReject } from './decode-entry.ts';
import type { Entry } from './entry.ts';

/** What a scan finds, in the order of the messages. */
export interface MessageSink {
  /** `entry` holds until the call returns. */
  entry(entry: Entry): void;
  reject(reason: EntryReject): void;
  /** The answer to a request ends; `errno` is 0 when all is well. */
  end(errno: number): void;
  /** Entries changed places while they were listed, so that the list may lack some. */
  interrupted(): void;
}

export class MessageScanner {
  /** The time of events that the kernel has not stamped, unix ms. */
  readAt = 0.5;
  readonly #sink: MessageSink;
  readonly #decoder = new EntryDecoder();

  constructor(sink: MessageSink) {
    this.#sink = sink;
  }

  /** Scans `bytes[start, end)`: one datagram, which holds one or more messages. The bytes may be overwritten afterwards. */
  scan(bytes: Uint8Array, start: number, end: number): void {
    const wholeWords = (end - start + 3) & ~3;
    const isAligned = ((bytes.byteOffset + start) & 3) === 0 && start + wholeWords <= bytes.length;
    const from = isAligned ? bytes.subarray(start, start + wholeWords) : new Uint8Array(wholeWords);
    if (!isAligned) from.set(bytes.subarray(start, end));
    this.scanWords(new Int32Array(from.buffer, from.byteOffset, wholeWords / 4), 0, end - start);
  }

  /** The same of the bytes that `words` are: `start` is where a word begins, and all of the last one is there. */
  scanWords(words: Int32Array, start: number, end: number): void {
    let at = start;
    while (at < end) {
      if (at + HEADER_BYTES > end) return this.#sink.reject('truncated');
      const length = words[at >>> 2]! >>> 0;
      if (length < HEADER_BYTES) return this.#sink.reject('malformed');
      if (at + length > end) return this.#sink.reject('truncated');
      this.#message(words, at, at + length);
      at += (length + 3) & ~3;
    }
  }

  #message(words: Int32Array, at: number, end: number): void {
    const kind = words[(at >>> 2) + 1]!;
    const subsystem = (kind >>> 8) & 0xff;
    const flags = kind >>> 16;
    const body = at + HEADER_BYTES;
    if ((flags & FLAG.DUMP_INTERRUPTED) !== 0 && (flags & FLAG.MULTI) !== 0) this.#sink.interrupted();
    if (subsystem === 0) return this.#control(words, body, { kind: kind & 0xff, end });
    const event = subsystem === SUBSYSTEM ? eventOf(kind & 0xff, flags) : null;
    if (event === null) return this.#sink.reject('malformed');
    const attributes = body + FAMILY_BYTES;
    if (attributes > end) return this.#sink.reject('truncated');
    const { entry } = this.#decoder;
    entry.event = event;
    entry.at = this.readAt;
    const problem = this.#decoder.decode(words, attributes >>> 2, end);
    if (problem === null) this.#sink.entry(entry);
    else this.#sink.reject(problem);
  }

  /** Both DONE and ERROR carry a negative errno, or 0. */
  #control(words: Int32Array, body: number, { kind, end }: { kind: number; end: number }): void {
    if (kind === CONTROL.NOOP) return;
    if (kind !== CONTROL.DONE && kind !== CONTROL.ERROR) return this.#sink.reject('malformed');
    if (body + 4 > end) return this.#sink.reject('truncated');
    this.#sink.end(Math.abs(words[body >>> 2]!));
  }
}

/** A listed entry comes as a NEW of a reply in several parts, an update as a NEW that creates nothing. */
function eventOf(kind: number, flags: number): RecordEvent | null {
  if (kind === MESSAGE.DELETE) return 'destroy';
  if (kind !== MESSAGE.NEW) return null;
  if ((flags & FLAG.MULTI) !== 0) return 'dump';
  return (flags & FLAG.CREATE) !== 0 ? 'new' : 'update';
}
