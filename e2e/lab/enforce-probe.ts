// One new connection under enforced policies: who makes it, how, and who it is between as each side sees it.
import { isIPv6 } from 'node:net';

import { parseProtocol } from '../../src/domain/protocol.ts';
import type { Protocol } from '../../src/domain/protocol.ts';
import type { NodeAddresses, TruthLine } from '../../test/replay/truth.ts';
import type { EnforcedCluster, EnforcedPod } from './enforce-pods.ts';
import { bridgeAddress } from './node-wires.ts';
import type { PeerCommand } from './peer-protocol.ts';
import { workloadOf } from './workloads.ts';
import { NODES } from './world.ts';
import type { NodeName } from './world.ts';

/** What processes of the lab talk over. */
export type Transport = Exclude<Protocol, 'sctp'>;

/** One end at one address; `pod` is null when no pod has it. */
export interface Place {
  readonly address: string;
  readonly pod: EnforcedPod | null;
}

export interface Probe {
  /** The line of the truth that it is, as in `shop/web -> shop/db:5432/tcp`. */
  readonly line: string;
  readonly expected: 'allowed' | 'denied';
  /** Whose process makes it: a pod, a node, or `ext`. */
  readonly process: string;
  readonly order: PeerCommand;
  /** What the process dials or asks; a Service's address and port, or the server's own. */
  readonly dialled: Dialled;
  readonly client: Place;
  /** What the server's side sees instead of the client's address; null when it is not rewritten. */
  readonly seenAs: string | null;
  /** Who may serve it: one, or everybody behind the Service that it dials. */
  readonly servers: readonly Place[];
  readonly protocol: Transport;
  /** After DNAT. */
  readonly port: number;
  /** Whether a server that gets it answers. Some take datagrams and never do. */
  readonly isAnswered: boolean;
}

export interface Dialled {
  readonly address: string;
  readonly port: number;
}

/** How long nothing must come back from what is denied: that a packet was dropped, its node notes; a refusal comes at once. */
const DENIED_PATIENCE_MS = 150;

/** Who makes a probe, as an end of it. */
export interface Caller {
  readonly process: string;
  readonly place: Place;
  /** The address to bind, where the process has more than one. */
  readonly from?: string;
}

/** Who serves a call, on what, and what the server is called. */
export interface Served {
  readonly servers: readonly Place[];
  readonly protocol: Transport;
  readonly port: number;
  readonly name: string;
}

/** An attempt that must be dropped. `dialled` differs from the server behind a Service. */
export function deniedProbe(caller: Caller, dialled: Dialled, to: Served): Probe {
  const { servers, protocol, port } = to;
  const order = {
    op: 'attempt',
    protocol,
    ...dialled,
    ...(caller.from === undefined ? {} : { from: caller.from }),
    patienceMs: DENIED_PATIENCE_MS,
  } as const;
  return {
    line: `${nameOf(caller.place)} -> ${to.name}:${port}/${protocol}`,
    expected: 'denied',
    process: caller.process,
    order,
    dialled,
    client: caller.place,
    seenAs: null,
    servers,
    protocol,
    port,
    isAnswered: true,
  };
}

/** What a line of the truth says of a call that must be allowed. */
export function linkOf({
  client,
  server,
  protocol,
  port,
}: TruthLine): Pick<Probe, 'line' | 'expected' | 'protocol' | 'isAnswered'> {
  const known = parseProtocol(protocol);
  if (known === null || known === 'sctp')
    throw new Error(`a call has a protocol: ${client} -> ${server} ${protocol}`);
  const line = `${client} -> ${server}:${port}/${known}`;
  return { line, expected: 'allowed', protocol: known, isAnswered: true };
}

/** The servers of one call, named by the first. */
export function servedBy(servers: readonly Place[], protocol: Transport, port: number): Served {
  const [first] = servers;
  return { servers, protocol, port, name: first?.pod?.workload ?? first?.address ?? '' };
}

/** The running pods of a workload. Throws when there is none. */
export function podsOf(workload: string, { pods }: EnforcedCluster): EnforcedPod[] {
  const found = pods.filter((pod) => pod.workload === workload);
  if (found.length === 0) throw new Error(`${workload} has no running pod`);
  return found;
}

/** A pod at its address of the same family as `towards`. Throws when it has none. */
export function placeOf(pod: EnforcedPod, towards: string): Place {
  const address = pod.addresses.find((each) => isIPv6(each) === isIPv6(towards));
  if (address === undefined) throw new Error(`${pod.name} has no address to talk with ${towards}`);
  return { address, pod };
}

/** A node as one of its pods, or a pod elsewhere, sees it when it dials the pod's own address. */
export function nodePlace(node: NodeName, server: EnforcedPod): Place {
  const isOnBridge = server.node === node && workloadOf(server.workload).wire === 'bridge';
  return { address: isOnBridge ? bridgeAddress(node) : NODES[node].ipv4, pod: null };
}

/** Every address of a node's own, the one it talks with first. */
export function nodeAddresses(): NodeAddresses {
  const names = Object.keys(NODES) as NodeName[];
  return new Map(names.map((name) => [name, [NODES[name].ipv4, NODES[name].ipv6, bridgeAddress(name)]]));
}

/** What a probe is, and how it is made. */
export function describe({ line, process, order, dialled }: Probe): string {
  const verb = order.op === 'ask' ? 'asks' : 'dials';
  return `${line} (${process} ${verb} ${dialled.address} ${dialled.port})`;
}

function nameOf({ pod, address }: Place): string {
  return pod?.workload ?? address;
}
