/** Whom a workload may connect to: servers on their own ports after DNAT, DNS by convention, the outside by the contract's widths. */
import type { Edge } from '../domain/edge.ts';
import { workloadKey, workloadTitle } from '../domain/workload.ts';
import type { NetworkPolicyPeer } from '../netpol/policy.ts';
import type { WorkloadInfo } from './cluster.ts';
import { exactBlocks } from './dns.ts';
import type { Caveat, DraftRule } from './draft.ts';
import type { DraftingContext } from './drafting.ts';
import { outsideRules, podFamiliesOf } from './outside-peers.ts';
import type { OutsideNeed } from './outside-peers.ts';
import { mergeRules, portKey } from './rule-draft.ts';
import type { PortNeed, RuleDraft } from './rule-draft.ts';

const PLAIN_DNS: readonly PortNeed[] = [
  { protocol: 'tcp', port: 53 },
  { protocol: 'udp', port: 53 },
];

export interface EgressResult {
  readonly rules: DraftRule[];
  /** Servers that no selector can name. */
  readonly unnamed: string[];
  readonly caveats: Caveat[];
}

export function egressRules(
  workload: WorkloadInfo,
  edges: readonly Edge[],
  context: DraftingContext,
): EgressResult {
  const dns = dnsRules(workload, context);
  const drafts = [...dns.rules];
  const unnamed = new Set<string>();
  const outside: OutsideNeed[] = [];
  for (const edge of edges) {
    const { server } = edge;
    if (server.kind !== 'workload') outside.push({ peer: server, edge });
    else if (!dns.covers(edge)) {
      const named = context.peers.peerIn(workload.ref.namespace, server.workload);
      if (named === null) unnamed.add(workloadTitle(server.workload));
      else
        drafts.push({
          order: 2,
          basis: 'observed',
          title: workloadTitle(server.workload),
          peers: [named.peer],
          ports: [edge],
          caveats: named.caveats,
          edges: [edge],
        });
    }
  }
  const beyondDns = outside.filter(({ edge }) => !dns.covers(edge));
  drafts.push(...outsideRules(beyondDns, { ...context, podFamilies: podFamiliesOf(workload) }));
  return { rules: mergeRules('egress', drafts), unnamed: [...unnamed], caveats: dns.caveats };
}

interface DnsRules {
  readonly rules: RuleDraft[];
  readonly caveats: Caveat[];
  /** Whether the convention already allows an observed edge. */
  readonly covers: (edge: Edge) => boolean;
}

function dnsRules(workload: WorkloadInfo, context: DraftingContext): DnsRules {
  const usesCluster =
    workload.dnsPolicy === 'ClusterFirst' || workload.dnsPolicy === 'ClusterFirstWithHostNet';
  const services = usesCluster ? context.dns : [];
  const rules: RuleDraft[] = [];
  const allowed = new Set<string>();
  for (const { backends, ports } of services) {
    const peers: NetworkPolicyPeer[] = [];
    for (const backend of backends) {
      const named = context.peers.peerIn(workload.ref.namespace, backend.ref);
      if (named === null) continue;
      peers.push(named.peer);
      for (const port of ports) allowed.add(`${workloadKey(backend.ref)} ${portKey(port)}`);
    }
    if (peers.length > 0) rules.push({ ...DNS_RULE, peers, ports });
  }
  const addresses = [...(usesCluster ? context.nodeLocalDns : []), ...workload.nameservers];
  if (addresses.length > 0) {
    rules.push({
      ...DNS_RULE,
      peers: exactBlocks(addresses).map((ipBlock) => ({ ipBlock })),
      ports: PLAIN_DNS,
    });
    for (const address of addresses) for (const port of PLAIN_DNS) allowed.add(`${address} ${portKey(port)}`);
  }
  const covers = (edge: Edge): boolean => {
    const server = edge.server.kind === 'workload' ? workloadKey(edge.server.workload) : edge.server.address;
    return allowed.has(`${server} ${portKey(edge)}`);
  };
  return { rules, caveats: dnsCaveats(workload, rules), covers };
}

const DNS_RULE = { order: 0, basis: 'convention', title: 'DNS', caveats: [], edges: [] } as const;

function dnsCaveats(workload: WorkloadInfo, rules: readonly RuleDraft[]): Caveat[] {
  if (workload.dnsPolicy === 'Default')
    return [
      {
        code: 'dns-of-the-node',
        sentence:
          "its pods use their node's resolver, which only traffic can show; DNS is allowed where it was seen",
      },
    ];
  if (rules.length === 0)
    return [
      {
        code: 'dns-unknown',
        sentence: 'no DNS Service or nameserver is known, so no rule for DNS could be drafted',
      },
    ];
  return [];
}
