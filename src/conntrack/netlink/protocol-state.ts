/** Reads a CTA_PROTOINFO: the state of a TCP or SCTP entry, and whether a TCP entry's beginning was seen. */
import { ABSENT, AttributeWalk } from './attribute-walk.ts';
import {
  CTA_PROTOINFO,
  CTA_PROTOINFO_SCTP,
  CTA_PROTOINFO_TCP,
  SCTP_STATES,
  TCP_FLAG,
  TCP_STATES,
} from './ctnetlink.ts';

/** Made once and filled again for each message, so that reading one makes no object. */
export class ProtocolState {
  /** The state's name; null when there is none. */
  word: string | null = null;
  /** The flags of each direction. */
  #flagsOriginal = ABSENT;
  #flagsReply = ABSENT;
  readonly #protocols = new AttributeWalk();
  readonly #within = new AttributeWalk();

  clear(): void {
    this.word = null;
    this.#flagsOriginal = ABSENT;
    this.#flagsReply = ABSENT;
  }

  /**
   * Whether a TCP entry was picked up mid-stream, or null when its message has no flags. Such an entry gets BE_LIBERAL in
   * both directions and nothing of the options of a SYN (tcp_new in nf_conntrack_proto_tcp.c). A flow table sets
   * BE_LIBERAL too (flow_offload_ct_tcp), so that of an offloaded entry only a window scale tells, which comes with a SYN.
   */
  midStream(isOffloaded: boolean): boolean | null {
    const [original, reply] = [this.#flagsOriginal, this.#flagsReply];
    if (original === ABSENT || reply === ABSENT) return null;
    if ((original & reply & TCP_FLAG.BE_LIBERAL) === 0) return false;
    if (((original | reply) & TCP_FLAG.WINDOW_SCALE) !== 0) return false;
    return isOffloaded ? null : true;
  }

  /** Reads the attributes within the one at which `outer` is; false for one that does not fit or a state that does not exist. */
  read(words: Int32Array, outer: AttributeWalk): boolean {
    const protocols = this.#protocols;
    protocols.enter(outer);
    while (protocols.next(words)) {
      if (protocols.type === CTA_PROTOINFO.TCP && !this.#tcp(words)) return false;
      if (protocols.type === CTA_PROTOINFO.SCTP && !this.#sctp(words)) return false;
    }
    return !protocols.isBroken;
  }

  #tcp(words: Int32Array): boolean {
    const within = this.#within;
    within.enter(this.#protocols);
    while (within.next(words)) {
      if (within.type === CTA_PROTOINFO_TCP.STATE) {
        const word = TCP_STATES[within.one(words)];
        if (word === undefined) return false;
        this.word = word;
      } else if (within.type === CTA_PROTOINFO_TCP.FLAGS_ORIGINAL) this.#flagsOriginal = this.#flags(words);
      else if (within.type === CTA_PROTOINFO_TCP.FLAGS_REPLY) this.#flagsReply = this.#flags(words);
    }
    return !within.isBroken;
  }

  #sctp(words: Int32Array): boolean {
    const within = this.#within;
    within.enter(this.#protocols);
    while (within.next(words)) {
      if (within.type !== CTA_PROTOINFO_SCTP.STATE) continue;
      const word = SCTP_STATES[within.one(words)];
      if (word === undefined) return false;
      this.word = word;
    }
    return !within.isBroken;
  }

  /** struct nf_ct_tcp_flags: the flags, then a mask that only a writer uses. */
  #flags(words: Int32Array): number {
    const { value, size } = this.#within;
    return size === 2 ? words[value]! & 0xff : ABSENT;
  }
}
