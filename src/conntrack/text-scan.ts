/**
 * Turns the bytes of `conntrack -E`, `conntrack -L` or /proc/net/nf_conntrack into records, in pieces cut anywhere. It
 * opens nothing, keeps at most one unfinished line, and never throws on what it is fed: what is no record is reported
 * with its reason.
 */
import { LineScanner } from './line-scan.ts';
import type { LineReject } from './line-scan.ts';
import type { ConntrackRecord } from './record.ts';

export type { LineReject } from './line-scan.ts';
export type { ConntrackRecord, RecordEvent } from './record.ts';

/** What a scan finds, called in the order of the lines, which are numbered from 1. */
export interface TextSink {
  /** `record` is new for each call and may be kept. */
  record(record: ConntrackRecord, line: number): void;
  /** `excerpt` is the line's beginning, safe to print. */
  reject(reason: LineReject, line: number, excerpt: string): void;
}

/** No conntrack line comes near: the longest, IPv6 with every option and label, stays under 1 KiB. */
const LONGEST_LINE_BYTES = 4096;
const EXCERPT_BYTES = 120;
const NEWLINE = 10;

export class TextScanner {
  readonly #sink: TextSink;
  readonly #line = new LineScanner();
  /** The beginning of a line whose end has not come yet. */
  readonly #held = Buffer.alloc(LONGEST_LINE_BYTES);
  /** Its length so far, which may be more than is held. */
  #heldLength = 0;
  #lines = 0;

  constructor(sink: TextSink) {
    this.#sink = sink;
  }

  /** Lines begun and ended so far, empty ones too. */
  get lines(): number {
    return this.#lines;
  }

  /** Scans the lines that `chunk` completes; the chunk may be overwritten afterwards. */
  push(chunk: Uint8Array): void {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
      if (this.#heldLength === 0) this.#scan(chunk, start, end);
      else {
        this.#hold(chunk, start, end);
        this.#release();
      }
      start = end + 1;
    }
    this.#hold(chunk, start, chunk.length);
  }

  /** Says that no more will come: an unfinished last line is reported as `truncated`, even if it looks whole. */
  end(): void {
    if (this.#heldLength === 0) return;
    const length = this.#heldLength;
    this.#heldLength = 0;
    this.#lines++;
    if (length > LONGEST_LINE_BYTES) return this.#reject('malformed', this.#held, 0, LONGEST_LINE_BYTES);
    if (isBlank(this.#held, 0, length)) return;
    // A number at the very end may have lost digits, so that nothing read from this line can be trusted.
    const scanned = this.#line.scan(this.#held, 0, length);
    const isToolsOwn = scanned === 'notice' || scanned === 'lost';
    this.#reject(isToolsOwn ? scanned : 'truncated', this.#held, 0, length);
  }

  #hold(bytes: Uint8Array, start: number, end: number): void {
    const room = LONGEST_LINE_BYTES - this.#heldLength;
    if (room > 0) this.#held.set(bytes.subarray(start, Math.min(end, start + room)), this.#heldLength);
    this.#heldLength += end - start;
  }

  #release(): void {
    const length = this.#heldLength;
    this.#heldLength = 0;
    this.#scan(this.#held, 0, length);
  }

  /** `end - start` is the line's true length, of which `bytes` holds no more than can be scanned. */
  #scan(bytes: Uint8Array, start: number, end: number): void {
    this.#lines++;
    if (end - start > LONGEST_LINE_BYTES) return this.#reject('malformed', bytes, start, end);
    const scanned = this.#line.scan(bytes, start, end);
    if (typeof scanned !== 'string') this.#sink.record(scanned, this.#lines);
    else if (!isBlank(bytes, start, end)) this.#reject(scanned, bytes, start, end);
  }

  #reject(reason: LineReject, bytes: Uint8Array, start: number, end: number): void {
    const length = Math.min(end - start, EXCERPT_BYTES);
    this.#sink.reject(reason, this.#lines, excerptOf(bytes.subarray(start, start + length)));
  }
}

function isBlank(bytes: Uint8Array, start: number, end: number): boolean {
  for (let i = start; i < end; i++) {
    const byte = bytes[i];
    if (byte !== 32 && byte !== 9 && byte !== 13) return false;
  }
  return true;
}

/** One character a byte; what is not printable ASCII becomes a dot. */
function excerptOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => (byte >= 32 && byte < 127 ? String.fromCharCode(byte) : '.')).join('');
}
