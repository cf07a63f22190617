/** Why a policy that isolates a pod does not allow a connection: what its rules come nearest to. */
import { ALL_PORTS, mergeRanges } from '../domain/port-range.ts';
import type { PortRange } from '../domain/port-range.ts';
import { PROTOCOLS, kubernetesProtocol } from '../domain/protocol.ts';
import type { Protocol } from '../domain/protocol.ts';
import type { PolicySet } from './compile.ts';
import { rulesNamingPeer } from './evaluate.ts';
import type { Connection, JudgedSide } from './evaluate.ts';
import { isolationBy } from './isolation.ts';
import type { CompiledPolicy } from './isolation.ts';
import { allowedByPorts } from './rule-ports.ts';
import type { RulePorts } from './rule-ports.ts';
import { peerWords } from './selector-words.ts';
import type { Direction, PolicyPod } from './world.ts';

/** A part of a sentence without a full stop: `rule 0 allows this peer, but not TCP 5432: it allows TCP 5433`. */
export function nearMiss(
  set: PolicySet,
  policy: CompiledPolicy,
  side: JudgedSide & { readonly direction: Direction; readonly connection: Connection },
): string {
  const { direction, connection, pod, peer } = side;
  const { protocol, port } = connection;
  const asked = `${kubernetesProtocol(protocol)} ${port}`;
  if (policy.rules.length === 0) return `it has no ${direction} rule, so it allows nothing`;
  const alone = { ...side, isolation: isolationBy([policy]) };
  const [naming] = rulesNamingPeer(set, direction, protocol, alone);
  const server = direction === 'ingress' ? pod : peer.kind === 'pod' ? peer.pod : null;
  if (naming !== undefined) {
    const rule = policy.rules[naming.rule];
    const instead = rule === undefined ? 'nothing' : portsWords(rule.ports, server);
    return `rule ${naming.rule} allows this peer, but not ${asked}: it allows ${instead}`;
  }
  const opening = policy.rules.findIndex(({ ports }) => holds(allowedByPorts(ports, protocol, server), port));
  if (opening < 0) return 'no rule names this peer, and none allows this port';
  const preposition = direction === 'ingress' ? 'from' : 'to';
  const peers = peersOfRule(policy, direction, opening).join(' or ');
  return `no rule names this peer; rule ${opening} allows ${asked} only ${preposition} ${peers}`;
}

/** Peers and ports that a sentence names at most. */
const MAX_TOLD = 4;

function peersOfRule({ policy }: CompiledPolicy, direction: Direction, index: number): string[] {
  const peers =
    direction === 'ingress' ? policy.spec.ingress?.[index]?.from : policy.spec.egress?.[index]?.to;
  return shortened((peers ?? []).map((peer) => peerWords(peer, policy.metadata.namespace)));
}

function portsWords(rule: RulePorts, server: PolicyPod | null): string {
  if (rule.kind === 'any') return 'any port';
  const words = PROTOCOLS.flatMap((protocol) => numberWords(protocol, rule.numbers[protocol]));
  for (const { name, protocol } of rule.named) {
    const declared = (server?.ports ?? []).filter((port) => port.name === name && port.protocol === protocol);
    const numbers = declared.map(({ port }) => port).join(', ');
    const meaning = numbers === '' ? 'which the server does not declare' : `which is ${numbers} there`;
    words.push(`${kubernetesProtocol(protocol)} port "${name}", ${meaning}`);
  }
  return words.length === 0 ? 'nothing that is valid' : shortened(words).join(', ');
}

function numberWords(protocol: Protocol, ranges: readonly PortRange[]): string[] {
  const kind = kubernetesProtocol(protocol);
  const [all] = ALL_PORTS;
  return mergeRanges(ranges).map(({ from, to }) => {
    if (from === all?.from && to === all.to) return `every ${kind} port`;
    return from === to ? `${kind} ${from}` : `${kind} ${from}-${to}`;
  });
}

function shortened(words: readonly string[]): string[] {
  const more = words.length - MAX_TOLD;
  return more > 0 ? [...words.slice(0, MAX_TOLD), `${more} more`] : [...words];
}

function holds(ranges: readonly PortRange[], port: number): boolean {
  return ranges.some(({ from, to }) => from <= port && port <= to);
}
