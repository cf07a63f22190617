/** The rules by which a subject's pods reach the resolver they were given, and what those rules already allow. */
import { cidrOf, formatCidr } from '../domain/cidr.ts';
import type { Edge } from '../domain/edge.ts';
import type { IpAddress } from '../domain/ip.ts';
import { scopeOf } from '../domain/special-ranges.ts';
import { workloadKey } from '../domain/workload.ts';
import type { NetworkPolicyPeer } from '../netpol/policy.ts';
import type { WorkloadInfo } from './cluster.ts';
import type { DnsService } from './dns.ts';
import type { Caveat } from './draft.ts';
import type { DraftingContext } from './drafting.ts';
import type { Subject } from './peers.ts';
import { portKey } from './rule-draft.ts';
import type { PortNeed, RuleDraft } from './rule-draft.ts';

const PLAIN_DNS: readonly PortNeed[] = [
  { protocol: 'tcp', port: 53 },
  { protocol: 'udp', port: 53 },
];
const DNS_RULE = { order: 0, basis: 'convention', title: 'DNS', caveats: [], edges: [] } as const;

export interface DnsRules {
  readonly rules: RuleDraft[];
  readonly caveats: readonly Caveat[];
  /** DNS Services of which the pods are told. */
  readonly services: readonly DnsService[];
  /** Whether the convention already allows an observed edge. */
  readonly covers: (edge: Edge) => boolean;
}

type DnsContext = Pick<DraftingContext, 'dns' | 'nodeLocalDns' | 'resolvers' | 'peers'>;

export function dnsRules(subject: Pick<Subject, 'ref' | 'members'>, context: DnsContext): DnsRules {
  const { members } = subject;
  const given = members.map((workload) => resolversOf(workload, context));
  const services = [...new Set(given.flatMap((each) => each.services))];
  const addresses = [...new Set(given.flatMap((each) => each.addresses))];
  const allowed = new Set<string>();
  const rules: RuleDraft[] = [];
  for (const { backends, ports } of services) {
    const peers = backends.flatMap((backend) => peersOf(backend, subject.ref.namespace, context));
    if (peers.length > 0)
      rules.push({ ...DNS_RULE, peers: distinctPeers(peers.map(({ peer }) => peer)), ports });
    for (const { ends } of peers)
      for (const end of ends) for (const port of ports) allowed.add(`${end} ${portKey(port)}`);
  }
  if (addresses.length > 0) rules.push({ ...DNS_RULE, peers: addresses.map(exactPeer), ports: PLAIN_DNS });
  for (const address of addresses) for (const port of PLAIN_DNS) allowed.add(`${address} ${portKey(port)}`);
  const ports = new Set(rules.flatMap((rule) => rule.ports.map(({ port }) => port)));
  const covers = (edge: Edge): boolean => {
    if (!ports.has(edge.port)) return false;
    const server = edge.server.kind === 'workload' ? workloadKey(edge.server.workload) : edge.server.address;
    return allowed.has(`${server} ${portKey(edge)}`);
  };
  return { rules, services, covers, caveats: dnsCaveats(members, given) };
}

interface Resolvers {
  readonly services: readonly DnsService[];
  readonly addresses: readonly IpAddress[];
}

/** What the kubelet writes into resolv.conf (kubelet/network/dns), a Service's address as the Service. */
function resolversOf(workload: WorkloadInfo, { dns, nodeLocalDns, resolvers }: DnsContext): Resolvers {
  const usesCluster =
    workload.dnsPolicy === 'ClusterFirst' || workload.dnsPolicy === 'ClusterFirstWithHostNet';
  // A resolver in the pod itself is no connection that a policy could see.
  const own = workload.nameservers.filter((address) => scopeOf(address) !== 'loopback');
  const cluster = own.flatMap((address) => resolvers.get(address) ?? []);
  const isCached = (address: IpAddress): boolean => nodeLocalDns.includes(address);
  return {
    services: usesCluster ? [...dns, ...cluster] : cluster,
    addresses: [
      ...(usesCluster ? nodeLocalDns : []),
      ...own.filter((address) => isCached(address) || !resolvers.has(address)),
    ],
  };
}

interface DnsPeer {
  readonly peer: NetworkPolicyPeer;
  /** Workload key or addresses, as edges name their server. */
  readonly ends: readonly string[];
}

/** DNS on its nodes' network is reached at their addresses (NETPOL rule 24). */
function peersOf(backend: WorkloadInfo, namespace: string, { peers }: DnsContext): DnsPeer[] {
  if (backend.hostNetwork) {
    const addresses = backend.pods.filter(({ ended }) => !ended).flatMap((pod) => pod.ips);
    return [...new Set(addresses)].map((address) => ({ peer: exactPeer(address), ends: [address] }));
  }
  const named = peers.known(backend.ref).peerIn(namespace);
  return named.kind !== 'named' ? [] : [{ peer: named.peers[0], ends: [workloadKey(backend.ref)] }];
}

function exactPeer(address: IpAddress): NetworkPolicyPeer {
  return { ipBlock: { cidr: formatCidr(cidrOf(address)) } };
}

function distinctPeers(peers: readonly NetworkPolicyPeer[]): NetworkPolicyPeer[] {
  return [...new Map(peers.map((peer) => [JSON.stringify(peer), peer])).values()];
}

function dnsCaveats(members: readonly WorkloadInfo[], given: readonly Resolvers[]): Caveat[] {
  const usesNode = members.some(({ dnsPolicy }) => dnsPolicy === 'Default');
  const isLost = members.some(
    ({ dnsPolicy }, index) =>
      dnsPolicy !== 'Default' && given[index]?.services.length === 0 && given[index].addresses.length === 0,
  );
  return [
    ...(usesNode
      ? [
          {
            code: 'dns-of-the-node',
            sentence:
              "its pods use their node's resolver, which only traffic can show; DNS is allowed where it was seen",
          },
        ]
      : []),
    ...(isLost
      ? [
          {
            code: 'dns-unknown',
            sentence: 'no DNS Service or nameserver is known, so no rule for DNS could be drafted',
          },
        ]
      : []),
  ];
}
