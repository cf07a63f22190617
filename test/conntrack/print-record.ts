import type { ConntrackRecord } from '../../src/conntrack/text-scan.ts';

const IP_NUMBER = { tcp: 6, udp: 17, sctp: 132 } as const;

/** How the record is written by `conntrack -E` or `-L` (test data for the round trip). */
export function printRecord(record: ConntrackRecord): string {
  const { event, at, protocol, state, timeoutS, unreplied, assured, zone, id, packets, bytes } = record;
  // The sums of both directions are printed as the original direction's, with none for the reply's.
  const counters = packets === null || bytes === null ? null : `packets=${packets} bytes=${bytes}`;
  const words = [
    at === null ? null : `[${printTime(at)}]\t`,
    event === 'dump' ? null : `[${event.toUpperCase()}]`.padStart(9),
    protocol.padEnd(8),
    IP_NUMBER[protocol],
    timeoutS,
    state,
    `src=${record.origSource} dst=${record.origDestination}`,
    `sport=${record.origSourcePort} dport=${record.origDestinationPort}`,
    counters,
    unreplied ? '[UNREPLIED]' : null,
    `src=${record.replySource} dst=${record.replyDestination}`,
    `sport=${record.replySourcePort} dport=${record.replyDestinationPort}`,
    counters === null ? null : 'packets=0 bytes=0',
    assured ? '[ASSURED]' : null,
    zone === null ? null : `zone=${zone}`,
    id === null ? null : `id=${id}`,
  ];
  return words.filter((word) => word !== null).join(' ');
}

/** Seconds with six digits of fraction, as `conntrack -o timestamp`. */
function printTime(at: number): string {
  const micros = Math.round(at * 1000);
  return `${Math.floor(micros / 1e6)}.${String(micros % 1e6).padStart(6, '0')}`;
}
