/**
 * A flow is what an agent says about connections: a key with counts. It names who dialled (the original
 * tuple's source) and who answered (the reply tuple's source, after DNAT), never the client's ephemeral
 * port, so that a thousand connections between two ends are one flow. It never names workloads.
 */
import type { IpAddress } from './ip.ts';
import type { Protocol } from './protocol.ts';

/** An address with a port, as dialled or as answered. */
export interface Endpoint {
  readonly ip: IpAddress;
  /** 1-65535. */
  readonly port: number;
}

export interface FlowKey {
  readonly protocol: Protocol;
  /** The original tuple's source: who dialled. */
  readonly client: IpAddress;
  /** The reply tuple's source: who answered, after DNAT. */
  readonly server: IpAddress;
  readonly serverPort: number;
  /** The original tuple's destination, present when it differs from the server (the Service view). */
  readonly dialled?: Endpoint;
  /** The reply tuple's destination, present when this node rewrites the client (masquerade, hairpin, NodePort). */
  readonly seenAs?: IpAddress;
  /** `guessed`: the entry was picked up mid-stream or looks like a late answer, client and server may be swapped. */
  readonly orientation: 'seen' | 'guessed';
  /** The client's port; only in guessed flows, which keep both ports. */
  readonly clientPort?: number;
}

/** Connections that began, or were answered, within one second. */
export interface SecondCount {
  /** Unix time in whole seconds. */
  readonly second: number;
  /** Connections seen opening (NEW). Summed on merge. */
  readonly opened: number;
  /** Of connections seen, those first answered in this second (TCP established, first UDP reply). Summed on merge. */
  readonly answered: number;
}

/** What one dump found alive of a key. */
export interface Presence {
  /** When the dump was taken, unix ms. */
  readonly at: number;
  /** Entries of this key alive in the dump. Merged by maximum within an hour. */
  readonly count: number;
  /** At most so many ms before the dump the last packet of one of them passed: an entry can outlive its pod. Absent when not known. */
  readonly idleMs?: number;
}

export interface Flow extends FlowKey {
  /** Ascending, one per second that had any. */
  readonly seconds: readonly SecondCount[];
  readonly presences?: readonly Presence[];
  /** Both directions together; absent unless nf_conntrack_acct was on when the connection began. */
  readonly bytes?: number;
  readonly packets?: number;
}

/** One string per distinct key. */
export function flowKeyText(key: FlowKey): string {
  const dialled = key.dialled === undefined ? '' : `${key.dialled.ip} ${key.dialled.port}`;
  const guess = key.orientation === 'guessed' ? `? ${key.clientPort ?? ''}` : '';
  return `${key.protocol}|${key.client}|${key.server}|${key.serverPort}|${dialled}|${key.seenAs ?? ''}|${guess}`;
}
