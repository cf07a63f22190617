/** Reads a CTA_PROTOINFO: the state of a TCP or SCTP entry, and whether a TCP entry's beginning was seen. */
import { AttributeWalk } from './attribute-walk.ts';
import {
  CTA_PROTOINFO,
  CTA_PROTOINFO_SCTP,
  CTA_PROTOINFO_TCP,
  SCTP_STATES,
  TCP_FLAG,
  TCP_STATES,
} from './ctnetlink.ts';

/** Made once and filled again for each message, so that reading one allocates nothing. */
export class ProtocolState {
  /** The state's name; null when there is none. */
  word: string | null = null;
  /** The flags of each direction; -1 when absent. */
  #flagsOriginal = -1;
  #flagsReply = -1;
  readonly #protocols = new AttributeWalk();
  readonly #within = new AttributeWalk();

  clear(): void {
    this.word = null;
    this.#flagsOriginal = -1;
    this.#flagsReply = -1;
  }

  /**
   * Whether a TCP entry was picked up mid-stream, or null when its message has no flags. Such an entry gets BE_LIBERAL in
   * both directions and nothing of the options of a SYN (tcp_new in nf_conntrack_proto_tcp.c). A flow table sets
   * BE_LIBERAL too (flow_offload_ct_tcp), so that of an offloaded entry only a window scale tells, which comes with a SYN.
   */
  midStream(isOffloaded: boolean): boolean | null {
    const [original, reply] = [this.#flagsOriginal, this.#flagsReply];
    if (original === -1 || reply === -1) return null;
    if ((original & reply & TCP_FLAG.BE_LIBERAL) === 0) return false;
    if (((original | reply) & TCP_FLAG.WINDOW_SCALE) !== 0) return false;
    return isOffloaded ? null : true;
  }

  /** Reads the attributes in `bytes[start, end)`; false for one that does not fit or a state that does not exist. */
  read(bytes: Uint8Array, start: number, end: number): boolean {
    const protocols = this.#protocols;
    protocols.begin(start, end);
    while (protocols.next(bytes)) {
      if (protocols.type === CTA_PROTOINFO.TCP && !this.#tcp(bytes)) return false;
      if (protocols.type === CTA_PROTOINFO.SCTP && !this.#sctp(bytes)) return false;
    }
    return !protocols.isBroken;
  }

  #tcp(bytes: Uint8Array): boolean {
    const within = this.#within;
    within.begin(this.#protocols.value, this.#protocols.end);
    while (within.next(bytes)) {
      if (within.type === CTA_PROTOINFO_TCP.STATE) {
        const word = TCP_STATES[within.unsigned(bytes, 1)];
        if (word === undefined) return false;
        this.word = word;
      } else if (within.type === CTA_PROTOINFO_TCP.FLAGS_ORIGINAL) this.#flagsOriginal = this.#flags(bytes);
      else if (within.type === CTA_PROTOINFO_TCP.FLAGS_REPLY) this.#flagsReply = this.#flags(bytes);
    }
    return !within.isBroken;
  }

  #sctp(bytes: Uint8Array): boolean {
    const within = this.#within;
    within.begin(this.#protocols.value, this.#protocols.end);
    while (within.next(bytes)) {
      if (within.type !== CTA_PROTOINFO_SCTP.STATE) continue;
      const word = SCTP_STATES[within.unsigned(bytes, 1)];
      if (word === undefined) return false;
      this.word = word;
    }
    return !within.isBroken;
  }

  /** struct nf_ct_tcp_flags: the flags, then a mask that only a writer uses. */
  #flags(bytes: Uint8Array): number {
    const { value, end } = this.#within;
    return end - value === 2 ? bytes[value]! : -1;
  }
}
