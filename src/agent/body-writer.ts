/**
 * Writes a batch as JSON straight from the table of its flows: objects and strings of a whole batch would be megabytes of
 * garbage every few milliseconds while a busy node packs.
 */
import { AddressText } from '../conntrack/address-text.ts';
import * as key from '../conntrack/key-words.ts';
import { PROTOCOLS } from '../domain/protocol.ts';
import type { Batch } from '../wire/batch.ts';
import { KEY } from './flow-rows.ts';
import { LISTED } from './flow-table.ts';
import type { FlowTable } from './flow-table.ts';
import { JsonBytes, literal } from './json-bytes.ts';
import type { Literal } from './json-bytes.ts';

/** A batch but for its flows and the time it is sent. */
export type BatchHead = Omit<Batch, 'sentAt' | 'flows'>;

export interface Body {
  readonly bytes: Buffer;
  /** How many flows it holds, and connections seen opening in them. */
  readonly flows: number;
  readonly opened: number;
  /** The first row that it does not hold. */
  readonly next: number;
}

/** Room for some 5,000 flows, a whole batch; what is not used of it takes no memory. */
const FIRST_BYTES = 1536 * 1024;
/** More than a flow takes without its lists, and than one entry of a list takes: names, addresses, and numbers of 16 digits. */
const FLOW_BYTES = 512;
const ENTRY_BYTES = 96;

/** By the protocol's place in PROTOCOLS. */
const BEGIN = PROTOCOLS.map((protocol) => literal(`{"protocol":"${protocol}","client":"`));
const NEXT = PROTOCOLS.map((protocol) => literal(`,{"protocol":"${protocol}","client":"`));
const SERVER = literal('","server":"');
const SERVER_PORT = literal('","serverPort":');
const DIALLED = literal(',"dialled":{"ip":"');
const PORT = literal('","port":');
const CLOSE = literal('}');
const SEEN_AS = literal(',"seenAs":"');
const QUOTE = literal('"');
const SEEN_SECONDS = literal(',"orientation":"seen","seconds":[');
const SEEN = literal(',"orientation":"seen"');
const GUESSED = literal(',"orientation":"guessed"');
const CLIENT_PORT = literal(',"clientPort":');
const SECONDS = literal(',"seconds":[');
const OPENED = literal(',"opened":');
const ANSWERED = literal(',"answered":');
const END = literal(']');
const END_CLOSE = literal(']}');
/** What nearly all seconds of a flow have, by `opened * FEW + answered`: few of either. */
const FEW = 4;
const FEW_COUNTS = Array.from({ length: FEW * FEW }, (_, counts) =>
  literal(`,"opened":${Math.floor(counts / FEW)},"answered":${counts % FEW}}`),
);
/** A window has some ten seconds, each of which is made into text once: by its last four bits. */
const KNOWN_SECONDS = 16;

export class BodyWriter {
  readonly #text = new AddressText();
  readonly #json = new JsonBytes(FIRST_BYTES);
  readonly #known = new Int32Array(KNOWN_SECONDS).fill(-1);
  readonly #texts = Array.from({ length: KNOWN_SECONDS }, () => CLOSE);
  /** The same without the comma before it. */
  readonly #firsts = [...this.#texts];
  #opened = 0;
  #written = 0;

  /**
   * The batch of this head and up to `most` flows of the table from the row `from` on, after its opening brace, so that a
   * first field can still go before. The bytes are valid until the next call.
   */
  write(head: BatchHead, table: FlowTable, { from, most }: { from: number; most: number }): Body {
    const json = this.#json;
    json.clear();
    json.text(`${JSON.stringify(head).slice(1, -1)},"flows":[`);
    this.#opened = 0;
    this.#written = 0;
    const next = this.#flows(table, from, most);
    json.text(']}');
    return { bytes: json.written, flows: this.#written, opened: this.#opened, next };
  }

  /**
   * The first row that is not written. By itself, with nothing behind the loop: V8 compiles the loop while it runs for the
   * first time, and would throw that away, batch for batch, at the first step behind it that it had not seen then.
   */
  #flows(table: FlowTable, from: number, most: number): number {
    let row = from;
    for (; this.#written < most && row < table.flows.end; row = table.flows.after(row)) {
      this.#flow(table, row, this.#written === 0);
      this.#written++;
    }
    return row;
  }

  /**
   * As JSON.stringify writes it, without making text of it first: nothing in a flow needs an escape, as addresses are
   * canonical and the words are ours.
   */
  #flow(table: FlowTable, row: number, isFirst: boolean): void {
    const json = this.#json;
    const { cells } = table.flows;
    const at = row + KEY;
    const shape = cells[at + key.SHAPE]!;
    const ports = cells[at + key.PORTS]!;
    const seconds = table.listSeconds(row);
    json.reserve(FLOW_BYTES + ENTRY_BYTES * seconds);
    json.literal((isFirst ? BEGIN : NEXT)[(shape >> key.PROTOCOL_SHIFT) & 3]!);
    this.#address(cells, at, key.CLIENT);
    json.literal(SERVER);
    this.#address(cells, at, key.SERVER);
    json.literal(SERVER_PORT);
    json.number(ports & 0xffff);
    if ((shape & key.IS_DIALLED) !== 0) {
      json.literal(DIALLED);
      this.#address(cells, at, key.DIALLED);
      json.literal(PORT);
      json.number(ports >>> 16);
      json.literal(CLOSE);
    }
    if ((shape & key.IS_SEEN_AS) !== 0) {
      json.literal(SEEN_AS);
      this.#address(cells, at, key.SEEN_AS);
      json.literal(QUOTE);
    }
    if ((shape & key.IS_GUESSED) === 0 && shape >>> 16 === 0) json.literal(SEEN_SECONDS);
    else this.#orientation(shape);
    this.#seconds(table.listed, seconds);
    if (table.hasOnlySeconds(row)) json.literal(END_CLOSE);
    else this.#more(table, row);
  }

  #orientation(shape: number): void {
    const json = this.#json;
    json.literal((shape & key.IS_GUESSED) === 0 ? SEEN : GUESSED);
    if (shape >>> 16 !== 0) {
      json.literal(CLIENT_PORT);
      json.number(shape >>> 16);
    }
    json.literal(SECONDS);
  }

  #seconds(listed: Int32Array, count: number): void {
    const json = this.#json;
    for (let index = 0; index < count; index++) {
      const at = index * LISTED;
      const opened = listed[at + 1]!;
      const answered = listed[at + 2]!;
      this.#opened += opened;
      json.literal(this.#secondText(listed[at]!, index === 0));
      if (opened < FEW && answered < FEW) json.literal(FEW_COUNTS[opened * FEW + answered]!);
      else {
        json.literal(OPENED);
        json.number(opened);
        json.literal(ANSWERED);
        json.number(answered);
        json.literal(CLOSE);
      }
    }
  }

  #secondText(second: number, isFirst: boolean): Literal {
    const slot = second & (KNOWN_SECONDS - 1);
    if (this.#known[slot] !== second) {
      this.#known[slot] = second;
      this.#firsts[slot] = literal(`{"second":${second}`);
      this.#texts[slot] = literal(`,{"second":${second}`);
    }
    return (isFirst ? this.#firsts : this.#texts)[slot]!;
  }

  /** What ends the seconds, and dumps and counters, of which there are few. */
  #more(table: FlowTable, row: number): void {
    this.#json.literal(END);
    const presences = table.presencesOf(row);
    const counters = table.countersOf(row);
    if (presences.length > 0) this.#json.text(`,"presences":${JSON.stringify(presences)}`);
    if (counters !== null) this.#json.text(`,"bytes":${counters.bytes},"packets":${counters.packets}`);
    this.#json.reserve(ENTRY_BYTES);
    this.#json.literal(CLOSE);
  }

  #address(cells: Int32Array, at: number, which: number): void {
    const isV6 = (cells[at + key.SHAPE]! & key.IS_V6) !== 0;
    const first = at + key.ADDRESSES + (isV6 ? which * 4 : which);
    if (isV6) this.#json.ascii(this.#text.v6(cells, first));
    else this.#json.v4(cells[first]!);
  }
}
