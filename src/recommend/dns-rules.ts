/** The rules by which a subject's pods reach the resolver they were given, and what those rules already allow. */
import type { Edge } from '../domain/edge.ts';
import type { IpAddress } from '../domain/ip.ts';
import { scopeOf } from '../domain/special-ranges.ts';
import { compareText } from '../domain/text-order.ts';
import { workloadKey } from '../domain/workload.ts';
import { blockHolds, exactBlocks } from './addresses.ts';
import type { WorkloadInfo } from './cluster.ts';
import { dnsPeers } from './dns-peers.ts';
import type { DnsServers, DnsService } from './dns.ts';
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

type DnsContext = Pick<DraftingContext, 'dns' | 'nodeLocalDns' | 'resolvers' | 'peers' | 'given'>;

export function dnsRules(subject: Pick<Subject, 'ref' | 'members'>, context: DnsContext): DnsRules {
  const given = subject.members.map((workload) => resolversOf(workload, context));
  const services = [...new Set(given.flatMap((each) => each.services))];
  const redirected = [...new Set(given.flatMap((each) => each.redirected))];
  const addresses = [...new Set(given.flatMap((each) => each.addresses))];
  const servers = [...services, ...redirected].map((each) => ({
    title: each.title,
    ports: each.ports,
    ...dnsPeers(each, subject.ref.namespace, context),
  }));
  const rules: RuleDraft[] = servers
    .filter(({ peers, ports }) => peers.length > 0 && ports.length > 0)
    .map(({ peers, ports, caveats }) => ({ ...DNS_RULE, peers, ports, caveats }));
  const exact = exactBlocks(addresses).map((ipBlock) => ({ ipBlock }));
  if (exact.length > 0) rules.push({ ...DNS_RULE, peers: exact, ports: PLAIN_DNS });
  const workloads = new Set(
    servers.flatMap((each) =>
      each.workloads.flatMap((key) => each.ports.map((port) => `${key} ${portKey(port)}`)),
    ),
  );
  return {
    rules,
    services,
    covers: coverOf(rules, workloads),
    caveats: [
      ...given.flatMap((each) => each.caveats),
      ...servers.flatMap(({ title, gaps }) => (gaps.length === 0 ? [] : [notDrafted(title, gaps)])),
    ],
  };
}

/** `workloads` are keys of servers with their ports. */
function coverOf(rules: readonly RuleDraft[], workloads: ReadonlySet<string>): DnsRules['covers'] {
  const ports = new Set(rules.flatMap((rule) => rule.ports.map(({ port }) => port)));
  return (edge) => {
    if (!ports.has(edge.port)) return false;
    const { server } = edge;
    const key = portKey(edge);
    if (server.kind === 'workload') return workloads.has(`${workloadKey(server.workload)} ${key}`);
    return rules.some(
      (rule) =>
        rule.ports.some((port) => portKey(port) === key) &&
        rule.peers?.some(
          ({ ipBlock }) => ipBlock !== undefined && ipBlock !== null && blockHolds(ipBlock, server.address),
        ) === true,
    );
  };
}

interface Found {
  readonly services: readonly DnsService[];
  /** Caches on the pod network. */
  readonly redirected: readonly DnsServers[];
  readonly addresses: readonly IpAddress[];
}

interface Resolvers extends Found {
  readonly caveats: readonly Caveat[];
}

/** What the kubelet writes into resolv.conf (kubelet/network/dns), a Service's address as the Service. */
function resolversOf(workload: WorkloadInfo, { dns, nodeLocalDns, resolvers }: DnsContext): Resolvers {
  const asksCluster = usesCluster(workload);
  // A resolver in the pod itself is no connection that a policy could see.
  const own = workload.nameservers.filter((address) => scopeOf(address) !== 'loopback');
  const services = own.flatMap((address) => resolvers.get(address) ?? []);
  const isCached = (address: IpAddress): boolean => nodeLocalDns.addresses.includes(address);
  const asksCache =
    asksCluster || services.some(({ service }) => dns.some((each) => each.service === service));
  const found: Found = {
    services: asksCluster ? [...dns, ...services] : services,
    redirected: asksCache ? nodeLocalDns.redirected : [],
    addresses: [
      ...(asksCluster ? nodeLocalDns.addresses : []),
      ...own.filter((address) => isCached(address) || !resolvers.has(address)),
    ],
  };
  const ofCluster = dns.length + nodeLocalDns.addresses.length + nodeLocalDns.redirected.length;
  return {
    ...found,
    caveats: [...(asksCache ? nodeLocalDns.caveats : []), ...lackOf(workload, found, ofCluster > 0)],
  };
}

function usesCluster({ dnsPolicy }: WorkloadInfo): boolean {
  return dnsPolicy === 'ClusterFirst' || dnsPolicy === 'ClusterFirstWithHostNet';
}

/** What the pods are given and nobody knows. */
function lackOf(workload: WorkloadInfo, found: Found, isClusterKnown: boolean): readonly Caveat[] {
  if (workload.dnsPolicy === 'Default') return [OF_THE_NODE];
  if (found.services.length + found.redirected.length + found.addresses.length === 0) return [UNKNOWN];
  return usesCluster(workload) && !isClusterKnown ? [NO_CLUSTER_DNS] : [];
}

const OF_THE_NODE: Caveat = {
  code: 'dns-of-the-node',
  sentence:
    "its pods use their node's resolver, which only traffic can show; DNS is allowed where it was seen",
};
const UNKNOWN: Caveat = {
  code: 'dns-unknown',
  sentence: 'no DNS Service or nameserver is known, so no rule for DNS could be drafted',
};
const NO_CLUSTER_DNS: Caveat = {
  code: 'dns-not-drafted',
  sentence:
    'its pods ask the DNS of the cluster, of which no Service is known; only the nameservers of its own are allowed',
};

function notDrafted(title: string, gaps: readonly string[]): Caveat {
  return {
    code: 'dns-not-drafted',
    sentence: `a rule for DNS by ${title} could not be drafted in full (${gaps.toSorted(compareText).join('; ')}); add what is missing, or the pods may resolve no names`,
  };
}
