/**
 * Writes a batch as JSON, flow by flow, into bytes that are used again for the next one: a string of a whole batch would
 * be a megabyte of garbage every few milliseconds while a busy node packs.
 */
import type { Flow } from '../domain/flow.ts';
import type { Batch } from '../wire/batch.ts';

/** A batch but for its flows and the time it is sent. */
export type BatchHead = Omit<Batch, 'sentAt' | 'flows'>;

export interface Body {
  readonly bytes: Buffer;
  /** How many flows it holds, and connections seen opening in them. */
  readonly flows: number;
  readonly opened: number;
}

/** Room for some 1,000 flows; it doubles as needed. */
const FIRST_BYTES = 256 * 1024;
/** UTF-8 bytes that one UTF-16 code unit takes at most. */
const BYTES_PER_UNIT = 3;

export class BodyWriter {
  #bytes: Buffer;
  #length = 0;

  constructor() {
    this.#bytes = Buffer.allocUnsafe(FIRST_BYTES);
  }

  /**
   * The batch of this head and these flows after its opening brace, so that a first field can still go before. The bytes
   * are valid until the next call.
   */
  write(head: BatchHead, flows: Iterable<Flow>): Body {
    this.#length = 0;
    this.#append(`${JSON.stringify(head).slice(1, -1)},"flows":[`);
    let count = 0;
    let opened = 0;
    for (const flow of flows) {
      this.#append((count === 0 ? '' : ',') + JSON.stringify(flow));
      count++;
      for (const second of flow.seconds) opened += second.opened;
    }
    this.#append(']}');
    return { bytes: this.#bytes.subarray(0, this.#length), flows: count, opened };
  }

  #append(text: string): void {
    const most = this.#length + text.length * BYTES_PER_UNIT;
    if (most > this.#bytes.length) {
      const larger = Buffer.allocUnsafe(Math.max(most, this.#bytes.length * 2));
      this.#bytes.copy(larger, 0, 0, this.#length);
      this.#bytes = larger;
    }
    this.#length += this.#bytes.write(text, this.#length);
  }
}
