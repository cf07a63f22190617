/**
 * Reads the words before a line's addresses: time, event, family, protocol, timeout, state. Any of them but the protocol
 * can be absent: a DESTROY by timeout has no timeout number, an update that changed no state has no state word.
 */
import type { Protocol } from '../domain/protocol.ts';
import type { RecordEvent } from './record.ts';
import { NOT_A_NUMBER, wordBytes } from './word-reader.ts';
import type { WordReader } from './word-reader.ts';

/** What follows the header: tuples of a protocol of ours, those of another protocol, or nothing usable. */
export type HeaderVerdict = 'ours' | 'foreign' | 'malformed' | 'truncated';

/** Words by their first four bytes as one number. */
const IPV4 = 0x6970_7634;
const IPV6 = 0x6970_7636;
const TCP = 0x7463_7020; // with the blank after it
const UDP = 0x7564_7020;
const SCTP = 0x7363_7470;
const SRC = 0x7372_633d; // src=
const [NEW, UPDATE, DESTROY] = [wordBytes('[NEW]'), wordBytes('[UPDATE]'), wordBytes('[DESTROY]')];

/** IP protocol numbers (IANA), which stand after the protocol's name. */
const IP_NUMBER = { tcp: 6, udp: 17, sctp: 132 } as const satisfies Record<Protocol, number>;
const MAX_IP_NUMBER = 255;
/** The last second that a Date can hold (ECMA-262, time values). */
const LAST_SECOND = 8_640_000_000_000;
/** Powers of ten for the digits of a fraction; the tool prints six. */
const SCALE = [1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9];
const [SPACE, DOT, OPEN, CLOSE] = [32, 46, 91, 93];

export class HeaderScanner {
  event: RecordEvent = 'dump';
  at: number | null = null;
  protocol: Protocol = 'tcp';
  state: string | null = null;
  timeoutS: number | null = null;
  readonly #reader: WordReader;

  constructor(reader: WordReader) {
    this.#reader = reader;
  }

  /** Reads the line that the reader holds, and leaves it at the first `src=` or after a foreign protocol's number. */
  scan(): HeaderVerdict {
    this.event = 'dump';
    this.at = null;
    this.state = null;
    this.timeoutS = null;
    const reader = this.#reader;
    let at = reader.wordStart(reader.next);
    while (reader.byte(at) === OPEN) {
      if (!(isDigit(reader.byte(at + 1)) ? this.#time(at) : this.#event(at))) return 'malformed';
      at = reader.wordStart(reader.next);
    }
    let word = reader.first4(at);
    if (word === IPV4 || word === IPV6) {
      // The family's number says nothing more.
      if (reader.number(reader.wordStart(at + 4)) === NOT_A_NUMBER) return 'malformed';
      at = reader.wordStart(reader.next);
      word = reader.first4(at);
    }
    if (word === TCP) this.protocol = 'tcp';
    else if (word === UDP) this.protocol = 'udp';
    else if (word === SCTP) this.protocol = 'sctp';
    else return this.#foreign(at);
    at = reader.wordStart(at + this.protocol.length);
    return reader.number(at) === IP_NUMBER[this.protocol] ? this.#condition() : 'malformed';
  }

  /** `[1795295318.024588]`: seconds since 1970 with up to nine digits of fraction. */
  #time(at: number): boolean {
    const reader = this.#reader;
    if (this.at !== null || this.event !== 'dump') return false;
    const seconds = reader.digits(at + 1);
    if (seconds === NOT_A_NUMBER || seconds > LAST_SECOND) return false;
    this.at = seconds * 1000;
    if (reader.byte(reader.next) === DOT) {
      const start = reader.next + 1;
      const fraction = reader.digits(start);
      const scale = SCALE[reader.next - start];
      if (fraction === NOT_A_NUMBER || scale === undefined) return false;
      this.at += (fraction * 1000) / scale;
    }
    if (reader.byte(reader.next) !== CLOSE) return false;
    reader.next++;
    return reader.byte(reader.next) <= SPACE;
  }

  #event(at: number): boolean {
    const reader = this.#reader;
    if (this.event !== 'dump') return false;
    if (reader.has(NEW, at)) this.event = 'new';
    else if (reader.has(UPDATE, at)) this.event = 'update';
    else if (reader.has(DESTROY, at)) this.event = 'destroy';
    else return false;
    return reader.byte(reader.next) <= SPACE;
  }

  /** The name and number of another protocol: `icmpv6   58`, `unknown  2`. */
  #foreign(at: number): HeaderVerdict {
    const reader = this.#reader;
    if (!isLower(reader.byte(at))) return 'malformed';
    const ipNumber = reader.number(reader.wordStart(reader.wordEnd(at)));
    return ipNumber === NOT_A_NUMBER || ipNumber > MAX_IP_NUMBER ? 'malformed' : 'foreign';
  }

  /** Timeout and state. */
  #condition(): HeaderVerdict {
    const reader = this.#reader;
    let at = reader.wordStart(reader.next);
    if (isDigit(reader.byte(at))) {
      this.timeoutS = reader.number(at);
      if (this.timeoutS === NOT_A_NUMBER) return 'malformed';
      at = reader.wordStart(reader.next);
    }
    if (isUpper(reader.byte(at))) {
      this.state = reader.state(at);
      if (this.state === null) return 'malformed';
      at = reader.wordStart(reader.next);
    }
    reader.next = at;
    if (at === reader.end) return 'truncated';
    return reader.first4(at) === SRC ? 'ours' : 'malformed';
  }
}

function isDigit(byte: number): boolean {
  return byte >= 48 && byte <= 57;
}

function isUpper(byte: number): boolean {
  return byte >= 65 && byte <= 90;
}

function isLower(byte: number): boolean {
  return byte >= 97 && byte <= 122;
}
