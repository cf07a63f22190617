/** truth.json of a recorded example, read as what drafts must allow: port sets between workloads, and between workloads and addresses. */
import { readFileSync } from 'node:fs';
import { ALL_PORTS, mergeRanges } from '../../src/domain/port-range.ts';
import type { PortRange } from '../../src/domain/port-range.ts';
import { PROTOCOLS } from '../../src/domain/protocol.ts';
import type { Protocol } from '../../src/domain/protocol.ts';
import type { ClusterInfo } from '../../src/recommend/cluster.ts';

export interface TruthLine {
  readonly client: string;
  readonly server: string;
  readonly protocol: string;
  readonly port: number | 'any';
  readonly side?: 'ingress' | 'egress';
  readonly seenAs?: string;
  readonly ownNode?: boolean;
  readonly note?: string;
}

export interface Truth {
  readonly edges: readonly TruthLine[];
  readonly allowances: readonly TruthLine[];
  readonly denials: { readonly named: readonly TruthLine[] };
  readonly refused: readonly TruthLine[];
  readonly otherViews: readonly TruthLine[];
  readonly reusedAddress: {
    readonly addresses: readonly string[];
    readonly first: { workload: string };
    readonly second: { workload: string };
  };
}

export interface ClassedAddress {
  readonly address: string;
  readonly class: string;
}

export function readTruth(directory: string): Truth {
  return JSON.parse(readFileSync(`${directory}/truth.json`, 'utf8')) as Truth;
}

export function readAddresses(directory: string): readonly ClassedAddress[] {
  return JSON.parse(readFileSync(`${directory}/addresses.json`, 'utf8')) as ClassedAddress[];
}

/** Every node's addresses by its name; the first is the one it talks with. */
export type NodeAddresses = ReadonlyMap<string, readonly string[]>;

export function nodesOf(cluster: ClusterInfo): NodeAddresses {
  return new Map(cluster.nodes.map((node) => [node.name, node.addresses]));
}

/** The API server's address in the recorded world. */
const API_SERVER_ADDRESS = '192.168.100.1';

/** Lines as `shortEdge` names their edges: `shop/frontend -> shop/cartservice:7070/tcp`, nodes with the address that the other end sees. */
export function edgeNames(lines: readonly TruthLine[], nodes: NodeAddresses): ReadonlySet<string> {
  const nameOf = (end: string, seenAs?: string): string => {
    if (end === 'apiserver') return `apiserver@${API_SERVER_ADDRESS}`;
    if (end.startsWith('external:')) return end.replace(':', '@');
    if (!end.startsWith('node:')) return end;
    return `${end}@${seenAs ?? nodes.get(end.slice('node:'.length))?.[0] ?? ''}`;
  };
  return new Set(
    lines.map(
      ({ client, server, protocol, port, seenAs }) =>
        `${nameOf(client, seenAs)} -> ${nameOf(server)}:${port}/${protocol.toLowerCase()}`,
    ),
  );
}

/** An edge's key with workloads as the truth names them. */
export function shortEdge(key: string): string {
  return key.replace(/workload:(\S+?)\/\w+\/(\S+?)(?= |:)/g, '$1/$2');
}

/** What the truth allows on each side of a connection. A pod-to-pod connection needs both. */
export class Allowed {
  readonly #lines: readonly TruthLine[];
  readonly #nodes: NodeAddresses;

  constructor(truth: Truth, nodes: NodeAddresses) {
    this.#lines = [...truth.edges, ...truth.allowances];
    this.#nodes = nodes;
  }

  /** Ports that a pod of `client` may use to a pod of `server`: those of lines that speak of both sides. */
  between(client: string, server: string, protocol: Protocol): PortRange[] {
    return this.#ports(
      protocol,
      (line) => line.side === undefined && line.client === client && line.server === server,
    );
  }

  /** Ports on which `server`'s own side must accept `address`, which is none of a pod. */
  ingress(address: ClassedAddress, server: string, at: { protocol: Protocol; ownNode: string }): PortRange[] {
    const isOwnNode = this.#nodes.get(at.ownNode)?.includes(address.address) === true;
    return this.#ports(at.protocol, (line) => {
      if (line.side === 'egress' || (line.server !== server && line.server !== 'any-pod')) return false;
      if (line.client === 'own-node') return isOwnNode;
      if (line.ownNode === true) return false;
      return line.seenAs === undefined ? this.#names(line.client, address) : line.seenAs === address.address;
    });
  }

  /** Ports on which `client`'s own side must let it out to `address`. */
  egress(client: string, address: ClassedAddress, protocol: Protocol): PortRange[] {
    return this.#ports(
      protocol,
      (line) => line.side !== 'ingress' && line.client === client && this.#names(line.server, address),
    );
  }

  #names(end: string, { address, class: kind }: ClassedAddress): boolean {
    if (end === 'any-address') return true;
    if (end === 'apiserver') return address === API_SERVER_ADDRESS;
    const [what, rest] = splitOnce(end);
    if (what === 'class') return rest === kind;
    if (what === 'node') return this.#nodes.get(rest)?.[0] === address;
    return (what === 'address' || what === 'external') && rest === address;
  }

  #ports(protocol: Protocol, matches: (line: TruthLine) => boolean): PortRange[] {
    const lines = this.#lines.filter(
      (line) => (line.protocol === 'any' || line.protocol.toLowerCase() === protocol) && matches(line),
    );
    return mergeRanges(
      lines.flatMap(({ port }) => (port === 'any' ? ALL_PORTS : [{ from: port, to: port }])),
    );
  }
}

/** How many (end, end, protocol, port) points two sets of ranges share, and how many each has. */
export class Score {
  allowed = 0;
  wanted = 0;
  both = 0;

  add(allowed: readonly PortRange[], wanted: readonly PortRange[], both: readonly PortRange[]): void {
    this.allowed += sizeOf(allowed);
    this.wanted += sizeOf(wanted);
    this.both += sizeOf(both);
  }

  /** Adds another score. */
  join(other: Score): void {
    this.allowed += other.allowed;
    this.wanted += other.wanted;
    this.both += other.both;
  }

  /** `precision 1.0 recall 1.0`; anything short of whole is printed with six digits. */
  toString(): string {
    return `precision ${ratio(this.both, this.allowed)} recall ${ratio(this.both, this.wanted)}`;
  }
}

export const ALL_PROTOCOLS = PROTOCOLS;

function sizeOf(ranges: readonly PortRange[]): number {
  return ranges.reduce((sum, { from, to }) => sum + to - from + 1, 0);
}

function ratio(part: number, whole: number): string {
  return part === whole && whole > 0 ? '1.0' : (part / whole).toFixed(6);
}

function splitOnce(text: string): [string, string] {
  const colon = text.indexOf(':');
  return colon < 0 ? [text, ''] : [text.slice(0, colon), text.slice(colon + 1)];
}
