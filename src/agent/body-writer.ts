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
/** More than a flow takes without its lists, and than one entry of a list takes: names, addresses, and numbers of 16 digits. */
const FLOW_BYTES = 512;
const ENTRY_BYTES = 96;
const ZERO = 48;

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
      this.#flow(flow, count === 0);
      count++;
      for (const second of flow.seconds) opened += second.opened;
    }
    this.#append(']}');
    return { bytes: this.#bytes.subarray(0, this.#length), flows: count, opened };
  }

  /**
   * As JSON.stringify writes it, without making text of it first: nothing in a flow needs an escape, as addresses are
   * canonical and the words are ours.
   */
  #flow(flow: Flow, isFirst: boolean): void {
    const { dialled, seenAs, clientPort, seconds, presences, bytes, packets } = flow;
    this.#reserve(FLOW_BYTES + ENTRY_BYTES * (seconds.length + (presences?.length ?? 0)));
    this.#ascii(isFirst ? '{"protocol":"' : ',{"protocol":"');
    this.#ascii(flow.protocol);
    this.#ascii('","client":"');
    this.#ascii(flow.client);
    this.#ascii('","server":"');
    this.#ascii(flow.server);
    this.#number('","serverPort":', flow.serverPort);
    if (dialled !== undefined) {
      this.#ascii(',"dialled":{"ip":"');
      this.#ascii(dialled.ip);
      this.#number('","port":', dialled.port);
      this.#ascii('}');
    }
    if (seenAs !== undefined) {
      this.#ascii(',"seenAs":"');
      this.#ascii(seenAs);
      this.#ascii('"');
    }
    this.#ascii(',"orientation":"');
    this.#ascii(flow.orientation);
    this.#ascii('"');
    if (clientPort !== undefined) this.#number(',"clientPort":', clientPort);
    this.#seconds(seconds);
    if (presences !== undefined) this.#presences(presences);
    if (bytes !== undefined) this.#number(',"bytes":', bytes);
    if (packets !== undefined) this.#number(',"packets":', packets);
    this.#ascii('}');
  }

  #seconds(seconds: Flow['seconds']): void {
    this.#ascii(',"seconds":[');
    for (let index = 0; index < seconds.length; index++) {
      const { second, opened, answered } = seconds[index]!;
      this.#number(index === 0 ? '{"second":' : ',{"second":', second);
      this.#number(',"opened":', opened);
      this.#number(',"answered":', answered);
      this.#ascii('}');
    }
    this.#ascii(']');
  }

  #presences(presences: NonNullable<Flow['presences']>): void {
    this.#ascii(',"presences":[');
    for (let index = 0; index < presences.length; index++) {
      const { at, count } = presences[index]!;
      this.#number(index === 0 ? '{"at":' : ',{"at":', at);
      this.#number(',"count":', count);
      this.#ascii('}');
    }
    this.#ascii(']');
  }

  /** A name and a number; there must be room. */
  #number(name: string, value: number): void {
    this.#ascii(name);
    // What is no small whole number is rare: counters, and the times of dumps.
    if ((value | 0) !== value || value < 0) return this.#ascii(String(value));
    let end = this.#length + 1;
    for (let rest = value; rest >= 10; rest = (rest / 10) | 0) end++;
    this.#length = end;
    let rest = value;
    do {
      const tenth = (rest / 10) | 0;
      this.#bytes[--end] = ZERO + rest - tenth * 10;
      rest = tenth;
    } while (rest > 0);
  }

  /** Text of ASCII alone; there must be room. */
  #ascii(text: string): void {
    const bytes = this.#bytes;
    let at = this.#length;
    for (let index = 0; index < text.length; index++) bytes[at++] = text.charCodeAt(index);
    this.#length = at;
  }

  #append(text: string): void {
    this.#reserve(text.length * BYTES_PER_UNIT);
    this.#length += this.#bytes.write(text, this.#length);
  }

  #reserve(count: number): void {
    const most = this.#length + count;
    if (most <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(most, this.#bytes.length * 2));
    this.#bytes.copy(larger, 0, 0, this.#length);
    this.#bytes = larger;
  }
}
