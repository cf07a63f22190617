/**
 * Answers "would it break?" from what the server knows: chooses the policies before and after, the window and the
 * pods, and has them judged. A pure function of values, so that a thread can run it; it changes nothing.
 */
import type { Identity } from '../domain/identity.ts';
import { workloadTitle } from '../domain/workload.ts';
import type { NetworkPolicy } from '../netpol/policy.ts';
import { policiesAfter, policyKey } from '../netpol/verify-change.ts';
import { verifyPolicies } from '../netpol/verify.ts';
import type { Verification } from '../netpol/verify.ts';
import type { ClusterInfo } from '../recommend/cluster.ts';
import type { Caveat } from '../recommend/draft.ts';
import { policyWorldOf } from '../recommend/policy-world.ts';
import type { Recommendation } from '../recommend/recommend.ts';
import type { Analysed } from './api-sources.ts';
import { caveatsOf } from './verify-caveats.ts';
import type { Observed } from './verify-caveats.ts';
import { explainConnection } from './verify-explain.ts';
import { verifyWorkload } from './verify-pods.ts';
import { edgesIn, verifyWindow, withNeeds } from './verify-window.ts';
import type { VerifyWindow } from './verify-window.ts';

export type JudgedPolicies =
  | { readonly kind: 'given'; readonly policies: readonly NetworkPolicy[] }
  | { readonly kind: 'drafts' }
  | { readonly kind: 'in-force' };

export interface VerifyRequest {
  readonly judged: JudgedPolicies;
  readonly mode: 'together' | 'instead';
  /** Only policies of this namespace, and edges with an end in it; null for all. */
  readonly namespace: string | null;
  /** An instant, or a span as `7d`. */
  readonly since: string;
  /** A connection to tell in words, or null. */
  readonly explain: string | null;
}

export interface VerifyAnswer {
  readonly window: VerifyWindow;
  readonly policies: {
    readonly judged: number;
    readonly before: readonly NetworkPolicy[];
    readonly after: readonly NetworkPolicy[];
  };
  /** Edges recorded in the window that were judged or could not be. */
  readonly edges: number;
  readonly verification: Verification;
  readonly otherPolicyKinds: readonly { readonly group: string; readonly kind: string }[] | null;
  readonly caveats: readonly Caveat[];
  readonly explanation: string | null;
}

/**
 * Policies in force are judged against having none, all others against those in force. Throws a ProblemError
 * `no-data-in-window`, or as `explainConnection` does.
 */
export function answerVerify(analysed: Analysed, observed: Observed, request: VerifyRequest): VerifyAnswer {
  const { cluster } = analysed;
  const window = verifyWindow(request.since, analysed.window);
  const recorded = edgesIn(window, analysed.edges);
  const chosen = recorded.filter(({ client, server }) => isIn(client, request) || isIn(server, request));
  const edges = withNeeds(chosen, analysed.recommendation.quarantined);
  const change = changeOf(analysed, request);
  const workloads = cluster.workloads.map(verifyWorkload);
  const input = { ...change, world: policyWorldOf(cluster), workloads, edges };
  const verification = verifyPolicies(input);
  return {
    window,
    policies: { judged: change.judged.length, before: change.before, after: change.after },
    edges: edges.length,
    verification,
    otherPolicyKinds: cluster.otherPolicies ?? null,
    caveats: caveatsOf({
      window,
      observed,
      cluster,
      verification,
      heldBack: edges.filter(({ need }) => need !== 'needed' && need !== 'unanswered').length,
      silentNamespace: edges.length === 0 ? request.namespace : null,
      omitted: request.judged.kind === 'drafts' ? omittedIn(analysed.recommendation, request) : [],
      setAside: change.setAside.map(policyKey),
    }),
    explanation: request.explain === null ? null : explainConnection(input, request.explain),
  };
}

interface Change {
  readonly judged: readonly NetworkPolicy[];
  readonly setAside: readonly NetworkPolicy[];
  readonly before: readonly NetworkPolicy[];
  readonly after: readonly NetworkPolicy[];
}

function changeOf({ cluster, recommendation }: Analysed, request: VerifyRequest): Change {
  const all = policiesOf(request.judged, cluster, recommendation);
  const inScope = ({ metadata }: NetworkPolicy): boolean =>
    request.namespace === null || metadata.namespace === request.namespace;
  const judged = all.filter(inScope);
  const setAside = request.judged.kind === 'given' ? all.filter((policy) => !inScope(policy)) : [];
  if (request.judged.kind === 'in-force') {
    const before = cluster.policies.filter((policy) => !inScope(policy));
    return { judged, setAside, before, after: cluster.policies };
  }
  const namespaces =
    request.namespace === null ? judged.map(({ metadata }) => metadata.namespace) : [request.namespace];
  const mode = request.mode === 'together' ? { kind: request.mode } : { kind: request.mode, namespaces };
  return { judged, setAside, before: cluster.policies, after: policiesAfter(cluster.policies, judged, mode) };
}

function policiesOf(
  judged: JudgedPolicies,
  cluster: ClusterInfo,
  recommendation: Recommendation,
): readonly NetworkPolicy[] {
  switch (judged.kind) {
    case 'given':
      return judged.policies;
    case 'drafts':
      return recommendation.outcomes.flatMap((outcome) => (outcome.kind === 'draft' ? [outcome.policy] : []));
    case 'in-force':
      return cluster.policies;
    default:
      return judged satisfies never;
  }
}

function isIn(identity: Identity, { namespace }: VerifyRequest): boolean {
  return namespace === null || (identity.kind === 'workload' && identity.workload.namespace === namespace);
}

function omittedIn({ outcomes }: Recommendation, { namespace }: VerifyRequest): string[] {
  return outcomes
    .filter(
      ({ kind, workload }) => kind === 'omitted' && (namespace === null || workload.namespace === namespace),
    )
    .map(({ workload }) => workloadTitle(workload));
}
