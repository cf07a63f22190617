/**
 * Numbers of the kernel's interface to connection tracking: message kinds, flags and attributes. From
 * include/uapi/linux/netlink.h and include/uapi/linux/netfilter/{nfnetlink,nfnetlink_conntrack,nf_conntrack_common,
 * nf_conntrack_tcp}.h, where each has its name.
 */

/** struct nlmsghdr: length, type, flags, sequence, port. */
export const HEADER_BYTES = 16;
/** struct nfgenmsg behind it: family, version, resource. */
export const FAMILY_BYTES = 4;
/** struct nlattr: length, type. */
export const ATTRIBUTE_BYTES = 4;

/** NFNL_SUBSYS_CTNETLINK: the upper byte of a message's type. */
export const SUBSYSTEM = 1;
/** The lower byte of a message's type. A NEW without the CREATE flag is an update. */
export const MESSAGE = { NEW: 0, GET: 1, DELETE: 2, GET_STATS: 5 } as const;
/** Types below NLMSG_MIN_TYPE, of netlink itself. */
export const CONTROL = { NOOP: 1, ERROR: 2, DONE: 3, OVERRUN: 4 } as const;
export const FLAG = {
  REQUEST: 0x1,
  MULTI: 0x2,
  ACK: 0x4,
  DUMP_INTERRUPTED: 0x10,
  DUMP: 0x300,
  CREATE: 0x400,
} as const;

/** Bits of the groups that a socket binds to. */
export const GROUP = { NEW: 1, UPDATE: 2, DESTROY: 4 } as const;

/** NLA_TYPE_MASK: the upper two bits of an attribute's type are flags. */
export const ATTRIBUTE_TYPE_MASK = 0x3fff;
/** NLA_F_NESTED, the one of those that the kernel sets: attributes lie within. */
export const NESTED = 0x8000;
export const CTA = {
  TUPLE_ORIG: 1,
  TUPLE_REPLY: 2,
  STATUS: 3,
  PROTOINFO: 4,
  TIMEOUT: 7,
  COUNTERS_ORIG: 9,
  COUNTERS_REPLY: 10,
  ID: 12,
  ZONE: 18,
  TIMESTAMP: 20,
  /** Since Linux 6.14, when nf_conntrack_timestamp is on. */
  TIMESTAMP_EVENT: 27,
} as const;
export const CTA_TUPLE = { IP: 1, PROTO: 2, ZONE: 3 } as const;
export const CTA_IP = { V4_SRC: 1, V4_DST: 2, V6_SRC: 3, V6_DST: 4 } as const;
export const CTA_PROTO = { NUM: 1, SRC_PORT: 2, DST_PORT: 3 } as const;
export const CTA_PROTOINFO = { TCP: 1, SCTP: 3 } as const;
export const CTA_PROTOINFO_TCP = { STATE: 1, FLAGS_ORIGINAL: 4, FLAGS_REPLY: 5 } as const;
export const CTA_PROTOINFO_SCTP = { STATE: 1 } as const;
export const CTA_COUNTERS = { PACKETS: 1, BYTES: 2 } as const;
export const CTA_TIMESTAMP = { START: 1 } as const;

/** Bits of CTA_STATUS. */
export const STATUS = {
  SEEN_REPLY: 1 << 1,
  ASSURED: 1 << 2,
  OFFLOAD: 1 << 14,
  HW_OFFLOAD: 1 << 15,
} as const;

/** Bits of a direction's CTA_PROTOINFO_TCP_FLAGS. */
export const TCP_FLAG = { WINDOW_SCALE: 0x01, BE_LIBERAL: 0x08 } as const;

/** IP protocol numbers (IANA). */
export const IP_PROTOCOL = { TCP: 6, UDP: 17, SCTP: 132 } as const;

/** enum tcp_conntrack, in the words of `conntrack` and /proc; null is TCP_CONNTRACK_NONE. */
export const TCP_STATES = [
  null,
  'SYN_SENT',
  'SYN_RECV',
  'ESTABLISHED',
  'FIN_WAIT',
  'CLOSE_WAIT',
  'LAST_ACK',
  'TIME_WAIT',
  'CLOSE',
  'SYN_SENT2',
] as const;
/** enum sctp_conntrack, likewise. */
export const SCTP_STATES = [
  null,
  'CLOSED',
  'COOKIE_WAIT',
  'COOKIE_ECHOED',
  'ESTABLISHED',
  'SHUTDOWN_SENT',
  'SHUTDOWN_RECD',
  'SHUTDOWN_ACK_SENT',
  'HEARTBEAT_SENT',
  'HEARTBEAT_ACKED',
] as const;
/** The number of ESTABLISHED in each. */
export const ESTABLISHED = { TCP: 3, SCTP: 4 } as const;
