/**
 * Reads one conntrack message of the kernel. Pure: it opens nothing, and whatever bytes it is given, it fills an entry or
 * answers the reason why there is none. It never throws and makes no object.
 */
import { ORIG_SOURCE, REPLY_SOURCE } from '../key-words.ts';
import { ABSENT, AttributeWalk, IMPOSSIBLE, swapped } from './attribute-walk.ts';
import { CTA, CTA_COUNTERS, CTA_TIMESTAMP, IP_PROTOCOL, STATUS } from './ctnetlink.ts';
import { Entry } from './entry.ts';
import { ProtocolState } from './protocol-state.ts';
import { Tuple, USUAL_TUPLE_WORDS } from './tuple.ts';

/** Why a message gave no entry. */
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
  /** What was decoded last; holds until the next. */
  readonly entry = new Entry();
  readonly #orig = new Tuple(CTA.TUPLE_ORIG, this.entry.addresses, ORIG_SOURCE);
  readonly #reply = new Tuple(CTA.TUPLE_REPLY, this.entry.addresses, REPLY_SOURCE);
  readonly #walk = new AttributeWalk();
  readonly #within = new AttributeWalk();
  readonly #state = new ProtocolState();
  #packets = ABSENT;
  #bytes = ABSENT;

  /**
   * Fills the entry but for its event from the attributes of one message, which begin at the word `at` of `words` and end at
   * the byte `end`. `entry.at` is to be the time of the read already: it is replaced by that of the kernel.
   */
  decode(words: Int32Array, at: number, end: number): EntryReject | null {
    const { entry } = this;
    const walk = this.#walk;
    let status = 0;
    let zone = ABSENT;
    this.#clear();
    walk.begin(this.#isUsual(words, at, end) ? at + 2 * USUAL_TUPLE_WORDS : at, end);
    while (walk.next(words)) {
      switch (walk.type) {
        case CTA.TUPLE_ORIG:
          if (!this.#orig.read(words, walk)) return 'malformed';
          break;
        case CTA.TUPLE_REPLY:
          if (!this.#reply.read(words, walk)) return 'malformed';
          break;
        case CTA.STATUS:
          status = walk.four(words);
          if (status === IMPOSSIBLE) return 'malformed';
          break;
        case CTA.PROTOINFO:
          if (!this.#state.read(words, walk)) return 'malformed';
          break;
        case CTA.TIMEOUT:
          entry.timeoutS = walk.four(words);
          if (entry.timeoutS === IMPOSSIBLE) return 'malformed';
          break;
        case CTA.COUNTERS_ORIG:
        case CTA.COUNTERS_REPLY:
          if (!this.#count(words)) return 'malformed';
          break;
        case CTA.ID:
          entry.id = walk.four(words);
          if (entry.id === IMPOSSIBLE) return 'malformed';
          break;
        case CTA.ZONE:
          zone = walk.two(words);
          break;
        case CTA.TIMESTAMP:
          entry.startedAt = this.#start(words);
          break;
        case CTA.TIMESTAMP_EVENT:
          if (walk.size !== 8) return 'malformed';
          entry.at = timeAt(words, walk.value);
          entry.isStamped = true;
          break;
        default:
      }
    }
    return walk.isBroken ? 'truncated' : this.#finish(status, zone);
  }

  /** Whether both tuples come first and are of the usual form, as nearly all do; they are then read. */
  #isUsual(words: Int32Array, at: number, end: number): boolean {
    return this.#orig.readUsual(words, at, end) && this.#reply.readUsual(words, at + USUAL_TUPLE_WORDS, end);
  }

  #clear(): void {
    const { entry } = this;
    entry.isStamped = false;
    entry.timeoutS = ABSENT;
    entry.id = ABSENT;
    entry.startedAt = ABSENT;
    this.#orig.clear();
    this.#reply.clear();
    this.#state.clear();
    this.#packets = ABSENT;
    this.#bytes = ABSENT;
  }

  #finish(status: number, zone: number): EntryReject | null {
    const { entry } = this;
    const orig = this.#orig;
    const reply = this.#reply;
    if (orig.protocol === IP_PROTOCOL.TCP) entry.protocol = 'tcp';
    else if (orig.protocol === IP_PROTOCOL.UDP) entry.protocol = 'udp';
    else if (orig.protocol === IP_PROTOCOL.SCTP) entry.protocol = 'sctp';
    else return orig.protocol > 0 ? 'protocol' : 'malformed';
    entry.zone = zone === ABSENT ? (orig.zone === ABSENT ? reply.zone : orig.zone) : zone;
    if (entry.zone === IMPOSSIBLE || !orig.isWhole || !reply.isWhole) return 'malformed';
    entry.origSourcePort = orig.sourcePort;
    entry.origDestinationPort = orig.destinationPort;
    entry.replySourcePort = reply.sourcePort;
    entry.replyDestinationPort = reply.destinationPort;
    entry.unreplied = (status & STATUS.SEEN_REPLY) === 0;
    entry.assured = (status & STATUS.ASSURED) !== 0;
    entry.offloaded = (status & (STATUS.OFFLOAD | STATUS.HW_OFFLOAD)) !== 0;
    entry.state = this.#state.word;
    entry.midStream = entry.protocol === 'udp' ? false : this.#state.midStream(entry.offloaded);
    entry.packets = this.#packets === ABSENT ? null : this.#packets;
    entry.bytes = this.#bytes === ABSENT ? null : this.#bytes;
    return null;
  }

  /** Adds one direction's counters; false when they are beyond what a number holds exactly. */
  #count(words: Int32Array): boolean {
    const within = this.#within;
    within.enter(this.#walk);
    while (within.next(words)) {
      if (within.type !== CTA_COUNTERS.PACKETS && within.type !== CTA_COUNTERS.BYTES) continue;
      if (within.size !== 8) return false;
      const upper = swapped(words[within.value]!) >>> 0;
      const count = upper * 2 ** 32 + (swapped(words[within.value + 1]!) >>> 0);
      if (within.type === CTA_COUNTERS.PACKETS) this.#packets = Math.max(this.#packets, 0) + count;
      else this.#bytes = Math.max(this.#bytes, 0) + count;
    }
    return (
      !within.isBroken && this.#packets <= Number.MAX_SAFE_INTEGER && this.#bytes <= Number.MAX_SAFE_INTEGER
    );
  }

  #start(words: Int32Array): number {
    const within = this.#within;
    within.enter(this.#walk);
    while (within.next(words))
      if (within.type === CTA_TIMESTAMP.START)
        return within.size === 8 ? timeAt(words, within.value) : ABSENT;
    return ABSENT;
  }
}

/** Nanoseconds since 1970 as milliseconds with their fraction; every intermediate value fits a double exactly. */
function timeAt(words: Int32Array, at: number): number {
  const upper = swapped(words[at]!) >>> 0;
  return upper * UPPER_MS + (upper * UPPER_NS + (swapped(words[at + 1]!) >>> 0)) / NS_PER_MS;
}
