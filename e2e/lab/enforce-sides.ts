// Policies as what each side of each pod lets through, in addresses and ports: the half-way between YAML and packets.
// It is a second reading of what NetworkPolicies mean and shares nothing with the evaluator but the parsed objects.
import { PROTOCOLS } from '../../src/domain/protocol.ts';
import type { Protocol } from '../../src/domain/protocol.ts';
import type {
  NetworkPolicy,
  NetworkPolicyPeer,
  NetworkPolicyPort,
  NetworkPolicySpec,
} from '../../src/netpol/policy.ts';
import type { EnforcedCluster, EnforcedPod } from './enforce-pods.ts';
import { podsOfPeer, selects } from './enforce-selectors.ts';

export type Way = 'ingress' | 'egress';

/** Who may be at the other end. */
export type FarEnd =
  | { readonly kind: 'anybody' }
  | { readonly kind: 'addresses'; readonly addresses: readonly string[] }
  | { readonly kind: 'block'; readonly cidr: string; readonly except: readonly string[] };

/** One thing that a side lets through. Ports are the server's, from `from` to `to`. */
export interface Permit {
  readonly far: FarEnd;
  readonly protocols: readonly Protocol[];
  readonly from: number;
  readonly to: number;
  /** The rule it comes from: "namespace/name" of the policy, and its index in spec.ingress or spec.egress. */
  readonly policy: string;
  readonly rule: number;
}

/** One side of a pod. When it is not isolated it lets everything through. */
export interface Side {
  readonly pod: EnforcedPod;
  readonly way: Way;
  readonly isolated: boolean;
  readonly permits: readonly Permit[];
}

/** Both sides of every pod, pods in their order, ingress first. */
export function sidesOf(policies: readonly NetworkPolicy[], cluster: EnforcedCluster): Side[] {
  return cluster.pods.flatMap((pod) =>
    (['ingress', 'egress'] as const).map((way) => {
      const isolating = policies.filter(
        ({ metadata, spec }) =>
          metadata.namespace === pod.namespace &&
          isolates(spec, way) &&
          selects(spec.podSelector, pod.labels),
      );
      const permits = isolating.flatMap((policy) => permitsOf(policy, way, { pod, cluster }));
      return { pod, way, isolated: isolating.length > 0, permits };
    }),
  );
}

/** policyTypes decides; without it a policy is about ingress, and about egress when it has a rule for it. */
function isolates({ policyTypes, egress }: NetworkPolicySpec, way: Way): boolean {
  if (policyTypes !== null && policyTypes !== undefined && policyTypes.length > 0)
    return policyTypes.includes(way === 'ingress' ? 'Ingress' : 'Egress');
  return way === 'ingress' || (egress ?? []).length > 0;
}

interface Guarded {
  readonly pod: EnforcedPod;
  readonly cluster: EnforcedCluster;
}

function permitsOf({ metadata, spec }: NetworkPolicy, way: Way, guarded: Guarded): Permit[] {
  const { namespace, name } = metadata;
  const rules =
    way === 'ingress'
      ? (spec.ingress ?? []).map((rule) => ({ peers: rule.from ?? [], ports: rule.ports ?? [] }))
      : (spec.egress ?? []).map((rule) => ({ peers: rule.to ?? [], ports: rule.ports ?? [] }));
  return rules.flatMap(({ peers, ports }, rule) => {
    const named = ports.filter(({ port }) => typeof port === 'string');
    const numbered = ports.filter(({ port }) => typeof port !== 'string');
    const ranges = ports.length === 0 ? [ANY_PORT] : numbered.map(rangeOf);
    const plain = farEnds(peers, namespace, guarded.cluster).flatMap((far) =>
      ranges.map((range) => ({ far, ...range })),
    );
    const byName = named.flatMap((port) =>
      way === 'ingress'
        ? numbersOf(port, guarded.pod).flatMap((range) =>
            farEnds(peers, namespace, guarded.cluster).map((far) => ({ far, ...range })),
          )
        : podsNamed(peers, namespace, guarded.cluster).flatMap((server) =>
            numbersOf(port, server).map((range) => ({ far: atPods([server]), ...range })),
          ),
    );
    return [...plain, ...byName].map((permit) => ({ ...permit, policy: `${namespace}/${name}`, rule }));
  });
}

type Range = Pick<Permit, 'protocols' | 'from' | 'to'>;

const ANY_PORT: Range = { protocols: PROTOCOLS, from: 1, to: 65_535 };

function rangeOf({ protocol, port, endPort }: NetworkPolicyPort): Range {
  const protocols = [protocolOf(protocol)];
  if (typeof port !== 'number') return { ...ANY_PORT, protocols };
  return { protocols, from: port, to: endPort ?? port };
}

/** A named port is looked up at the pod that serves it, by name and protocol. */
function numbersOf({ protocol, port }: NetworkPolicyPort, server: EnforcedPod): Range[] {
  return server.ports
    .filter((each) => each.name === port && each.protocol === protocolOf(protocol))
    .map((each) => ({ protocols: [each.protocol], from: each.port, to: each.port }));
}

function protocolOf(protocol: NetworkPolicyPort['protocol']): Protocol {
  return protocol === 'UDP' ? 'udp' : protocol === 'SCTP' ? 'sctp' : 'tcp';
}

/** No peers at all means anybody, pod or not. */
function farEnds(peers: readonly NetworkPolicyPeer[], namespace: string, cluster: EnforcedCluster): FarEnd[] {
  if (peers.length === 0) return [{ kind: 'anybody' }];
  return peers.map((peer) => {
    const { ipBlock } = peer;
    return ipBlock === null || ipBlock === undefined
      ? atPods(podsOfPeer(peer, namespace, cluster))
      : { kind: 'block', cidr: ipBlock.cidr, except: ipBlock.except ?? [] };
  });
}

/** Pods whose named ports a rule of egress can mean: an ipBlock knows no names. */
function podsNamed(
  peers: readonly NetworkPolicyPeer[],
  namespace: string,
  cluster: EnforcedCluster,
): readonly EnforcedPod[] {
  if (peers.length === 0) return cluster.pods;
  return [...new Set(peers.flatMap((peer) => podsOfPeer(peer, namespace, cluster)))];
}

function atPods(pods: readonly EnforcedPod[]): FarEnd {
  return { kind: 'addresses', addresses: pods.flatMap(({ addresses }) => addresses) };
}
