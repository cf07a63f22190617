/**
 * What the API reads, computed from the store and the cluster model: drafts once per state of both, lists sorted.
 * It never writes.
 */
import type { Edge } from '../domain/edge.ts';
import type { Identity } from '../domain/identity.ts';
import { ProblemError } from '../domain/problem.ts';
import { compareText } from '../domain/text-order.ts';
import { workloadKey } from '../domain/workload.ts';
import { nearestNames } from '../runtime/nearest-names.ts';
import type { ClusterInfo, WorkloadInfo } from '../recommend/cluster.ts';
import type { DraftOutcome } from '../recommend/draft.ts';
import { printPolicies } from '../recommend/print-yaml.ts';
import type { Recommendation } from '../recommend/recommend.ts';
import type { Store } from '../store/store.ts';
import { clusterRangesOf } from '../kube/ranges.ts';
import { recommendationFor } from './analysis.ts';
import type { Analysed } from './analysis.ts';
import { coverageReport } from './coverage-report.ts';
import type { AttributionScope } from './lease-verdict.ts';
import { unattributedReport } from './unattributed-report.ts';
import { answerVerify } from './verification.ts';
import type { ApiSources, NamespaceRow, WorkloadRow } from './app.ts';
import type { WatchReport } from './routes/coverage.ts';
import { NO_WATCH } from './watch-report.ts';

export { analyse } from './analysis.ts';
export type { Analysed } from './analysis.ts';

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
    drafts: (asked) => recommendationFor(current(), asked).outcomes,
    policiesYaml: (namespace, { withEvidence, asked }) => {
      const analysed = current();
      if (namespace !== null) requireNamespace(analysed.cluster, namespace);
      const chosen = recommendationFor(analysed, asked).outcomes.filter(
        (outcome) => namespace === null || outcome.workload.namespace === namespace,
      );
      const yaml =
        chosen.length === 0
          ? `# ${namespace ?? 'cluster'}: no workload to draft a policy for\n`
          : printPolicies(chosen, { withEvidence });
      return { yaml, omitted: chosen.filter((outcome) => outcome.kind === 'omitted') };
    },
    leases: (ip) => store.leases.around(ip, null),
    attribution: live.attribution,
    coverage: () => ({ ...coverageReport(store, current()), ...live.watch() }),
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

/** By workload key; of a policy that several share, under each of them. */
function outcomesByWorkload({ outcomes }: Recommendation): Map<string, DraftOutcome> {
  return new Map(
    outcomes.flatMap((outcome) => {
      const others = outcome.sharedWith ?? [];
      return [outcome.workload, ...others].map((ref) => [workloadKey(ref), outcome] as const);
    }),
  );
}

function workloadRows({ cluster, edges, recommendation }: Analysed): WorkloadRow[] {
  const appraised = new Map(recommendation.appraised.map((each) => [workloadKey(each.workload), each]));
  const drafted = outcomesByWorkload(recommendation);
  const into = countBy(edges, (edge) => edge.server);
  const out = countBy(edges, (edge) => edge.client);
  return cluster.workloads.map((workload: WorkloadInfo) => {
    const key = workloadKey(workload.ref);
    const { namespace } = workload.ref;
    const whole = workloadKey({ namespace, kind: 'Namespace', name: namespace });
    const outcome = drafted.get(key) ?? (workload.hostNetwork ? undefined : drafted.get(whole));
    const policy = outcome?.kind === 'draft' ? outcome.policy : null;
    return {
      workload: workload.ref,
      pods: workload.pods.filter((pod) => !pod.ended).length,
      selector: policy?.spec.podSelector ?? workload.selector,
      hostNetwork: workload.hostNetwork,
      edgesIn: into.get(key) ?? 0,
      edgesOut: out.get(key) ?? 0,
      draft: outcome?.kind ?? 'none',
      coverage: appraised.get(key)?.coverage ?? null,
      readiness: appraised.get(key)?.readiness ?? { state: 'incomplete', reasons: [] },
    };
  });
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
