/**
 * Drafts one NetworkPolicy per workload from the edges of a learning window: sound, least and stable
 * (DESIGN section 6). A pure function of its input; it applies nothing and reads no clock.
 */
import { createPolicyName } from './policy-name.ts';
import type { Edge } from '../domain/edge.ts';
import type { Identity } from '../domain/identity.ts';
import { compareText } from '../domain/text-order.ts';
import { workloadKey, workloadTitle } from '../domain/workload.ts';
import type { LabelSelector, NetworkPolicy } from '../netpol/policy.ts';
import type { ClusterInfo, WorkloadInfo } from './cluster.ts';
import type { Caveat, Draft, DraftOutcome, DraftRule, Omission, Readiness } from './draft.ts';
import { draftingContext } from './drafting.ts';
import type { DraftingContext } from './drafting.ts';
import { egressRules } from './egress.ts';
import { ingressRules } from './ingress.ts';
import { needsOf } from './need.ts';
import type { Quarantined } from './need.ts';
import type { KnownRanges } from './outside-peers.ts';
import { policyWorldOf } from './policy-world.ts';
import { Prover } from './prove.ts';

export interface RecommendInput {
  readonly cluster: ClusterInfo;
  readonly edges: readonly Edge[];
  /** The learning window, unix ms. */
  readonly window: { readonly start: number; readonly end: number };
  readonly known: KnownRanges;
}

export interface Recommendation {
  /** One per workload that can have a policy, sorted by namespace, name and kind. */
  readonly outcomes: readonly DraftOutcome[];
  readonly quarantined: readonly Quarantined[];
}

/** Shorter windows miss what happens weekly (FIELD: 41 flows in 7 days, 5 in 3 minutes). */
const LEARNING_WINDOW_MS = 7 * 24 * 3_600_000;

export function recommend(input: RecommendInput): Recommendation {
  const { needed, quarantined } = needsOf(input.edges);
  const context = draftingContext(input.cluster, input.known);
  const prover = new Prover(policyWorldOf(input.cluster), (ref) => context.peers.workload(ref)?.pods ?? []);
  const inbound = Map.groupBy(needed, (edge) => endKey(edge.server));
  const outbound = Map.groupBy(needed, (edge) => endKey(edge.client));
  const readiness = readinessOf(input.window);
  const outcomes = input.cluster.workloads
    .filter((workload) => !workload.hostNetwork && isCurrent(workload))
    .toSorted(
      (a, b) =>
        compareText(a.ref.namespace, b.ref.namespace) ||
        compareText(a.ref.name, b.ref.name) ||
        compareText(a.ref.kind, b.ref.kind),
    )
    .map((workload) => {
      const key = workloadKey(workload.ref);
      return draftOne(
        { workload, inbound: inbound.get(key) ?? [], outbound: outbound.get(key) ?? [] },
        { context, prover, readiness },
      );
    });
  return { outcomes, quarantined };
}

interface Subject {
  readonly workload: WorkloadInfo;
  readonly inbound: readonly Edge[];
  readonly outbound: readonly Edge[];
}

function draftOne(
  subject: Subject,
  by: { context: DraftingContext; prover: Prover; readiness: Readiness },
): DraftOutcome {
  const { workload, inbound, outbound } = subject;
  const choice = by.context.peers.selectorOf(workload.ref);
  if (choice.kind === 'none')
    return omit(workload, 'not-selectable', `no selector can name it: ${choice.why}`);
  if (choice.kind === 'shared')
    return omit(
      workload,
      'selector-shared',
      `every selector of it also matches ${choice.others.map(workloadTitle).join(', ')}; give its pods a label of their own`,
    );
  const ingress = ingressRules(workload, inbound, by.context);
  const egress = egressRules(workload, outbound, by.context);
  const unnamed = [...new Set([...ingress.unnamed, ...egress.unnamed])].toSorted(compareText);
  if (unnamed.length > 0)
    return omit(
      workload,
      'peer-not-selectable',
      `it talks to ${unnamed.join(', ')}, which no selector can name`,
    );
  const policy = policyOf(workload, choice.selector, { ingress: ingress.rules, egress: egress.rules });
  const denied = by.prover.denied({ workload, policy, inbound, outbound });
  if (denied.length > 0)
    return omit(
      workload,
      'unproved',
      `the draft would deny ${denied.slice(0, 3).join(', ')}${denied.length > 3 ? ' and more' : ''}`,
    );
  const rules = [...ingress.rules, ...egress.rules];
  return {
    kind: 'draft',
    workload: workload.ref,
    policy,
    rules,
    caveats: distinctCaveats([...egress.caveats, ...rules.flatMap((rule) => rule.caveats)]),
    readiness: by.readiness,
  } satisfies Draft;
}

function policyOf(
  workload: WorkloadInfo,
  podSelector: LabelSelector,
  rules: { ingress: readonly DraftRule[]; egress: readonly DraftRule[] },
): NetworkPolicy {
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: {
      name: createPolicyName(workload.ref),
      namespace: workload.ref.namespace,
      labels: { 'app.kubernetes.io/managed-by': 'netscribe' },
    },
    spec: {
      podSelector,
      policyTypes: ['Ingress', 'Egress'],
      ingress: rules.ingress.map((rule) => ({
        ...(rule.peers === null ? {} : { from: rule.peers }),
        ports: rule.ports,
      })),
      egress: rules.egress.map((rule) => ({
        ...(rule.peers === null ? {} : { to: rule.peers }),
        ports: rule.ports,
      })),
    },
  };
}

function omit(workload: WorkloadInfo, code: string, sentence: string): Omission {
  return { kind: 'omitted', workload: workload.ref, code, sentence };
}

/** A workload whose controller is gone and whose pods have all ended needs no policy. */
function isCurrent(workload: WorkloadInfo): boolean {
  return (
    workload.templateLabels !== null || workload.selector !== null || workload.pods.some((pod) => !pod.ended)
  );
}

function readinessOf(window: RecommendInput['window']): Readiness {
  if (window.end - window.start < LEARNING_WINDOW_MS)
    return {
      state: 'incomplete',
      reasons: [{ code: 'window', sentence: 'the learning window is shorter than 7 days' }],
    };
  return {
    state: 'incomplete',
    reasons: [
      {
        code: 'not-assessed',
        sentence: 'starts, terminations and blind nodes in the window are not assessed',
      },
    ],
  };
}

function distinctCaveats(caveats: readonly Caveat[]): Caveat[] {
  return [...new Map(caveats.map((caveat) => [`${caveat.code} ${caveat.sentence}`, caveat])).entries()]
    .toSorted(([a], [b]) => compareText(a, b))
    .map(([, caveat]) => caveat);
}

function endKey(identity: Identity): string {
  return identity.kind === 'workload' ? workloadKey(identity.workload) : '';
}
