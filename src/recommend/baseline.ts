/**
 * A first policy for each namespace: no pod may do anything but ask DNS, whatever else selects it. It is drafted only
 * where every workload has a draft of its own, because it would cut the others off.
 */
import { compareText } from '../domain/text-order.ts';
import { workloadTitle } from '../domain/workload.ts';
import type { WorkloadRef } from '../domain/workload.ts';
import type { WorkloadInfo } from './cluster.ts';
import { distinctCaveats } from './distinct-caveats.ts';
import { dnsRules } from './dns-rules.ts';
import type { BareDraft, Caveat, Omission } from './draft.ts';
import { omit } from './draft-subject.ts';
import type { DraftingContext } from './drafting.ts';
import { BASELINE_POLICY_NAME } from './policy-name.ts';
import { mergeRules } from './rule-draft.ts';
import type { Subject } from './peers.ts';
import { serviceViewRules } from './service-view.ts';

/** Its outcomes stand for this workload of their namespace, which is none. */
export const BASELINE_NAME = 'default-deny';

const EVERY_POD: Caveat = {
  code: 'namespace-baseline',
  sentence:
    'every pod of the namespace is isolated, also of workloads to come: those get DNS and nothing else',
};

/** One for each namespace of these outcomes, sorted by name. */
export function baselines(
  subjects: readonly Subject[],
  outcomes: readonly (BareDraft | Omission)[],
  context: DraftingContext,
): (BareDraft | Omission)[] {
  const omitted = Map.groupBy(
    outcomes.filter(({ kind }) => kind === 'omitted'),
    ({ workload }) => workload.namespace,
  );
  const namespaces = new Set(subjects.map(({ ref }) => ref.namespace));
  return [...namespaces].toSorted(compareText).map((namespace) => {
    const ref = { namespace, kind: 'Namespace', name: BASELINE_NAME };
    const cut = (omitted.get(namespace) ?? []).map(({ workload }) => workloadTitle(workload));
    return cut.length === 0 ? baselineOf(ref, context) : wouldCut(ref, cut);
  });
}

function wouldCut(ref: WorkloadRef, cut: readonly string[]): Omission {
  return omit(
    ref,
    'baseline-would-cut',
    `a baseline would cut off ${cut.toSorted(compareText).join(', ')}, which got no draft`,
  );
}

/** Pods ask the cluster's DNS unless told otherwise (dnsPolicy ClusterFirst is the API's default). */
function podToCome({ namespace }: WorkloadRef): WorkloadInfo {
  return {
    ref: { namespace, kind: 'Pod', name: 'to-come' },
    selector: null,
    templateLabels: null,
    hostNetwork: false,
    dnsPolicy: 'ClusterFirst',
    nameservers: [],
    hostPorts: [],
    pods: [],
  };
}

function baselineOf(ref: WorkloadRef, context: DraftingContext): BareDraft {
  // What other resolvers a workload was given is its own draft's business and nobody else's.
  const dns = dnsRules({ ref, members: [podToCome(ref)] }, context);
  const views = context.options.cni === 'aws-vpc-cni' ? serviceViewRules([], dns.services, context) : [];
  const rules = mergeRules('egress', [...dns.rules, ...views], context);
  return {
    kind: 'draft',
    workload: ref,
    sharedWith: [],
    cni: context.options.cni,
    leftOut: [],
    policy: {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata: {
        name: BASELINE_POLICY_NAME,
        namespace: ref.namespace,
        labels: { 'app.kubernetes.io/managed-by': 'netscribe' },
      },
      spec: {
        podSelector: {},
        policyTypes: ['Ingress', 'Egress'],
        ingress: [],
        egress: rules.map(({ peers, ports }) => ({ ...(peers === null ? {} : { to: peers }), ports })),
      },
    },
    rules,
    caveats: distinctCaveats([EVERY_POD, ...dns.caveats, ...rules.flatMap((rule) => rule.caveats)]),
  };
}
