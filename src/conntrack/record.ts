/**
 * One conntrack entry or event as the kernel states it, whoever read it. Source and destination are the kernel's words
 * for four different addresses; flow-of.ts turns them into client and server, and nothing past it uses them.
 */
import type { IpAddress } from '../domain/ip.ts';
import type { Protocol } from '../domain/protocol.ts';

/** What happened to the entry; `dump` is a listed entry, to which nothing happened. */
export type RecordEvent = 'new' | 'update' | 'destroy' | 'dump';

export interface ConntrackRecord {
  readonly event: RecordEvent;
  /** Unix ms with its fraction; null without a time stamp (dumps, and events read without `-o timestamp`). */
  readonly at: number | null;
  readonly protocol: Protocol;
  /** The kernel's word for the TCP or SCTP state, such as `SYN_SENT`; null for UDP and in updates that did not change it. */
  readonly state: string | null;
  /** Seconds the entry would still live; null when a DESTROY by timeout or an offloaded entry shows none. */
  readonly timeoutS: number | null;
  /** The original tuple: the first packet as it came, before any address translation. Ports are 1-65535. */
  readonly origSource: IpAddress;
  readonly origDestination: IpAddress;
  readonly origSourcePort: number;
  readonly origDestinationPort: number;
  /** The reply tuple: the answer as it is expected, before it is translated back. */
  readonly replySource: IpAddress;
  readonly replyDestination: IpAddress;
  readonly replySourcePort: number;
  readonly replyDestinationPort: number;
  /** No packet has come back. A connection refused by a RST keeps this flag. */
  readonly unreplied: boolean;
  readonly assured: boolean;
  /** The conntrack zone, 0-65535; null when the source prints none. */
  readonly zone: number | null;
  /** The kernel's id: per node, and not unique in time (a reused tuple can get the same one). Null without `-o id`. */
  readonly id: number | null;
  /** Both directions together; null unless nf_conntrack_acct was on when the entry was made. */
  readonly packets: number | null;
  readonly bytes: number | null;
  /**
   * Whether the entry was picked up after its connection had begun, so that either end may have dialled. True and false
   * only for TCP and UDP over netlink; null or absent when the source cannot tell (text, SCTP, a DESTROY).
   */
  readonly midStream?: boolean | null;
  /** The entry is in a flow table, which only established connections enter; it then shows no state. Netlink only. */
  readonly offloaded?: boolean;
  /** When the entry was made, unix ms; dumps and DESTROYs with nf_conntrack_timestamp, over netlink only. */
  readonly startedAt?: number | null;
}
