/** The `ports` of a rule: what they allow on one protocol towards one server. */
import { ALL_PORTS, mergeRanges } from '../domain/port-range.ts';
import type { PortRange } from '../domain/port-range.ts';
import { kubernetesProtocol, parseProtocol } from '../domain/protocol.ts';
import type { Protocol } from '../domain/protocol.ts';
import type { NetworkPolicyPort } from './policy.ts';
import type { PolicyPod } from './world.ts';

interface NumberedPort {
  readonly kind: 'numbered';
  readonly protocol: Protocol;
  readonly range: PortRange;
}

interface NamedPort {
  readonly kind: 'named';
  readonly protocol: Protocol;
  readonly name: string;
}

export type RulePorts =
  | { readonly kind: 'any' }
  | {
      readonly kind: 'some';
      /** Ports given as numbers, merged. */
      readonly numbers: Readonly<Record<Protocol, readonly PortRange[]>>;
      readonly named: readonly NamedPort[];
    };

export const ANY_PORT: RulePorts = { kind: 'any' };

/**
 * Absent, null and empty `ports` are any port of any protocol (NETPOL rule 9); an element without a port is every
 * port of its protocol, TCP by default (rule 15). Elements that the API server would refuse match nothing (rule 16).
 */
export function compileRulePorts(ports: readonly NetworkPolicyPort[]): RulePorts {
  if (ports.length === 0) return ANY_PORT;
  const numbers: Record<Protocol, readonly PortRange[]> = { tcp: [], udp: [], sctp: [] };
  const named: NamedPort[] = [];
  for (const port of ports) {
    const compiled = compilePort(port);
    if (compiled?.kind === 'named') named.push(compiled);
    else if (compiled !== null) {
      const before = numbers[compiled.protocol];
      numbers[compiled.protocol] =
        before.length === 0 ? [compiled.range] : mergeRanges([...before, compiled.range]);
    }
  }
  return { kind: 'some', numbers, named };
}

/**
 * The server ports that the rule allows on this protocol, unmerged. `server` is the pod on which named ports are
 * resolved, per pod and protocol (NETPOL rule 17); null where none can be, and then a name matches nothing.
 */
export function allowedByPorts(
  rule: RulePorts,
  protocol: Protocol,
  server: PolicyPod | null,
): readonly PortRange[] {
  if (rule.kind === 'any') return ALL_PORTS;
  const numbers = rule.numbers[protocol];
  if (rule.named.length === 0 || server === null) return numbers;
  const named = rule.named.filter((port) => port.protocol === protocol);
  return [...numbers, ...named.flatMap(({ name }) => declaredAs(name, protocol, server))];
}

/** RFC 6335 service names as apimachinery's IsValidPortName reads them: at most 15 characters and one letter at least. */
const PORT_NAME = /^(?=.{1,15}$)(?=.*[a-z])[a-z0-9]+(-[a-z0-9]+)*$/;

const EVERY_PORT: PortRange = { from: 1, to: 65_535 };

function compilePort({ protocol: text, port, endPort }: NetworkPolicyPort): NumberedPort | NamedPort | null {
  const protocol = parseProtocol(text ?? 'TCP');
  // The API server knows the upper-case spelling only.
  if (protocol === null || kubernetesProtocol(protocol) !== (text ?? 'TCP')) return null;
  const end = endPort ?? null;
  if (port === null || port === undefined) {
    return end === null ? { kind: 'numbered', protocol, range: EVERY_PORT } : null;
  }
  if (typeof port === 'string') {
    return end === null && PORT_NAME.test(port) ? { kind: 'named', protocol, name: port } : null;
  }
  const to = end ?? port;
  const valid = isPort(port) && isPort(to) && port <= to;
  return valid ? { kind: 'numbered', protocol, range: { from: port, to } } : null;
}

function declaredAs(name: string, protocol: Protocol, server: PolicyPod): PortRange[] {
  return server.ports
    .filter((port) => port.name === name && port.protocol === protocol)
    .map(({ port }) => ({ from: port, to: port }));
}

function isPort(value: number): boolean {
  return Number.isInteger(value) && value >= 1 && value <= 65_535;
}
