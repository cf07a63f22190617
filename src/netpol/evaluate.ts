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
import { blockHolds, parseAddress } from './ip-block.ts';
import type { IndexedRule, RuleIndex } from './isolation.ts';
import type { PodPeer } from './pod-peers.ts';
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
  for (const { policy, rule, ranges } of rulesNamingPeer(set, direction, connection.protocol, standing)) {
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
  return standing.kind === 'exempt' ? ALL_PORTS : allowedByRules(set, direction, ends.protocol, standing);
}

/** The server ports that the rules of the policies isolating a pod allow on one side, merged. */
export function allowedByRules(
  set: PolicySet,
  direction: Direction,
  protocol: Protocol,
  judged: JudgedSide,
): PortRange[] {
  return mergeRanges(rulesNamingPeer(set, direction, protocol, judged).flatMap(({ ranges }) => ranges));
}

/** A pod, the policies that isolate it, and what they see at the far end. */
export type JudgedSide = Pick<Extract<Standing, { kind: 'judged' }>, 'pod' | 'isolation' | 'peer'>;

/** A rule with a peer that matches, and the ports it allows; to be allowed needs both (NETPOL rule 9). */
export interface MatchingRule {
  readonly policy: string;
  readonly rule: number;
  readonly ranges: readonly PortRange[];
}

/** Each once, by policy and index; the peers of a rule are alternatives (NETPOL rules 10 and 11). */
export function rulesNamingPeer(
  set: PolicySet,
  direction: Direction,
  protocol: Protocol,
  { pod, isolation: { rules }, peer }: JudgedSide,
): MatchingRule[] {
  const byEnd = peer.kind === 'pod' ? rulesOfPeers(rules, set.peersMatching(peer.pod)) : rules.anyPeer;
  const byBlock = rules.blocks.length === 0 ? NO_RULES : rulesOfBlocks(set, rules, peer);
  const found: MatchingRule[] = [];
  if (byEnd.length + byBlock.length === 0) return found;
  const serverPod = direction === 'ingress' ? pod : peer.kind === 'pod' ? peer.pod : null;
  // Where an end and a block match, the end counts: at egress a block makes named ports match nothing (NETPOL rule 17).
  const namedByBlock = direction === 'egress' ? null : serverPod;
  for (const rule of inOrder(byEnd, byBlock)) {
    const named = byEnd.includes(rule) ? serverPod : namedByBlock;
    const ranges = allowedByPorts(rule.ports, protocol, named);
    found.push({ policy: rule.policy, rule: rule.rule, ranges });
  }
  return found;
}

const NO_RULES: readonly IndexedRule[] = [];

function rulesOfPeers(rules: RuleIndex, podPeers: ReadonlySet<PodPeer>): readonly IndexedRule[] {
  let found: IndexedRule[] | null = null;
  const add = (named: readonly IndexedRule[]): void => {
    found ??= [...rules.anyPeer];
    found.push(...named);
  };
  if (podPeers.size <= rules.pods.size) {
    for (const podPeer of podPeers) {
      const named = rules.pods.get(podPeer);
      if (named !== undefined) add(named);
    }
  } else {
    for (const [podPeer, named] of rules.pods) if (podPeers.has(podPeer)) add(named);
  }
  return found ?? rules.anyPeer;
}

function inOrder(a: readonly IndexedRule[], b: readonly IndexedRule[]): readonly IndexedRule[] {
  if (a.length === 0 && b.length === 1) return b;
  if (b.length === 0 && a.length === 1) return a;
  return [...new Set([...a, ...b])].toSorted((left, right) => left.order - right.order);
}

function rulesOfBlocks(set: PolicySet, { blocks }: RuleIndex, peer: JudgedSide['peer']): IndexedRule[] {
  const comparable = peer.kind === 'address' || set.options.ipBlockMatchesPods;
  if (!comparable || peer.address === null) return [];
  const address = peer.kind === 'pod' ? set.parsed(peer.address) : parseAddress(peer.address);
  const found: IndexedRule[] = [];
  for (const { block, rule } of blocks) if (blockHolds(block, address)) found.push(rule);
  return found;
}
