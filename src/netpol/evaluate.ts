/**
 * Judges connections by networking.k8s.io/v1 NetworkPolicies and says why; the rules are those of the API's types
 * and the upstream end-to-end tests. It proves what the objects mean, never that a network plugin enforces them,
 * and it judges connections of TCP, UDP and SCTP only, never reply packets or ICMP. It reads no clock and no cluster.
 */
import type { IpAddress } from '../domain/ip.ts';
import { ALL_PORTS, intersectRanges, mergeRanges } from '../domain/port-range.ts';
import type { PortRange } from '../domain/port-range.ts';
import type { Protocol } from '../domain/protocol.ts';
import type { PolicySet } from './compile.ts';
import { parseAddress } from './ip-block.ts';
import type { PodPeer } from './pod-peers.ts';
import { matchRulePeers } from './rule-peers.ts';
import { allowedByPorts } from './rule-ports.ts';
import { standingOf } from './standing.ts';
import type { Exemption, Standing } from './standing.ts';
import type { Direction, End } from './world.ts';

/** The unit of judgement (NETPOL rule 1), after any Service's address and port were rewritten (rule 25). */
export interface Connection {
  readonly client: End;
  /** What the server's side saw instead of the client; absent when the client was not rewritten. */
  readonly seenAs?: IpAddress;
  readonly server: End;
  readonly protocol: Protocol;
  /** The port on which the server answers, 1 to 65535: the container's, not the Service's. */
  readonly port: number;
}

export type SideReason = Exemption | 'allowed-by-rule' | 'no-rule-matches';

export interface SideVerdict {
  readonly allowed: boolean;
  readonly reason: SideReason;
  /** Policies (`namespace/name`, sorted) that isolate the guarded pod in this direction, also where `self` or `own-node` overrules them. */
  readonly isolatedBy: readonly string[];
  /** Every rule that matches, by policy and index in spec.ingress or spec.egress; empty unless the reason is `allowed-by-rule`. */
  readonly allowedBy: readonly { readonly policy: string; readonly rule: number }[];
}

export interface Verdict {
  readonly allowed: boolean;
  readonly egress: SideVerdict;
  readonly ingress: SideVerdict;
}

/** Both sides must allow a connection; a side whose end is no selectable pod always does (NETPOL rule 7). */
export function evaluate(set: PolicySet, connection: Connection): Verdict {
  const egress = evaluateSide(set, 'egress', connection);
  const ingress = evaluateSide(set, 'ingress', connection);
  return { allowed: egress.allowed && ingress.allowed, egress, ingress };
}

/**
 * One side: at egress the client's policies judge the server, at ingress the server's policies judge what they saw
 * of the client. Egress to the pod's own node is judged as to any address (see standingOf).
 */
export function evaluateSide(set: PolicySet, direction: Direction, connection: Connection): SideVerdict {
  const standing = standingOf(set, direction, connection);
  if (standing.kind === 'exempt') {
    return { allowed: true, reason: standing.reason, isolatedBy: standing.isolatedBy, allowedBy: [] };
  }
  const allowedBy: { policy: string; rule: number }[] = [];
  for (const { policy, rule, ranges } of matchingRules(set, direction, connection.protocol, standing)) {
    if (ranges.some(({ from, to }) => from <= connection.port && connection.port <= to)) {
      allowedBy.push({ policy, rule });
    }
  }
  const allowed = allowedBy.length > 0;
  const reason = allowed ? 'allowed-by-rule' : 'no-rule-matches';
  return { allowed, reason, isolatedBy: standing.isolation.keys, allowedBy };
}

/** The server ports on which both sides allow connections between the ends, merged. Agrees with `evaluate` on every port. */
export function allowedPorts(set: PolicySet, ends: Omit<Connection, 'port'>): PortRange[] {
  return intersectRanges(allowedOnSide(set, 'egress', ends), allowedOnSide(set, 'ingress', ends));
}

function allowedOnSide(
  set: PolicySet,
  direction: Direction,
  ends: Omit<Connection, 'port'>,
): readonly PortRange[] {
  const standing = standingOf(set, direction, ends);
  if (standing.kind === 'exempt') return ALL_PORTS;
  return mergeRanges(matchingRules(set, direction, ends.protocol, standing).flatMap(({ ranges }) => ranges));
}

const NO_PEERS: ReadonlySet<PodPeer> = new Set();

interface MatchingRule {
  readonly policy: string;
  readonly rule: number;
  readonly ranges: readonly PortRange[];
}

/** Rules whose peers match, with the ports each allows; a rule needs both (NETPOL rule 9). */
function matchingRules(
  set: PolicySet,
  direction: Direction,
  protocol: Protocol,
  { pod, isolation, peer }: Extract<Standing, { kind: 'judged' }>,
): MatchingRule[] {
  const serverPod = direction === 'ingress' ? pod : peer.kind === 'pod' ? peer.pod : null;
  const podPeers = peer.kind === 'pod' ? set.peersMatching(peer.pod) : NO_PEERS;
  const blocksApply = peer.kind === 'address' || set.options.ipBlockMatchesPods;
  const address = blocksApply && peer.address !== null ? parseAddress(peer.address) : null;
  const matching: MatchingRule[] = [];
  for (const policy of isolation.policies) {
    for (const { rule, by } of matchRulePeers(policy.peers, podPeers, address)) {
      const ports = policy.ports[rule];
      if (ports === undefined) continue;
      const named = direction === 'egress' && by === 'block' ? null : serverPod;
      matching.push({ policy: policy.key, rule, ranges: allowedByPorts(ports, protocol, named) });
    }
  }
  return matching;
}
