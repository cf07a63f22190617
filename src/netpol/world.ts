/** What policies are judged against: pods, nodes and namespaces as they are at one instant. All of it is immutable input. */
import type { IpAddress } from '../domain/ip.ts';
import type { Protocol } from '../domain/protocol.ts';

export type Direction = 'ingress' | 'egress';

/** A port that a container declares; only its name matters to policies, which resolve named ports by it (NETPOL rule 17). */
export interface ContainerPort {
  /** Null when the container gave the port no name. */
  readonly name: string | null;
  readonly protocol: Protocol;
  readonly port: number;
}

/** A pod as policies see it. Verdicts are cached by object: a pod whose labels change is a new object. */
export interface PolicyPod {
  readonly namespace: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** The primary address first; a second of the other family in dual-stack clusters. */
  readonly ips: readonly IpAddress[];
  /** Name of the node it runs on; null while it is not scheduled or when that is not known. */
  readonly node: string | null;
  readonly hostNetwork: boolean;
  /** Ports of the regular containers and of the restartable init containers. */
  readonly ports: readonly ContainerPort[];
}

export interface PolicyNode {
  readonly name: string;
  /** Every address from which the node itself speaks: host addresses first, then pod-CIDR gateways and tunnels. */
  readonly addresses: readonly IpAddress[];
}

export interface PolicyWorld {
  /**
   * Labels by namespace name. `kubernetes.io/metadata.name` need not be among them: the API server sets it on
   * every namespace (NETPOL rule 14), so it is added here too, also for namespaces that are not in the map.
   */
  readonly namespaces: ReadonlyMap<string, Readonly<Record<string, string>>>;
  readonly nodes: readonly PolicyNode[];
}

/** One end of a connection: a pod, or an address that is no pod's as far as the caller knows. */
export type End =
  | { readonly kind: 'pod'; readonly pod: PolicyPod }
  | { readonly kind: 'address'; readonly address: IpAddress };
