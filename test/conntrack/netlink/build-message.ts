/** Builds conntrack messages as the kernel does (nf_conntrack_netlink.c), byte by byte; shares no code with the decoder. */
import { isIPv6 } from 'node:net';
import type { ConntrackRecord } from '../../../src/conntrack/record.ts';
import { ipToBits } from '../../../src/domain/ip.ts';
import type { IpAddress } from '../../../src/domain/ip.ts';

const IP_NUMBER = { tcp: 6, udp: 17, sctp: 132 };
export const TCP_STATE_NAMES =
  'SYN_SENT SYN_RECV ESTABLISHED FIN_WAIT CLOSE_WAIT LAST_ACK TIME_WAIT CLOSE SYN_SENT2'.split(' ');
export const SCTP_STATE_NAMES =
  'CLOSED COOKIE_WAIT COOKIE_ECHOED ESTABLISHED SHUTDOWN_SENT SHUTDOWN_RECD SHUTDOWN_ACK_SENT HEARTBEAT_SENT HEARTBEAT_ACKED'.split(
    ' ',
  );

/** What a record does not hold, or holds in other words. */
export interface Raw {
  /** Flags of both directions of TCP; absent in a DESTROY. */
  readonly tcpFlags?: readonly [number, number];
  readonly ipNumber?: number;
  /** Attributes put behind the others. */
  readonly more?: readonly Buffer[];
}

/** One message that says what `record` says; its time, when it is not null, is the kernel's stamp. */
export function buildMessage(record: ConntrackRecord, raw: Raw = {}): Buffer {
  const { event, zone, id, timeoutS, packets, bytes, at, startedAt } = record;
  const status =
    (record.unreplied ? 0 : 2) | (record.assured ? 4 : 0) | 8 | (record.offloaded === true ? 1 << 14 : 0);
  const body = Buffer.concat([
    Buffer.from([2, 0, 0, 0]),
    tuple(1, record, raw),
    tuple(2, reversed(record), raw),
    attribute(3, u32(status)),
    ...(zone === null ? [] : [attribute(18, u16(zone))]),
    ...(id === null ? [] : [attribute(12, u32(id))]),
    ...(timeoutS === null ? [] : [attribute(7, u32(timeoutS))]),
    ...protocolInfo(record, raw),
    // The record holds the sum of both directions.
    ...(packets === null || bytes === null ? [] : [counters(9, packets - 1, bytes - 1), counters(10, 1, 1)]),
    ...(startedAt === null || startedAt === undefined ? [] : [nested(20, attribute(1, ns(startedAt)))]),
    ...(at === null ? [] : [attribute(27, ns(at))]),
    ...(raw.more ?? []),
  ]);
  return message(event === 'destroy' ? 2 : 0, { new: 0x600, update: 0, destroy: 0, dump: 2 }[event], body);
}

/** A message of this subsystem, or of netlink itself. */
export function message(kind: number, flags: number, body: Buffer, subsystem = 1): Buffer {
  const header = Buffer.alloc(16);
  header.writeUInt32LE(16 + body.length, 0);
  header.writeUInt8(kind, 4);
  header.writeUInt8(subsystem, 5);
  header.writeUInt16LE(flags, 6);
  return Buffer.concat([header, body]);
}

export function attribute(type: number, value: Buffer): Buffer {
  const header = Buffer.alloc(4);
  header.writeUInt16LE(4 + value.length, 0);
  header.writeUInt16LE(type, 2);
  return Buffer.concat([header, value, Buffer.alloc((4 - (value.length % 4)) % 4)]);
}

/** With NLA_F_NESTED, as the kernel marks it. */
export function nested(type: number, ...within: Buffer[]): Buffer {
  return attribute(type | 0x8000, Buffer.concat(within));
}

export function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

function u16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value);
  return bytes;
}

function u64(value: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(value);
  return bytes;
}

/** Milliseconds as the nanoseconds nearest. */
function ns(ms: number): Buffer {
  return u64(BigInt(Math.round(ms * 1000)) * 1000n);
}

function reversed(record: ConntrackRecord): ConntrackRecord {
  return {
    ...record,
    origSource: record.replySource,
    origDestination: record.replyDestination,
    origSourcePort: record.replySourcePort,
    origDestinationPort: record.replyDestinationPort,
  };
}

function tuple(type: number, record: ConntrackRecord, raw: Raw): Buffer {
  return nested(
    type,
    nested(1, address(1, record.origSource), address(2, record.origDestination)),
    nested(
      2,
      attribute(1, Buffer.from([raw.ipNumber ?? IP_NUMBER[record.protocol]])),
      attribute(2, u16(record.origSourcePort)),
      attribute(3, u16(record.origDestinationPort)),
    ),
  );
}

/** 1 is the source, 2 the destination; IPv6 has the next two numbers. */
function address(end: 1 | 2, ip: IpAddress): Buffer {
  const bits = ipToBits(ip);
  if (!isIPv6(ip)) return attribute(end, u32(Number(bits)));
  return attribute(end + 2, Buffer.concat([u64(bits >> 64n), u64(bits & 0xffff_ffff_ffff_ffffn)]));
}

function protocolInfo({ protocol, state }: ConntrackRecord, { tcpFlags }: Raw): Buffer[] {
  const names = protocol === 'tcp' ? TCP_STATE_NAMES : SCTP_STATE_NAMES;
  const number = state === null ? 0 : names.indexOf(state) + 1;
  if (protocol === 'udp') return [];
  const parts = [
    ...(state === null ? [] : [attribute(1, Buffer.from([number]))]),
    ...(tcpFlags ?? []).map((flags, index) => attribute(4 + index, Buffer.from([flags, 0]))),
  ];
  return parts.length === 0 ? [] : [nested(4, nested(protocol === 'tcp' ? 1 : 3, ...parts))];
}

function counters(type: number, packets: number, bytes: number): Buffer {
  return nested(type, attribute(1, u64(BigInt(packets))), attribute(2, u64(BigInt(bytes))));
}
