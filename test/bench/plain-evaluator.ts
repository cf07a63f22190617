/**
 * The baseline of the evaluator's bench: every policy's selectors compiled once, then one pass over the policies of the
 * guarded pod's namespace for each side of each connection, with no index and nothing remembered of a pod.
 */
import { cidr, cidrContains } from '../../src/domain/cidr.ts';
import type { Cidr } from '../../src/domain/cidr.ts';
import { isolatedDirections } from '../../src/netpol/compile.ts';
import type { Connection } from '../../src/netpol/evaluate.ts';
import type {
  LabelSelector,
  NetworkPolicy,
  NetworkPolicyPeer,
  NetworkPolicyPort,
} from '../../src/netpol/policy.ts';
import type { Direction, End, PolicyPod, PolicyWorld } from '../../src/netpol/world.ts';

type Matcher = (labels: Readonly<Record<string, string>>) => boolean;
type EndMatcher = (end: End) => boolean;
type PortMatcher = (connection: Connection, server: PolicyPod | null) => boolean;

interface PlainPolicy {
  readonly selects: Matcher;
  readonly rules: readonly {
    readonly peers: readonly EndMatcher[];
    readonly ports: readonly PortMatcher[];
  }[];
}

/** It judges the clusters of evaluator-cluster.ts and no others: pods on the host network and own nodes it does not know. */
export function plainEvaluator(
  policies: readonly NetworkPolicy[],
  world: PolicyWorld,
): (connection: Connection) => boolean {
  const compiled = { ingress: new Map<string, PlainPolicy[]>(), egress: new Map<string, PlainPolicy[]>() };
  for (const policy of policies) {
    for (const direction of isolatedDirections(policy.spec)) {
      const list = compiled[direction].get(policy.metadata.namespace) ?? [];
      list.push(compile(policy, direction, world));
      compiled[direction].set(policy.metadata.namespace, list);
    }
  }
  const side = (direction: Direction, connection: Connection): boolean => {
    const [guarded, far] =
      direction === 'ingress'
        ? [connection.server, connection.client]
        : [connection.client, connection.server];
    if (guarded.kind === 'address') return true;
    if (far.kind === 'pod' && far.pod === guarded.pod) return true;
    const server = connection.server.kind === 'pod' ? connection.server.pod : null;
    let isolated = false;
    let allowed = false;
    for (const policy of compiled[direction].get(guarded.pod.namespace) ?? []) {
      if (!policy.selects(guarded.pod.labels)) continue;
      isolated = true;
      for (const { peers, ports } of policy.rules) {
        if (peers.length > 0 && !peers.some((matches) => matches(far))) continue;
        if (ports.length === 0 || ports.some((matches) => matches(connection, server))) allowed = true;
      }
    }
    return !isolated || allowed;
  };
  return (connection) => side('egress', connection) && side('ingress', connection);
}

function compile(policy: NetworkPolicy, direction: Direction, world: PolicyWorld): PlainPolicy {
  const { spec, metadata } = policy;
  const rules =
    direction === 'ingress'
      ? (spec.ingress ?? []).map(({ from, ports }) => ({ peers: from ?? [], ports: ports ?? [] }))
      : (spec.egress ?? []).map(({ to, ports }) => ({ peers: to ?? [], ports: ports ?? [] }));
  return {
    selects: matcherOf(spec.podSelector),
    rules: rules.map(({ peers, ports }) => ({
      peers: peers.map((peer) => peerMatcher(peer, metadata.namespace, world)),
      ports: ports.map(portMatcher),
    })),
  };
}

function matcherOf(selector: LabelSelector | null | undefined): Matcher {
  const pairs = Object.entries(selector?.matchLabels ?? {});
  return (labels) => {
    for (const [key, value] of pairs) if (labels[key] !== value) return false;
    return true;
  };
}

function peerMatcher(peer: NetworkPolicyPeer, namespace: string, world: PolicyWorld): EndMatcher {
  if (peer.ipBlock) {
    const block = cidr(peer.ipBlock.cidr);
    const except: Cidr[] = (peer.ipBlock.except ?? []).map(cidr);
    return (end) => {
      const address = end.kind === 'pod' ? end.pod.ips[0] : end.address;
      if (address === undefined) return false;
      return cidrContains(block, address) && !except.some((cut) => cidrContains(cut, address));
    };
  }
  const pods = matcherOf(peer.podSelector);
  const namespaces = peer.namespaceSelector ? matcherOf(peer.namespaceSelector) : null;
  const labels = new Map(
    [...world.namespaces].map(([name, own]) => [name, { ...own, 'kubernetes.io/metadata.name': name }]),
  );
  return (end) => {
    if (end.kind === 'address') return false;
    const inNamespace =
      namespaces === null ? end.pod.namespace === namespace : namespaces(labels.get(end.pod.namespace) ?? {});
    return inNamespace && pods(end.pod.labels);
  };
}

function portMatcher({ protocol, port, endPort }: NetworkPolicyPort): PortMatcher {
  const wanted = (protocol ?? 'TCP').toLowerCase();
  if (typeof port === 'string') {
    return (connection, server) =>
      connection.protocol === wanted &&
      (server?.ports ?? []).some(
        (own) => own.name === port && own.protocol === wanted && own.port === connection.port,
      );
  }
  const from = port ?? 1;
  const to = endPort ?? port ?? 65_535;
  return (connection) => connection.protocol === wanted && from <= connection.port && connection.port <= to;
}
