/**
 * Reads one line of conntrack text, by words and never by columns, because which words stand in it varies with the
 * tool's version and options, the protocol and the way the entry ended. It never throws, and makes no string but that
 * of an address or a state not seen lately.
 */
import type { IpAddress } from '../domain/ip.ts';
import { HeaderScanner } from './header-scan.ts';
import { noticeOf } from './notice.ts';
import type { ConntrackRecord } from './record.ts';
import { NOT_A_NUMBER, WordReader, wordBytes } from './word-reader.ts';

/** Why a line gave no record. */
export type LineReject =
  /** A well-formed entry of a protocol that no NetworkPolicy can name: ICMP, IGMP, GRE ... */
  | 'protocol'
  /** Not a conntrack line, or one with an impossible value. */
  | 'malformed'
  /** A last line without its newline, or one that ends inside its tuples. */
  | 'truncated'
  /** A line of the tool's own, or a comment. */
  | 'notice'
  /** The tool's report that its socket overflowed: events are gone, and it does not know how many. */
  | 'lost';

/** The first four bytes of a word as one number. */
const SRC = 0x7372_633d; // src=
/** Words whole, since their first four bytes could begin another word. */
const ID_IS = wordBytes('id=');
/** The zone of both directions, or that of the original direction alone. */
const [ZONE_IS, ZONE_ORIG_IS] = [wordBytes('zone='), wordBytes('zone-orig=')];
const [UNREPLIED, ASSURED] = [wordBytes('[UNREPLIED]'), wordBytes('[ASSURED]')];
/** Who deleted the entry stands last; a program's name can hold anything, so nothing after it is read. */
const USERSPACE = wordBytes('[USERSPACE]');
const EVENTS = [wordBytes('[NEW]'), wordBytes('[UPDATE]'), wordBytes('[DESTROY]')];

const CARRIAGE_RETURN = 13;
const ASCII_END = 128;
const SPACE = 32;
const ZERO = 48;
const NINE = 57;
const OPEN = 91;
const LOWER_I = 105;
const MAX_PORT = 65_535;
const MAX_ZONE = 65_535;

export class LineScanner {
  readonly #reader = new WordReader();
  readonly #header = new HeaderScanner(this.#reader);

  /** The record in `bytes[start, end)`, one line without its newline, or why there is none. */
  scan(bytes: Uint8Array, start: number, end: number): ConntrackRecord | LineReject {
    // A capture that passed through an editor of another system has a carriage return before each newline.
    const last = end > start && bytes[end - 1] === CARRIAGE_RETURN ? end - 1 : end;
    this.#reader.load(bytes, start, last);
    const header = this.#header.scan();
    const scanned = header === 'ours' ? this.#tuples(bytes) : header === 'foreign' ? this.#foreign() : header;
    if (typeof scanned !== 'string') return scanned;
    if (!this.#reader.isText()) return 'malformed';
    return header === 'malformed' ? (noticeOf(bytes.subarray(start, last)) ?? scanned) : scanned;
  }

  /** An entry of another protocol has a source address too; that tells it from prose. */
  #foreign(): LineReject {
    const reader = this.#reader;
    let at = reader.wordStart(reader.next);
    while (at < reader.end && reader.first4(at) !== SRC) at = reader.wordStart(reader.wordEnd(at + 1));
    if (at >= reader.end) return 'malformed';
    return reader.address(at + 4) === null ? this.#broken(0) : 'protocol';
  }

  /**
   * The tuples and all that follows, in one loop and with all that was read in local variables: this is the hot path.
   */
  #tuples(bytes: Uint8Array): ConntrackRecord | LineReject {
    const reader = this.#reader;
    const { end } = reader;
    let origSource: IpAddress | null = null;
    let origDestination: IpAddress | null = null;
    let replySource: IpAddress | null = null;
    let replyDestination: IpAddress | null = null;
    let origSourcePort = 0;
    let origDestinationPort = 0;
    let replySourcePort = 0;
    let replyDestinationPort = 0;
    let unreplied = false;
    let assured = false;
    let zone: number | null = null;
    let id: number | null = null;
    let packets: number | null = null;
    let byteCount: number | null = null;
    /** Every byte passed over unread, or-ed together. */
    let passed = 0;

    for (let at = reader.next; ; at = reader.next) {
      at = reader.wordStart(at);
      if (at >= end) break;
      switch (reader.first4(at)) {
        case 0x7372_633d: {
          // src=
          const address = reader.address(at + 4);
          if (address === null) return this.#broken(replyDestinationPort);
          if (origSource === null) origSource = address;
          else if (replySource === null) replySource = address;
          else return 'malformed';
          continue;
        }
        case 0x6473_743d: {
          // dst=
          const address = reader.address(at + 4);
          if (address === null) return this.#broken(replyDestinationPort);
          if (origDestination === null) origDestination = address;
          else if (replyDestination === null) replyDestination = address;
          else return 'malformed';
          continue;
        }
        case 0x7370_6f72: {
          // sport=
          if (reader.first4(at + 2) !== 0x6f72_743d) break; // ort=
          const port = reader.number(at + 6);
          if (port === NOT_A_NUMBER) return this.#broken(replyDestinationPort);
          if (port === 0 || port > MAX_PORT) return 'malformed';
          if (origSourcePort === 0) origSourcePort = port;
          else if (replySourcePort === 0) replySourcePort = port;
          else return 'malformed';
          continue;
        }
        case 0x6470_6f72: {
          // dport=
          if (reader.first4(at + 2) !== 0x6f72_743d) break; // ort=
          const port = reader.number(at + 6);
          if (port === NOT_A_NUMBER) return this.#broken(replyDestinationPort);
          if (port === 0 || port > MAX_PORT) return 'malformed';
          if (origDestinationPort === 0) origDestinationPort = port;
          else if (replyDestinationPort === 0) replyDestinationPort = port;
          else return 'malformed';
          continue;
        }
        case 0x7061_636b: {
          // packets=
          if (reader.first4(at + 4) !== 0x6574_733d) break; // ets=
          const count = reader.number(at + 8);
          if (count === NOT_A_NUMBER) return this.#broken(replyDestinationPort);
          packets = (packets ?? 0) + count;
          continue;
        }
        case 0x6279_7465: {
          // bytes=
          if (reader.first4(at + 2) !== 0x7465_733d) break; // tes=
          const count = reader.number(at + 6);
          if (count === NOT_A_NUMBER) return this.#broken(replyDestinationPort);
          byteCount = (byteCount ?? 0) + count;
          continue;
        }
        case 0x7a6f_6e65: {
          // zone=
          if (!reader.has(ZONE_IS, at) && !reader.has(ZONE_ORIG_IS, at)) break;
          zone = reader.number(reader.next);
          if (zone === NOT_A_NUMBER) return this.#broken(replyDestinationPort);
          if (zone > MAX_ZONE) return 'malformed';
          continue;
        }
        case 0x5b55_4e52: // [UNREPLIED]
          if (!reader.has(UNREPLIED, at)) break;
          unreplied = true;
          continue;
        case 0x5b41_5353: // [ASSURED]
          if (!reader.has(ASSURED, at)) break;
          assured = true;
          continue;
        case 0x5b55_5345: // [USERSPACE]
          if (!reader.has(USERSPACE, at)) break;
          passed = ASCII_END;
          reader.next = end;
          continue;
        default:
          if (bytes[at] !== LOWER_I || !reader.has(ID_IS, at)) break;
          id = reader.number(reader.next);
          if (id === NOT_A_NUMBER) return this.#broken(replyDestinationPort);
          continue;
      }
      // A word that says nothing of use, unless it is where a second line begins.
      if (bytes[at] === OPEN && this.#beginsLine(at)) return 'malformed';
      let next = at;
      for (; next < end && bytes[next]! > SPACE; next++) passed |= bytes[next]!;
      if (next === at) return 'malformed';
      reader.next = next;
    }
    if (passed >= ASCII_END && !reader.isText()) return 'malformed';
    if (!origSource || !origDestination || !replySource || !replyDestination) return 'truncated';
    if (!origSourcePort || !origDestinationPort || !replySourcePort || !replyDestinationPort)
      return 'truncated';
    const { event, hasTime, time, protocol, state, timeoutS } = this.#header;
    return {
      event,
      at: hasTime ? time : null,
      protocol,
      state,
      timeoutS,
      origSource,
      origDestination,
      origSourcePort,
      origDestinationPort,
      replySource,
      replyDestination,
      replySourcePort,
      replyDestinationPort,
      unreplied,
      assured,
      zone,
      id,
      packets,
      bytes: byteCount,
    };
  }

  /** Whether a second record's time or event stands here: two lines ran together. */
  #beginsLine(at: number): boolean {
    const second = this.#reader.byte(at + 1);
    return (second >= ZERO && second <= NINE) || EVENTS.some((word) => this.#reader.has(word, at));
  }

  /** A bad value at the end of a line, before the last port of the tuples was read, is one that was cut. */
  #broken(replyDestinationPort: number): LineReject {
    return replyDestinationPort === 0 && this.#reader.isLastWord() ? 'truncated' : 'malformed';
  }
}
