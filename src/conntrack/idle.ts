/**
 * How long ago the last packet of a listed entry passed. The kernel sets an entry's timeout anew with each packet and counts it down,
 * so that what is left of it tells: an entry that outlived its pod shows when that was.
 */
import type { Facts } from './flow-of.ts';

/** Seconds that the kernel gives an entry at each packet, by state; null where it is not known. */
export interface StateTimeouts {
  readonly tcpEstablished: number | null;
  readonly sctpEstablished: number | null;
  readonly udp: number | null;
  /** Of UDP that both ends have spoken on for more than two seconds: such an entry is assured (nf_conntrack_proto_udp.c). */
  readonly udpStream: number | null;
}

/** Timeouts that no one knows, as of a capture. */
export const UNKNOWN_TIMEOUTS: StateTimeouts = {
  tcpEstablished: null,
  sctpEstablished: null,
  udp: null,
  udpStream: null,
};

/** What is not known. */
export const IDLE_UNKNOWN = -1;

/**
 * The last packet passed at most so many ms before the entry was read, or IDLE_UNKNOWN. What is left is printed in whole seconds,
 * rounded down. Of a TCP connection with data under way the kernel takes a shorter timeout (nf_conntrack_tcp_timeout_unacknowledged):
 * it then seems idle for longer than it is, never for less. In a flow table timeouts stand still.
 */
export function idleMsOf(
  { protocol, assured, offloaded }: Pick<Facts, 'protocol' | 'assured' | 'offloaded'>,
  leftS: number,
  timeouts: StateTimeouts,
): number {
  if (offloaded === true || leftS < 0) return IDLE_UNKNOWN;
  const fullS = fullTimeoutS(protocol, assured, timeouts);
  return fullS === null || leftS > fullS ? IDLE_UNKNOWN : (fullS - leftS) * 1000;
}

function fullTimeoutS(
  protocol: Facts['protocol'],
  isAssured: boolean,
  timeouts: StateTimeouts,
): number | null {
  switch (protocol) {
    case 'tcp':
      return timeouts.tcpEstablished;
    case 'sctp':
      return timeouts.sctpEstablished;
    case 'udp':
      return isAssured ? timeouts.udpStream : timeouts.udp;
    default:
      return protocol satisfies never;
  }
}
