/** Who may connect to a workload: clients as the pod's own side saw them, DNS for everyone, the outside where exposed. */
import type { Edge } from '../domain/edge.ts';
import { workloadKey, workloadTitle } from '../domain/workload.ts';
import type { Caveat, DraftRule } from './draft.ts';
import type { WorkloadInfo } from './cluster.ts';
import type { DraftingContext } from './drafting.ts';
import { outsideRules, podFamiliesOf } from './outside-peers.ts';
import type { OutsideNeed } from './outside-peers.ts';
import { mergeRules, portKey } from './rule-draft.ts';
import type { PortNeed, RuleDraft } from './rule-draft.ts';

const EXPOSED: Caveat = {
  code: 'open-to-any-source',
  sentence:
    'a Service or hostPort opens this port to the outside; narrow it if the clients are known, mind CNIs that show node addresses',
};

/** The ingress rules of a workload from its needed edges; `unnamed` lists clients that no selector can name. */
export function ingressRules(
  workload: WorkloadInfo,
  edges: readonly Edge[],
  context: DraftingContext,
): { rules: DraftRule[]; unnamed: string[] } {
  const exposed = context.exposed.get(workloadKey(workload.ref)) ?? new Set<string>();
  const dnsPorts = dnsPortsOf(workload, context);
  const drafts: RuleDraft[] = dnsPorts.length === 0 ? [] : [dnsForEveryone(dnsPorts)];
  const outside: OutsideNeed[] = [];
  const unnamed = new Set<string>();
  const open = new Map<string, Edge[]>();
  for (const edge of edges) {
    for (const { seen, ownNode } of edge.views) {
      if (ownNode || seen.kind === 'workload') continue;
      if (exposed.has(portKey(edge))) open.set(portKey(edge), [...(open.get(portKey(edge)) ?? []), edge]);
      else outside.push({ peer: seen, edge });
    }
  }
  const covered = new Set([...open.keys(), ...dnsPorts.map(portKey)]);
  for (const edge of edges) {
    for (const { seen } of edge.views) {
      if (seen.kind !== 'workload' || covered.has(portKey(edge))) continue;
      const named = context.peers.peerIn(workload.ref.namespace, seen.workload);
      if (named === null) unnamed.add(workloadTitle(seen.workload));
      else
        drafts.push({
          order: 2,
          basis: 'observed',
          title: workloadTitle(seen.workload),
          peers: [named.peer],
          ports: [edge],
          caveats: named.caveats,
          edges: [edge],
        });
    }
  }
  for (const group of open.values())
    drafts.push({
      order: 1,
      basis: 'observed',
      title: 'any source',
      peers: null,
      ports: group,
      caveats: [EXPOSED],
      edges: group,
    });
  drafts.push(...outsideRules(outside, { ...context, podFamilies: podFamiliesOf(workload) }));
  return { rules: mergeRules('ingress', drafts), unnamed: [...unnamed] };
}

/** Ports on which this workload serves the cluster's DNS. */
function dnsPortsOf(workload: WorkloadInfo, context: DraftingContext): PortNeed[] {
  const key = workloadKey(workload.ref);
  return context.dns
    .filter((dns) => dns.backends.some((backend) => workloadKey(backend.ref) === key))
    .flatMap((dns) => dns.ports);
}

/** Every draft lets its pods out to DNS, so DNS lets every pod in. */
function dnsForEveryone(ports: readonly PortNeed[]): RuleDraft {
  return {
    order: 0,
    basis: 'convention',
    title: 'DNS for every pod',
    peers: [{ namespaceSelector: {} }],
    ports,
    caveats: [],
    edges: [],
  };
}
