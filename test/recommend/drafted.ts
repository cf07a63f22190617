/** Drafts of a small cluster as short lines, so that a test says what a reviewer would read. */
import type { Edge } from '../../src/domain/edge.ts';
import { selectorWords } from '../../src/netpol/selector-words.ts';
import { isObservation } from '../../src/recommend/caveat-codes.ts';
import type { ClusterInfo, WorkloadInfo } from '../../src/recommend/cluster.ts';
import type { Draft, DraftOutcome, DraftRule } from '../../src/recommend/draft.ts';
import type { DraftingOptions } from '../../src/recommend/drafting-options.ts';
import type { KnownRanges } from '../../src/recommend/outside-peers.ts';
import { recommend } from '../../src/recommend/recommend.ts';
import type { Recommendation } from '../../src/recommend/recommend.ts';
import { cluster } from '../world.ts';

export interface DraftedDetail {
  readonly detail?: Partial<ClusterInfo>;
  readonly options?: Partial<DraftingOptions>;
  readonly known?: Partial<KnownRanges>;
}

/** Drafts of these workloads beside coredns, from these edges, in a window of an hour. */
export function drafted(
  workloads: readonly WorkloadInfo[],
  edges: readonly Edge[] = [],
  { detail = {}, options = {}, known = {} }: DraftedDetail = {},
): Recommendation {
  return recommend({
    cluster: cluster(workloads, detail),
    edges,
    window: { start: 0, end: 3_600_000 },
    known: { nodeCidrs: [], controlPlaneCidrs: [], ...known },
    options,
  });
}

/** The outcome of `shop/web`. Throws when there is none. */
export function outcomeOf(result: Recommendation, title: string): DraftOutcome {
  const found = result.outcomes.find(({ workload }) => `${workload.namespace}/${workload.name}` === title);
  if (found === undefined) throw new Error(`no outcome for ${title}`);
  return found;
}

/** Its draft. Throws with the reason when it has none. */
export function draftOf(result: Recommendation, title: string): Draft {
  const found = outcomeOf(result, title);
  if (found.kind !== 'draft') throw new Error(`${title} omitted: ${found.code} ${found.sentence}`);
  return found;
}

/** As kubectl writes it: `app=web,!canary`. */
export function selectorOf(result: Recommendation, title: string): string {
  return selectorWords(draftOf(result, title).policy.spec.podSelector ?? null) ?? 'every pod';
}

/** The rules as `ingress observed: shop/web: [...peers] 8080/TCP`. */
export function rulesOf(result: Recommendation, title: string, direction?: DraftRule['direction']): string[] {
  return draftOf(result, title)
    .rules.filter((rule) => direction === undefined || rule.direction === direction)
    .map((rule) => {
      const peers = rule.peers === null ? 'any' : rule.peers.map((peer) => JSON.stringify(peer)).join(' ');
      return `${rule.direction} ${rule.basis}: ${rule.title}: ${peers} ${portWords(rule)}`;
    });
}

function portWords({ ports }: DraftRule): string {
  return ports
    .map(({ port, endPort, protocol }) => `${port}${endPort === undefined ? '' : `-${endPort}`}/${protocol}`)
    .join(',');
}

/** Only what plain YAML shows: codes that move with no traffic. */
export function codesOf(result: Recommendation, title: string): string[] {
  return draftOf(result, title)
    .caveats.map(({ code }) => code)
    .filter((code) => !isObservation(code));
}

/** The code and sentence of what is omitted. */
export function omissionOf(result: Recommendation, title: string): string {
  const found = outcomeOf(result, title);
  return found.kind === 'omitted' ? `${found.code}: ${found.sentence}` : 'drafted';
}

export const DNS_RULE =
  'egress convention: DNS: {"namespaceSelector":{"matchLabels":{"kubernetes.io/metadata.name":"kube-system"}},"podSelector":{"matchLabels":{"k8s-app":"kube-dns"}}} 53/TCP,53/UDP';
