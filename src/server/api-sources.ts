/**
 * What the API reads, computed from the store and the cluster model: drafts once per state of both, lists sorted.
 * It never writes.
 */
import { edgeKeyText } from '../domain/edge.ts';
import type { Edge } from '../domain/edge.ts';
import type { Identity } from '../domain/identity.ts';
import { ProblemError } from '../domain/problem.ts';
import { compareText } from '../domain/text-order.ts';
import { workloadKey } from '../domain/workload.ts';
import { nearestNames } from '../runtime/nearest-names.ts';
import type { ClusterInfo, WorkloadInfo } from '../recommend/cluster.ts';
import { printPolicies } from '../recommend/print-yaml.ts';
import { recommend } from '../recommend/recommend.ts';
import type { RecommendInput, Recommendation } from '../recommend/recommend.ts';
import type { Store } from '../store/store.ts';
import { clusterRangesOf } from '../kube/ranges.ts';
import { flowTitle } from '../wire/flow-title.ts';
import type { AttributionScope } from './lease-verdict.ts';
import { unattributedReport } from './unattributed-report.ts';
import { answerVerify } from './verification.ts';
import type { ApiSources, CoverageReport, NamespaceRow, WorkloadRow } from './app.ts';
import type { WatchReport } from './routes/coverage.ts';
import { NO_WATCH } from './watch-report.ts';

export interface Analysed {
  readonly cluster: ClusterInfo;
  readonly edges: readonly Edge[];
  readonly recommendation: Recommendation;
  readonly window: RecommendInput['window'];
}

/** Runs the recommender over everything stored. */
export function analyse(store: Store, cluster: ClusterInfo, known: RecommendInput['known']): Analysed {
  const edges = store.edges.all();
  const windows = store.nodeWindows.list();
  const window = {
    start: windows.reduce((first, each) => Math.min(first, each.start), Number.POSITIVE_INFINITY),
    end: windows.reduce((last, each) => Math.max(last, each.end), Number.NEGATIVE_INFINITY),
  };
  return { cluster, edges, window, recommendation: recommend({ cluster, edges, window, known }) };
}

/** What a server that watches a cluster knows of this moment; a replay has everything from its capture. */
export interface LiveState {
  /** How the cluster's objects are known. */
  readonly watch: () => WatchReport;
  readonly attribution: () => AttributionScope;
}

/** The consumer's interface over an analysis, asked for at each request; edges and leases are read page by page. */
export function apiSources(
  store: Store,
  current: () => Analysed,
  live: LiveState = { watch: () => NO_WATCH, attribution: () => scopeOfCapture(current()) },
): ApiSources {
  return {
    namespaces: () => namespaceRows(current()),
    workloads: () => workloadRows(current()),
    edges: (filter, page) => store.edges.list(filter, page),
    evidence: (edge, page) => store.evidence.page(edge, page),
    drafts: () => current().recommendation.outcomes,
    policiesYaml: (namespace, options) => {
      const { cluster, recommendation } = current();
      if (namespace !== null) requireNamespace(cluster, namespace);
      const chosen = recommendation.outcomes.filter(
        (outcome) => namespace === null || outcome.workload.namespace === namespace,
      );
      const yaml =
        chosen.length === 0
          ? `# ${namespace ?? 'cluster'}: no workload to draft a policy for\n`
          : printPolicies(chosen, options);
      return { yaml, omitted: chosen.filter((outcome) => outcome.kind === 'omitted') };
    },
    leases: (ip) => store.leases.around(ip, null),
    attribution: live.attribution,
    coverage: () => ({ ...coverageOf(store, current()), ...live.watch() }),
    unattributed: (since) => unattributedReport(store, since),
    verify: (request) =>
      answerVerify(
        current(),
        { nodeWindows: store.nodeWindows.list(), unattributed: store.unattributed.list() },
        request,
      ),
  };
}

/** Every fact of a capture is in, and nothing is known of what came after it. */
function scopeOfCapture({ cluster, window }: Analysed): AttributionScope {
  return { ranges: clusterRangesOf(cluster), frontier: () => window.end, unwatchedDuring: () => null };
}

/** Throws a ProblemError `unknown-namespace` that names the known ones. */
export function requireNamespace(cluster: ClusterInfo, namespace: string): void {
  const known = namespacesOf(cluster);
  if (known.includes(namespace)) return;
  throw new ProblemError('unknown-namespace', `namespace "${namespace}" is not known`, {
    hint: `nearest of the ${known.length} known: ${nearestNames(namespace, known).join(', ')}`,
  });
}

function namespacesOf(cluster: ClusterInfo): string[] {
  return [
    ...new Set([
      ...cluster.namespaces.keys(),
      ...cluster.workloads.map((workload) => workload.ref.namespace),
    ]),
  ].toSorted(compareText);
}

function namespaceRows({ cluster, edges, recommendation }: Analysed): NamespaceRow[] {
  return namespacesOf(cluster).map((name) => {
    const outcomes = recommendation.outcomes.filter((outcome) => outcome.workload.namespace === name);
    return {
      name,
      workloads: cluster.workloads.filter((workload) => workload.ref.namespace === name).length,
      edges: edges.filter((edge) => namespaceOf(edge.client) === name || namespaceOf(edge.server) === name)
        .length,
      drafts: outcomes.filter((outcome) => outcome.kind === 'draft').length,
      omitted: outcomes.filter((outcome) => outcome.kind === 'omitted').length,
    };
  });
}

function workloadRows({ cluster, edges, recommendation }: Analysed): WorkloadRow[] {
  const drafted = new Map(recommendation.outcomes.map((outcome) => [workloadKey(outcome.workload), outcome]));
  const into = countBy(edges, (edge) => edge.server);
  const out = countBy(edges, (edge) => edge.client);
  return cluster.workloads.map((workload: WorkloadInfo) => {
    const key = workloadKey(workload.ref);
    const outcome = drafted.get(key);
    const policy = outcome?.kind === 'draft' ? outcome.policy : null;
    return {
      workload: workload.ref,
      pods: workload.pods.filter((pod) => !pod.ended).length,
      selector: policy?.spec.podSelector ?? workload.selector,
      hostNetwork: workload.hostNetwork,
      edgesIn: into.get(key) ?? 0,
      edgesOut: out.get(key) ?? 0,
      draft: outcome?.kind ?? 'none',
    };
  });
}

function coverageOf(
  store: Store,
  { cluster, recommendation, window }: Analysed,
): Omit<CoverageReport, keyof WatchReport> {
  const windows = Map.groupBy(store.nodeWindows.list(), (each) => each.node);
  const nodes = [...windows]
    .toSorted(([a], [b]) => compareText(a, b))
    .map(([node, own]) => ({
      node,
      windows: own.map(({ start, end }) => ({ start, end })),
      dropped: own.reduce((sum, each) => sum + each.dropped, 0),
      skipped: sumOf(own.map((each) => each.skipped)),
    }));
  const seeing = new Set(nodes.map((node) => node.node));
  const unattributed = Map.groupBy(store.unattributed.list(), (row) => `${row.reason} ${row.end}`);
  return {
    windowStart: Number.isFinite(window.start) ? window.start : null,
    windowEnd: Number.isFinite(window.end) ? window.end : null,
    nodes,
    blindNodes: cluster.nodes.map((node) => node.name).filter((name) => !seeing.has(name)),
    unattributed: [...unattributed.values()].flatMap((rows) => {
      const [first] = rows;
      if (first === undefined) return [];
      return [
        {
          reason: first.reason,
          end: first.end,
          count: rows.reduce((sum, row) => sum + row.count, 0),
          example: flowTitle(first.examples[0] ?? ''),
        },
      ];
    }),
    quarantined: recommendation.quarantined.map(({ edge, reason }) => ({ edge: edgeKeyText(edge), reason })),
    otherPolicies: cluster.otherPolicies ?? null,
    batches: store.inbox.counts(),
  };
}

function sumOf(counts: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  const sums = new Map<string, number>();
  for (const [reason, count] of counts.flatMap((each) => Object.entries(each)))
    sums.set(reason, (sums.get(reason) ?? 0) + count);
  return Object.fromEntries([...sums].toSorted(([a], [b]) => compareText(a, b)));
}

function countBy(edges: readonly Edge[], end: (edge: Edge) => Identity): Map<string, number> {
  const counts = new Map<string, number>();
  for (const edge of edges) {
    const identity = end(edge);
    if (identity.kind !== 'workload') continue;
    const key = workloadKey(identity.workload);
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return counts;
}

function namespaceOf(identity: Identity): string | null {
  return identity.kind === 'workload' ? identity.workload.namespace : null;
}
