/**
 * An edge is one need of one identity of another: who connects to whom, on which protocol and port
 * (after DNAT). Evidence is what it rests on: one row per pair of leases, witness node, hour and view,
 * so that a late fact can withdraw exactly what it contradicts.
 */
import { identityKey } from './identity.ts';
import type { Identity } from './identity.ts';
import type { IpAddress } from './ip.ts';
import type { Protocol } from './protocol.ts';

export const HOUR_MS = 3_600_000;

/** Three batch windows are as good as any number of them (DESIGN section 5). */
export const MANY_BATCH_WINDOWS = 3;

export interface EdgeKey {
  readonly client: Identity;
  readonly server: Identity;
  readonly protocol: Protocol;
  /** The server's own port, after DNAT. */
  readonly port: number;
}

/** A Service as it was dialled. */
export interface ServiceRef {
  readonly namespace: string;
  readonly name: string;
}

/** The client as the server's side saw it: itself, or the node address it was rewritten to. */
export interface SourceView {
  readonly seen: Identity;
  /** The address seen belongs to the very node that hosts the server's pod: always allowed (NETPOL rule 23). */
  readonly ownNode: boolean;
}

export interface Evidence extends EdgeKey {
  /** Lease ids; null where the end is outside every lease (external). */
  readonly clientLease: string | null;
  readonly serverLease: string | null;
  readonly view: SourceView;
  readonly service: ServiceRef | null;
  /** The node whose agent saw it. */
  readonly witness: string;
  /** Start of the hour, unix ms. */
  readonly hour: number;
  /** Connections seen opening. Summed. */
  readonly opened: number;
  /** Connections found alive by one dump. Merged by maximum. */
  readonly present: number;
  /** Of connections seen, those that were answered. Summed. */
  readonly answered: number;
  /** Summed; 0 when accounting is off. */
  readonly bytes: number;
  /** Unix ms of the first and last packet time known. */
  readonly first: number;
  readonly last: number;
  /**
   * The time in which the ends were resolved, unix ms, end excluded; `first` and `last` are then one instant of it. Present
   * while the attribution can still be revoked, absent in evidence that was merged.
   */
  readonly during?: { readonly start: number; readonly end: number };
  /** The rewritten client's address; absent when the client was not rewritten, and in evidence that was merged. */
  readonly seenAs?: IpAddress;
}

export interface HourCounts {
  readonly hour: number;
  readonly opened: number;
  readonly present: number;
  readonly answered: number;
  readonly bytes: number;
}

/** Pods on one side of an edge: a sample of at most 16 names, sorted, and how many distinct ones there were. */
export interface PodSample {
  readonly names: readonly string[];
  readonly count: number;
}

/**
 * Connections by how far the nodes that they passed agree about them. Of the newest the word of a node may still be to come:
 * these are in none of the three.
 */
export interface Testimony {
  /** Every node told of them, or there was only one that could. */
  readonly agreed: number;
  /** A node told nothing of them and could not have seen them: it was not watched then, or lost events. */
  readonly oneSided: number;
  /** A node told nothing of them though it was watched without loss. */
  readonly disputed: number;
}

export interface Edge extends EdgeKey {
  /** Ascending. A connection seen by two nodes counts once: per pair of leases the larger witness counts. */
  readonly hours: readonly HourCounts[];
  /** Unix ms; these outlive the hours. */
  readonly firstSeen: number;
  readonly lastSeen: number;
  /** Distinct, sorted. */
  readonly views: readonly SourceView[];
  readonly services: readonly ServiceRef[];
  /** Names of the nodes that saw it, sorted; also of those that saw the client under the address of another node. */
  readonly witnesses: readonly string[];
  readonly testimony: Testimony;
  /** Of UDP alone: distinct batch windows (spans of 10 s of the clock) in which it was counted, `MANY_BATCH_WINDOWS` at most. */
  readonly batchWindows?: number;
  readonly clientPods: PodSample;
  readonly serverPods: PodSample;
}

/** One string per edge. */
export function edgeKeyText(key: EdgeKey): string {
  return `${identityKey(key.client)} -> ${identityKey(key.server)}:${key.port}/${key.protocol}`;
}

/** Whether all that it rests on is disputed. One agent may have misread it, or lied: it enters no rule without a person. */
export function isDisputed({ testimony }: Pick<Edge, 'testimony'>): boolean {
  const { agreed, oneSided, disputed } = testimony;
  return disputed > 0 && agreed === 0 && oneSided === 0;
}

/** Whether some node that its connections passed told of none of them, and could not have. */
export function isOneSided({ testimony }: Pick<Edge, 'testimony'>): boolean {
  return testimony.oneSided > 0 && testimony.agreed === 0;
}

/** Sums over all hours; `present` is the greatest of any hour. */
export function edgeTotals(edge: Pick<Edge, 'hours'>): Omit<HourCounts, 'hour'> {
  return edge.hours.reduce(
    (sum, hour) => ({
      opened: sum.opened + hour.opened,
      present: Math.max(sum.present, hour.present),
      answered: sum.answered + hour.answered,
      bytes: sum.bytes + hour.bytes,
    }),
    { opened: 0, present: 0, answered: 0, bytes: 0 },
  );
}
