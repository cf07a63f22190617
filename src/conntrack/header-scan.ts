/**
 * Reads the words before a line's addresses: time, event, family, protocol, timeout, state. Any of them but the protocol
 * can be absent: a DESTROY by timeout has no timeout number, an update that changed no state has no state word.
 */
import type { Protocol } from '../domain/protocol.ts';
import type { RecordEvent } from './record.ts';
import { NOT_A_NUMBER } from './word-reader.ts';
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
const NEW = 0x5b4e_4557; // [NEW
const UPDA = 0x5b55_5044; // [UPD
const ATE = 0x4154_455d; // ATE]
const DEST = 0x5b44_4553; // [DES
const TROY = 0x5452_4f59; // TROY

/** The IP protocol numbers (IANA) of tcp, udp and sctp, which stand after the protocol's name. */
const OUR_IP_NUMBERS = new Set([6, 17, 132]);
const MAX_IP_NUMBER = 255;
/** The last second that a Date can hold (ECMA-262, time values). */
const LAST_SECOND = 8_640_000_000_000;
/** Powers of ten for the digits of a fraction; the tool prints six. */
const SCALE = [1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9];
const [SPACE, DOT, OPEN, CLOSE] = [32, 46, 91, 93];

export class HeaderScanner {
  event: RecordEvent = 'dump';
  /** Whether the line has a time; then `time` is it, unix ms. One field that is a number or null would be slower. */
  hasTime = false;
  time = 0.5;
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
    this.hasTime = false;
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
      if (reader.byte(at + 4) > SPACE) return 'malformed';
      if (reader.number(reader.wordStart(at + 4)) === NOT_A_NUMBER) return 'malformed';
      at = reader.wordStart(reader.next);
      word = reader.first4(at);
    }
    if (word === TCP) return this.#ours('tcp', reader.wordStart(at + 3), 6);
    if (word === UDP) return this.#ours('udp', reader.wordStart(at + 3), 17);
    if (word === SCTP && reader.byte(at + 4) > SPACE) return 'malformed';
    if (word === SCTP) return this.#ours('sctp', reader.wordStart(at + 4), 132);
    return this.#foreign(at);
  }

  /** `[1795295318.024588]`: seconds since 1970 with up to nine digits of fraction. */
  #time(at: number): boolean {
    const reader = this.#reader;
    if (this.hasTime || this.event !== 'dump') return false;
    this.hasTime = true;
    const seconds = reader.digits(at + 1);
    if (seconds === NOT_A_NUMBER || seconds > LAST_SECOND) return false;
    this.time = seconds * 1000;
    if (reader.byte(reader.next) === DOT) {
      const start = reader.next + 1;
      const fraction = reader.digits(start);
      const scale = SCALE[reader.next - start];
      if (fraction === NOT_A_NUMBER || scale === undefined) return false;
      this.time += (fraction * 1000) / scale;
    }
    if (reader.byte(reader.next) !== CLOSE) return false;
    reader.next++;
    return reader.byte(reader.next) <= SPACE;
  }

  #event(at: number): boolean {
    const reader = this.#reader;
    if (this.event !== 'dump') return false;
    switch (reader.first4(at)) {
      case NEW:
        this.event = 'new';
        reader.next = at + 5;
        return reader.byte(at + 4) === CLOSE && reader.byte(at + 5) <= SPACE;
      case UPDA:
        this.event = 'update';
        reader.next = at + 8;
        return reader.first4(at + 4) === ATE && reader.byte(at + 8) <= SPACE;
      case DEST:
        this.event = 'destroy';
        reader.next = at + 9;
        return (
          reader.first4(at + 4) === TROY && reader.byte(at + 8) === CLOSE && reader.byte(at + 9) <= SPACE
        );
      default:
        return false;
    }
  }

  /** The name and number of another protocol: `icmpv6   58`, `unknown  2`. */
  #foreign(at: number): HeaderVerdict {
    const reader = this.#reader;
    if (!isLower(reader.byte(at))) return 'malformed';
    const ipNumber = reader.number(reader.wordStart(reader.wordEnd(at)));
    if (ipNumber === NOT_A_NUMBER || ipNumber > MAX_IP_NUMBER) return 'malformed';
    return OUR_IP_NUMBERS.has(ipNumber) ? 'malformed' : 'foreign';
  }

  /** The protocol's number, timeout and state. */
  #ours(protocol: Protocol, numberAt: number, ipNumber: number): HeaderVerdict {
    const reader = this.#reader;
    this.protocol = protocol;
    if (reader.number(numberAt) !== ipNumber) return 'malformed';
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
