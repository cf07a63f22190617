/**
 * Judges connections by networking.k8s.io/v1 NetworkPolicies and says why; the rules are those of the API's types
 * and the upstream end-to-end tests. It proves what the objects mean, never that a network plugin enforces them,
 * and it judges connections of TCP, UDP and SCTP only, never reply packets or ICMP. It reads no clock and no cluster.
 */
import type { IpAddress } from '../domain/ip.ts';
import { ALL_PORTS, intersectRanges, mergeRanges } from '../domain/port-range.ts';
import type { PortRange } from '../domain/port-range.ts';
import type { Protocol } from '../domain/protocol.ts';
import { compareText } from '../domain/text-order.ts';
import type { PolicySet } from './compile.ts';
import { blockHolds, parseAddress } from './ip-block.ts';
import type { CompiledRule, RuleIndex } from './isolation.ts';
import type { PodPeer } from './pod-peers.ts';
import { allowedByPorts } from './rule-ports.ts';
import { standingOf, standingOfGuarded } from './standing.ts';
import type { Exemption, Guarded, Standing } from './standing.ts';
import type { Direction, End, PolicyPod } from './world.ts';

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
    if (holds(ranges, connection.port)) allowedBy.push({ policy, rule });
  }
  const allowed = allowedBy.length > 0;
  const reason = allowed ? 'allowed-by-rule' : 'no-rule-matches';
  return { allowed, reason, isolatedBy: standing.isolation.keys, allowedBy };
}

/** What the policies of one pod say in one direction of connections with other ends. */
export type SideJudge = (far: End, protocol: Protocol, port: number) => boolean;

/** As `evaluateSide` says of connections of which the far end is seen as itself, without the reasons. */
export function sideJudge(set: PolicySet, direction: Direction, pod: PolicyPod): SideJudge {
  if (pod.hostNetwork) return () => true;
  const own: Guarded = { pod, isolation: set.isolation(direction, pod) };
  const end: End = { kind: 'pod', pod };
  const { pods } = own.isolation.rules;
  return (far, protocol, port) => {
    // Most far ends are pods that a rule names: for these nothing else need be looked at.
    if (far.kind === 'pod' && !far.pod.hostNetwork) {
      const server = direction === 'ingress' ? pod : far.pod;
      const allows = (rule: CompiledRule): boolean =>
        holds(allowedByPorts(rule.ports, protocol, server), port);
      if (pods.some(set.peersMatching(far.pod), allows)) return true;
    }
    const ends = direction === 'ingress' ? { client: far, server: end } : { client: end, server: far };
    const standing = standingOfGuarded(set, direction, ends, own);
    if (standing.kind === 'exempt') return true;
    const { byEnd, byBlock, serverPod, namedByBlock } = rulesNaming(set, direction, standing);
    for (const { ports } of byEnd) if (holds(allowedByPorts(ports, protocol, serverPod), port)) return true;
    for (const { ports } of byBlock)
      if (holds(allowedByPorts(ports, protocol, namedByBlock), port)) return true;
    return false;
  };
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
  judged: JudgedSide,
): MatchingRule[] {
  const { byEnd, byBlock, serverPod, namedByBlock } = rulesNaming(set, direction, judged);
  const found: MatchingRule[] = [];
  if (byEnd.length + byBlock.length === 0) return found;
  for (const rule of inOrder(byEnd, byBlock)) {
    // Where an end and a block match, the end counts.
    const named = byEnd.includes(rule) ? serverPod : namedByBlock;
    const ranges = allowedByPorts(rule.ports, protocol, named);
    found.push({ policy: rule.policy, rule: rule.rule, ranges });
  }
  return found;
}

interface NamingRules {
  readonly byEnd: readonly CompiledRule[];
  readonly byBlock: readonly CompiledRule[];
  /** The pods on which named ports are resolved for either; null where they match nothing. */
  readonly serverPod: PolicyPod | null;
  readonly namedByBlock: PolicyPod | null;
}

function rulesNaming(
  set: PolicySet,
  direction: Direction,
  { pod, isolation: { rules }, peer }: JudgedSide,
): NamingRules {
  const serverPod = direction === 'ingress' ? pod : peer.kind === 'pod' ? peer.pod : null;
  return {
    byEnd: peer.kind === 'pod' ? rulesOfPeers(rules, set.peersMatching(peer.pod)) : rules.anyPeer,
    byBlock: rules.blocks.length === 0 ? NO_RULES : rulesOfBlocks(set, rules, peer),
    serverPod,
    // At egress a block makes named ports match nothing (NETPOL rule 17).
    namedByBlock: direction === 'egress' ? null : serverPod,
  };
}

function holds(ranges: readonly PortRange[], port: number): boolean {
  for (const { from, to } of ranges) if (from <= port && port <= to) return true;
  return false;
}

const NO_RULES: readonly CompiledRule[] = [];

function rulesOfPeers({ anyPeer, pods }: RuleIndex, podPeers: ReadonlySet<PodPeer>): readonly CompiledRule[] {
  const found = pods.of(podPeers);
  if (found.length === 0) return anyPeer;
  return anyPeer.length === 0 ? found : [...anyPeer, ...found];
}

/** Sorted by policy and index. */
function inOrder(a: readonly CompiledRule[], b: readonly CompiledRule[]): readonly CompiledRule[] {
  if (a.length === 0 && b.length === 1) return b;
  if (b.length === 0 && a.length === 1) return a;
  return [...new Set([...a, ...b])].toSorted(
    (left, right) => compareText(left.policy, right.policy) || left.rule - right.rule,
  );
}

function rulesOfBlocks(set: PolicySet, { blocks }: RuleIndex, peer: JudgedSide['peer']): CompiledRule[] {
  const comparable = peer.kind === 'address' || set.options.ipBlockMatchesPods;
  if (!comparable || peer.address === null) return [];
  const address = peer.kind === 'pod' ? set.parsed(peer.address) : parseAddress(peer.address);
  const found: CompiledRule[] = [];
  for (const { block, rule } of blocks) if (blockHolds(block, address)) found.push(rule);
  return found;
}
