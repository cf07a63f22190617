/** Reads how the kernel tracks connections in this network namespace. It never writes a setting. */
import { readFileSync } from 'node:fs';
import type { StateTimeouts } from '../idle.ts';

/** Each null when it cannot be read. */
export interface KernelSettings {
  /** Whether the module is there: without it there is nothing to read. */
  readonly isLoaded: boolean;
  /** nf_conntrack_acct: entries made while it is on count packets and bytes. */
  readonly accounting: boolean | null;
  /** nf_conntrack_timestamp: entries made while it is on know when they were made. */
  readonly timestamps: boolean | null;
  /** nf_conntrack_events: 0 never reports, 1 always, 2 (the default) while someone listens. */
  readonly events: number | null;
  /** Entries at this moment. */
  readonly entries: number | null;
}

const FOLDER = '/proc/sys/net/netfilter';

export function readKernelSettings(): KernelSettings {
  const [accounting, timestamps] = [setting('nf_conntrack_acct'), setting('nf_conntrack_timestamp')];
  const entries = setting('nf_conntrack_count');
  return {
    isLoaded: entries !== null,
    accounting: accounting === null ? null : accounting !== 0,
    timestamps: timestamps === null ? null : timestamps !== 0,
    events: setting('nf_conntrack_events'),
    entries,
  };
}

/** As they are now; a rule may give a connection others (nfct timeout policies), which is not looked at. */
export function readStateTimeouts(): StateTimeouts {
  return {
    tcpEstablished: setting('nf_conntrack_tcp_timeout_established'),
    sctpEstablished: setting('nf_conntrack_sctp_timeout_established'),
    udp: setting('nf_conntrack_udp_timeout'),
    udpStream: setting('nf_conntrack_udp_timeout_stream'),
  };
}

function setting(name: string): number | null {
  try {
    const value = Number.parseInt(readFileSync(`${FOLDER}/${name}`, 'latin1'), 10);
    return Number.isNaN(value) ? null : value;
  } catch {
    return null;
  }
}
