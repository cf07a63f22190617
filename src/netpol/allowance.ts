/** The ports that one pair of ends may use, on every protocol, as values of which equal ones are one object. */
import { ALL_PORTS, intersectRanges } from '../domain/port-range.ts';
import type { PortRange } from '../domain/port-range.ts';
import { PROTOCOLS } from '../domain/protocol.ts';
import type { Protocol } from '../domain/protocol.ts';

/** Merged server ports by protocol. */
export type PortsByProtocol = Readonly<Record<Protocol, readonly PortRange[]>>;

/** Of one book: two allowances of the same ports are the same object, and `id` counts them from 0. */
export interface Allowance {
  readonly id: number;
  readonly ports: PortsByProtocol;
  /** How many ports these are, over all protocols. */
  readonly portCount: number;
}

export interface AllowanceBook {
  /** Every port of every protocol. */
  readonly everything: Allowance;
  /** The allowance of these ports, which are merged. */
  of(ports: PortsByProtocol): Allowance;
  /** What both allow. */
  both(a: Allowance, b: Allowance): Allowance;
}

export function openAllowanceBook(): AllowanceBook {
  const byText = new Map<string, Allowance>();
  const met: (Allowance | undefined)[][] = [];
  const of = (ports: PortsByProtocol): Allowance => {
    const text = textOf(ports);
    const known = byText.get(text);
    if (known !== undefined) return known;
    const allowance = { id: byText.size, ports, portCount: countOf(ports) };
    byText.set(text, allowance);
    return allowance;
  };
  const everything = of({ tcp: ALL_PORTS, udp: ALL_PORTS, sctp: ALL_PORTS });
  return {
    everything,
    of,
    both: (a, b) => {
      if (a === b || b === everything) return a;
      if (a === everything) return b;
      const row = (met[a.id] ??= []);
      return (row[b.id] ??= of(
        byProtocol((protocol) => intersectRanges(a.ports[protocol], b.ports[protocol])),
      ));
    },
  };
}

export function byProtocol(portsOf: (protocol: Protocol) => readonly PortRange[]): PortsByProtocol {
  return { tcp: portsOf('tcp'), udp: portsOf('udp'), sctp: portsOf('sctp') };
}

function countOf(ports: PortsByProtocol): number {
  const ranges = PROTOCOLS.flatMap((protocol) => ports[protocol]);
  return ranges.reduce((sum, { from, to }) => sum + to - from + 1, 0);
}

function textOf(ports: PortsByProtocol): string {
  return PROTOCOLS.map((protocol) => ports[protocol].map(({ from, to }) => `${from}-${to}`).join(',')).join(
    '/',
  );
}
