/** What a draft says of the policies in force is true (DESIGN section 6), as laws over random clusters, judged by the evaluator alone. */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { edgeKeyText } from '../../../src/domain/edge.ts';
import type { Edge } from '../../../src/domain/edge.ts';
import { workloadKey } from '../../../src/domain/workload.ts';
import { compilePolicies } from '../../../src/netpol/compile.ts';
import type { NetworkPolicy, NetworkPolicySpec } from '../../../src/netpol/policy.ts';
import { policiesAfter } from '../../../src/netpol/verify-change.ts';
import type { ClusterInfo, WorkloadInfo } from '../../../src/recommend/cluster.ts';
import type { Draft, DraftRule } from '../../../src/recommend/draft.ts';
import { needsOf } from '../../../src/recommend/need.ts';
import { policyWorldOf } from '../../../src/recommend/policy-world.ts';
import { draftsOf, Judge, recommended } from './judge.ts';
import { randomScene } from './random-scene.ts';
import type { Scene } from './random-scene.ts';

/** Fixed, so that a failure is the same for everybody. */
const SEED = 20_261_122;
const RUNS = 1000;
/** Milliseconds; only ends a run that hangs. */
const TIMEOUT = 600_000;

/** What people have in force: parts of drafts under the same name or another, and what they write by hand. */
const drawnPolicy = fc.record({
  draft: fc.nat({ max: 6 }),
  isNamedAlike: fc.boolean(),
  selects: fc.constantFrom('the same', 'the same', 'every pod', 'one rollout'),
  types: fc.constantFrom(['Ingress', 'Egress'] as const, ['Ingress'] as const, ['Egress'] as const),
  rules: fc.constantFrom('all', 'all', 'every other', 'anything', 'none'),
});

const sceneInForce = fc
  .record({ scene: randomScene, policies: fc.array(drawnPolicy, { maxLength: 4 }) })
  .map(({ scene: drawn, policies }): Scene => {
    const scene = { ...drawn, cluster: withLivingPods(drawn.cluster) };
    const drafts = draftsOf(recommended(scene));
    const made = policies.flatMap((each, index): NetworkPolicy[] => {
      const draft = drafts[each.draft];
      return draft === undefined ? [] : [inForce(draft.policy, { ...each, index })];
    });
    const distinct = new Map(
      [...scene.cluster.policies, ...made].map((policy) => [
        `${policy.metadata.namespace}/${policy.metadata.name}`,
        policy,
      ]),
    );
    return { ...scene, cluster: { ...scene.cluster, policies: [...distinct.values()] } };
  });

/** Policies of today mean nothing to pods that ended. */
function withLivingPods(cluster: ClusterInfo): ClusterInfo {
  const living = (workload: WorkloadInfo): WorkloadInfo => ({
    ...workload,
    pods: workload.pods.map((pod) => ({ ...pod, ended: false })),
  });
  return { ...cluster, workloads: cluster.workloads.map(living) };
}

function inForce(
  policy: NetworkPolicy,
  drawn: Omit<typeof drawnPolicy extends fc.Arbitrary<infer T> ? T : never, 'draft'> & { index: number },
): NetworkPolicy {
  const { namespace, name } = policy.metadata;
  return {
    ...policy,
    metadata: { namespace, name: drawn.isNamedAlike ? name : `by-hand-too-${drawn.index}` },
    spec: {
      podSelector: selectorOf(policy, drawn.selects),
      policyTypes: drawn.types,
      ingress: chosen(policy.spec.ingress ?? [], drawn.rules),
      egress: chosen(policy.spec.egress ?? [], drawn.rules),
    },
  };
}

function selectorOf(policy: NetworkPolicy, selects: string): NetworkPolicySpec['podSelector'] {
  const own = policy.spec.podSelector ?? {};
  if (selects === 'every pod') return {};
  return selects === 'the same'
    ? own
    : { ...own, matchLabels: { ...own.matchLabels, 'pod-template-hash': '7d4f9c6b5' } };
}

function chosen<T>(rules: readonly T[], which: string): (T | Record<string, never>)[] {
  if (which === 'anything') return [{}];
  return which === 'none' ? [] : rules.filter((_, index) => which === 'all' || index % 2 === 0);
}

const without = (draft: Draft, isDropped: (rule: DraftRule) => boolean): NetworkPolicy => {
  const rest = (direction: DraftRule['direction']): boolean[] =>
    draft.rules.filter((rule) => rule.direction === direction).map((rule) => !isDropped(rule));
  const { ingress = [], egress = [] } = draft.policy.spec;
  return {
    ...draft.policy,
    spec: {
      ...draft.policy.spec,
      ingress: (ingress ?? []).filter((_, index) => rest('ingress')[index]),
      egress: (egress ?? []).filter((_, index) => rest('egress')[index]),
    },
  };
};

test(
  'rules that are allowed already can go without denying a need, and a rule adds something exactly if policies of today deny it',
  () => {
    const seen = { adds: 0, 'carries-over': 0, 'already-allowed': 0, 'not-compared': 0 };
    fc.assert(
      fc.property(sceneInForce, (scene) => {
        const drafts = draftsOf(recommended(scene));
        const today = judgeOf(scene, scene.cluster.policies);
        for (const { direction, effect, edges } of drafts.flatMap(({ rules }) => rules)) {
          if (effect === undefined) continue;
          seen[effect] += 1;
          if (effect === 'not-compared') continue;
          const isDenied = edges.some((edge) => !allows(today, direction, edge));
          expect([direction, effect, isDenied]).toEqual([direction, effect, effect === 'adds']);
        }
        const less = drafts.map((draft) => without(draft, ({ effect }) => effect === 'already-allowed'));
        const after = judgeOf(scene, policiesAfter(scene.cluster.policies, less, { kind: 'together' }));
        const drafted = new Set(
          drafts.flatMap(({ workload, sharedWith }) => [workload, ...sharedWith].map(workloadKey)),
        );
        const denied = needsOf(scene.edges).needed.filter(
          (edge) =>
            (isOf(drafted, edge.client) && !allows(after, 'egress', edge)) ||
            (isOf(drafted, edge.server) && !allows(after, 'ingress', edge)),
        );
        expect(denied.map(edgeKeyText)).toEqual([]);
      }),
      { numRuns: RUNS, seed: SEED },
    );
    // The law has met what it is about.
    expect(Math.min(...Object.values(seen))).toBeGreaterThan(RUNS / 10);
  },
  TIMEOUT,
);

function allows(judge: Judge, direction: DraftRule['direction'], edge: Edge): boolean {
  return direction === 'egress' ? judge.egressAllows(edge) : judge.ingressAllows(edge);
}

function judgeOf({ cluster }: Scene, policies: readonly NetworkPolicy[]): Judge {
  return new Judge(cluster, compilePolicies(policies, policyWorldOf(cluster)));
}

function isOf(drafted: ReadonlySet<string>, end: Edge['client']): boolean {
  return end.kind === 'workload' && drafted.has(workloadKey(end.workload));
}
