/**
 * Reads one conntrack message of the kernel into a record. Pure: it opens nothing, and on whatever bytes it is given it
 * answers a record or the reason why there is none. It never throws, and allocates nothing but the record.
 */
import type { Protocol } from '../../domain/protocol.ts';
import type { ConntrackRecord, RecordEvent } from '../record.ts';
import { AddressWords } from './address-words.ts';
import { AttributeWalk } from './attribute-walk.ts';
import { CTA, CTA_COUNTERS, CTA_TIMESTAMP, IP_PROTOCOL, STATUS } from './ctnetlink.ts';
import { ProtocolState } from './protocol-state.ts';
import { Tuple } from './tuple.ts';

/** Why a message gave no record. */
export type EntryReject =
  /** An entry of a protocol that no NetworkPolicy can name: ICMP, IGMP, GRE ... */
  | 'protocol'
  /** A missing part or an impossible value. */
  | 'malformed'
  /** Bytes are missing: a length points past the end. */
  | 'truncated';

const NS_PER_MS = 1e6;
/** The upper half of a number of 64 bits counts 2^32: so many whole milliseconds, and so many nanoseconds more. */
const UPPER_MS = 4294;
const UPPER_NS = 2 ** 32 - UPPER_MS * NS_PER_MS;

export class EntryDecoder {
  readonly #orig: Tuple;
  readonly #reply: Tuple;
  readonly #walk = new AttributeWalk();
  readonly #within = new AttributeWalk();
  readonly #state = new ProtocolState();
  readonly #halves = { upper: 0, lower: 0 };
  #packets = -1;
  #bytes = -1;

  constructor() {
    const addresses = new AddressWords();
    this.#orig = new Tuple(addresses);
    this.#reply = new Tuple(addresses);
  }

  /**
   * The record in `bytes[start, end)`, the attributes of one message behind both its headers. `readAt`, unix ms, is the
   * time of an event that the kernel has not stamped.
   */
  decode(
    bytes: Uint8Array,
    start: number,
    from: { end: number; event: RecordEvent; readAt: number },
  ): ConntrackRecord | EntryReject {
    const { event } = from;
    const orig = this.#orig;
    const reply = this.#reply;
    const state = this.#state;
    const walk = this.#walk;
    orig.clear();
    reply.clear();
    state.clear();
    this.#packets = -1;
    this.#bytes = -1;
    let status = 0;
    let timeoutS: number | null = null;
    let id: number | null = null;
    let zone: number | null = null;
    let stamp: number | null = null;
    let startedAt: number | null = null;

    walk.begin(start, from.end);
    while (walk.next(bytes)) {
      switch (walk.type) {
        case CTA.TUPLE_ORIG:
          if (!orig.read(bytes, walk.value, walk.end)) return 'malformed';
          break;
        case CTA.TUPLE_REPLY:
          if (!reply.read(bytes, walk.value, walk.end)) return 'malformed';
          break;
        case CTA.STATUS:
          status = walk.unsigned(bytes, 4);
          if (status === -1) return 'malformed';
          break;
        case CTA.PROTOINFO:
          if (!state.read(bytes, walk.value, walk.end)) return 'malformed';
          break;
        case CTA.TIMEOUT:
          timeoutS = walk.unsigned(bytes, 4);
          if (timeoutS === -1) return 'malformed';
          break;
        case CTA.COUNTERS_ORIG:
        case CTA.COUNTERS_REPLY:
          if (!this.#count(bytes)) return 'malformed';
          break;
        case CTA.ID:
          id = walk.unsigned(bytes, 4);
          if (id === -1) return 'malformed';
          break;
        case CTA.ZONE:
          zone = walk.unsigned(bytes, 2);
          break;
        case CTA.TIMESTAMP:
          startedAt = this.#start(bytes);
          break;
        case CTA.TIMESTAMP_EVENT:
          stamp = this.#time(bytes, walk);
          if (stamp === null) return 'malformed';
          break;
        default:
      }
    }
    if (walk.isBroken) return 'truncated';
    const protocol = protocolOf(orig.protocol);
    if (protocol === null) return orig.protocol > 0 ? 'protocol' : 'malformed';
    zone ??= orig.zone ?? reply.zone;
    if (zone === -1) return 'malformed';
    const { source: origSource, destination: origDestination } = orig;
    const { source: replySource, destination: replyDestination } = reply;
    if (!origSource || !origDestination || !replySource || !replyDestination) return 'malformed';
    if (orig.sourcePort <= 0 || orig.destinationPort <= 0) return 'malformed';
    if (reply.sourcePort <= 0 || reply.destinationPort <= 0) return 'malformed';
    const offloaded = (status & (STATUS.OFFLOAD | STATUS.HW_OFFLOAD)) !== 0;
    return {
      event,
      at: event === 'dump' ? null : (stamp ?? from.readAt),
      protocol,
      state: state.word,
      timeoutS,
      origSource,
      origDestination,
      origSourcePort: orig.sourcePort,
      origDestinationPort: orig.destinationPort,
      replySource,
      replyDestination,
      replySourcePort: reply.sourcePort,
      replyDestinationPort: reply.destinationPort,
      unreplied: (status & STATUS.SEEN_REPLY) === 0,
      assured: (status & STATUS.ASSURED) !== 0,
      zone,
      id,
      packets: this.#packets === -1 ? null : this.#packets,
      bytes: this.#bytes === -1 ? null : this.#bytes,
      midStream: protocol === 'udp' ? false : state.midStream(offloaded),
      offloaded,
      startedAt,
    };
  }

  /** Adds one direction's counters; false when they are beyond what a number holds exactly. */
  #count(bytes: Uint8Array): boolean {
    const within = this.#within;
    const halves = this.#halves;
    within.begin(this.#walk.value, this.#walk.end);
    while (within.next(bytes)) {
      if (within.type !== CTA_COUNTERS.PACKETS && within.type !== CTA_COUNTERS.BYTES) continue;
      if (!within.halves(bytes, halves)) return false;
      const count = halves.upper * 2 ** 32 + halves.lower;
      if (within.type === CTA_COUNTERS.PACKETS) this.#packets = Math.max(this.#packets, 0) + count;
      else this.#bytes = Math.max(this.#bytes, 0) + count;
    }
    return (
      !within.isBroken && this.#packets <= Number.MAX_SAFE_INTEGER && this.#bytes <= Number.MAX_SAFE_INTEGER
    );
  }

  #start(bytes: Uint8Array): number | null {
    const within = this.#within;
    within.begin(this.#walk.value, this.#walk.end);
    while (within.next(bytes)) if (within.type === CTA_TIMESTAMP.START) return this.#time(bytes, within);
    return null;
  }

  /** Nanoseconds since 1970 as milliseconds with their fraction; every intermediate value fits a double exactly. */
  #time(bytes: Uint8Array, walk: AttributeWalk): number | null {
    const halves = this.#halves;
    if (!walk.halves(bytes, halves)) return null;
    return halves.upper * UPPER_MS + (halves.upper * UPPER_NS + halves.lower) / NS_PER_MS;
  }
}

function protocolOf(ipNumber: number): Protocol | null {
  if (ipNumber === IP_PROTOCOL.TCP) return 'tcp';
  if (ipNumber === IP_PROTOCOL.UDP) return 'udp';
  return ipNumber === IP_PROTOCOL.SCTP ? 'sctp' : null;
}
