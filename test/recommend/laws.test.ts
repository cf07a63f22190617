/** The recommender's contract as laws over random clusters (DESIGN section 6): sound, least, stable. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Edge } from '../../src/domain/edge.ts';
import { compilePolicies } from '../../src/netpol/compile.ts';
import { evaluate } from '../../src/netpol/evaluate.ts';
import type { NetworkPolicy } from '../../src/netpol/policy.ts';
import type { End } from '../../src/netpol/world.ts';
import type { ClusterInfo, WorkloadInfo } from '../../src/recommend/cluster.ts';
import type { Draft } from '../../src/recommend/draft.ts';
import { needsOf } from '../../src/recommend/need.ts';
import { printPolicies } from '../../src/recommend/print-yaml.ts';
import { recommend } from '../../src/recommend/recommend.ts';
import type { Recommendation } from '../../src/recommend/recommend.ts';
import { cluster, coredns, edge, service, workloadInfo } from '../world.ts';

const RUNS = { numRuns: 300, seed: 20_261_121 };

const NAMES = ['shop/web', 'shop/db', 'shop/cache', 'pay/api', 'pay/worker'] as const;
const OUTSIDE = [
  'external@93.184.215.14',
  'external@172.16.5.5',
  'external@172.16.5.6',
  'node:node-a@192.168.100.1',
  'apiserver@192.168.100.1',
  'external@2606:2800:220:1::5',
];

/** Labels that overlap between workloads of a namespace, so that selectors have to be told apart. */
const labelSet = fc.record(
  { app: fc.constantFrom('a', 'b', 'c'), tier: fc.constantFrom('x', 'y') },
  { requiredKeys: ['app'] },
);

const scenario = fc.record({
  labels: fc.array(labelSet, { minLength: NAMES.length, maxLength: NAMES.length }),
  exposed: fc.subarray([...NAMES]),
  edges: fc.array(
    fc.record({
      client: fc.constantFrom(...NAMES, ...OUTSIDE),
      server: fc.constantFrom(...NAMES, ...OUTSIDE, 'kube-system/coredns'),
      port: fc.constantFrom(53, 80, 443, 8080),
      protocol: fc.constantFrom('tcp', 'udp'),
      answered: fc.integer({ min: 0, max: 3 }),
      opened: fc.integer({ min: 1, max: 9 }),
    }),
    { maxLength: 25 },
  ),
});

interface Scene {
  readonly workloads: readonly WorkloadInfo[];
  readonly detail: Partial<ClusterInfo>;
  readonly edges: readonly Edge[];
}

function sceneOf(value: typeof scenario extends fc.Arbitrary<infer T> ? T : never): Scene {
  const workloads = NAMES.map((name, index) => workloadInfo(name, { labels: labelsAt(value.labels, index) }));
  const services = value.exposed.map((name) =>
    service(name, { type: 'NodePort', selector: labelsAt(value.labels, NAMES.indexOf(name)) }),
  );
  const drawn = value.edges
    .filter(({ client, server }) => client !== server && (client.includes('/') || server.includes('/')))
    .map(({ client, server, port, protocol, ...counts }) =>
      edge(`${client} -> ${server}:${port}/${protocol}`, counts),
    );
  return {
    workloads,
    detail: { services },
    edges: [
      ...new Map(
        drawn.map((each) => [JSON.stringify([each.client, each.server, each.port, each.protocol]), each]),
      ).values(),
    ],
  };
}

function labelsAt(sets: readonly Partial<Record<string, string>>[], index: number): Record<string, string> {
  return { ...sets[index] } as Record<string, string>;
}

function run(scene: Scene, edges: readonly Edge[] = scene.edges): Recommendation {
  return recommend({
    cluster: cluster(scene.workloads, scene.detail),
    edges,
    window: { start: 0, end: 1 },
    known: { nodeCidrs: [], controlPlaneCidrs: [] },
  });
}

function drafts(result: Recommendation): Draft[] {
  return result.outcomes.filter((outcome) => outcome.kind === 'draft');
}

/** Whether every pod of one end may reach every pod of the other, judged on its own side only where the other has a draft. */
function allows(scene: Scene, policies: readonly NetworkPolicy[], wanted: Edge): boolean {
  const set = compilePolicies(policies, { namespaces: new Map(), nodes: [] });
  const all = [...scene.workloads, coredns.workload];
  const ends = (identity: Edge['client']): End[] => {
    if (identity.kind !== 'workload') return [{ kind: 'address', address: identity.address }];
    const { workload } = identity;
    const info = all.find(({ ref }) => ref.namespace === workload.namespace && ref.name === workload.name);
    return (info?.pods ?? []).map((pod) => ({ kind: 'pod', pod }));
  };
  return ends(wanted.client).every((client) =>
    ends(wanted.server).every(
      (server) => evaluate(set, { client, server, protocol: wanted.protocol, port: wanted.port }).allowed,
    ),
  );
}

describe('laws of the recommender', () => {
  test('sound: every needed edge between drafted ends is allowed by the draft set', () => {
    fc.assert(
      fc.property(scenario, (value) => {
        const scene = sceneOf(value);
        const result = run(scene);
        const policies = drafts(result).map((draft) => draft.policy);
        // Only workloads that no selector tells apart may go without a draft: none for a proof that failed.
        expect(
          result.outcomes.filter(
            (outcome) => outcome.kind === 'omitted' && outcome.code !== 'selector-shared',
          ),
        ).toEqual([]);
        for (const wanted of needsOf(scene.edges).needed)
          expect([wanted, allows(scene, policies, wanted)]).toEqual([wanted, true]);
      }),
      RUNS,
    );
  });

  test('least: taking one port out of an observed rule denies an edge', () => {
    fc.assert(
      fc.property(scenario, (value) => {
        const scene = sceneOf(value);
        const all = drafts(run(scene));
        const { needed } = needsOf(scene.edges);
        for (const draft of all) {
          for (const direction of ['ingress', 'egress'] as const) {
            for (const [index, rule] of draft.rules
              .filter((each) => each.direction === direction)
              .entries()) {
              if (rule.basis !== 'observed') continue;
              for (const removed of rule.ports.keys()) {
                const others = all.filter((each) => each !== draft).map((each) => each.policy);
                const policies = [...others, withoutPort(draft.policy, { direction, index, removed })];
                expect([
                  rule.title,
                  removed,
                  needed.some((wanted) => !allows(scene, policies, wanted)),
                ]).toEqual([rule.title, removed, true]);
              }
            }
          }
        }
      }),
      { ...RUNS, numRuns: 120 },
    );
  });

  test('stable: order of input, more of the same traffic, scaling and rolling change no byte', () => {
    fc.assert(
      fc.property(scenario, fc.integer({ min: 1, max: 5 }), (value, replicas) => {
        const scene = sceneOf(value);
        const before = printPolicies(run(scene).outcomes, { withEvidence: false });
        const rolled = scene.workloads.map((each) => ({
          ...each,
          pods: Array.from({ length: replicas }, (_, index) => ({
            ...(each.pods[0] ?? never()),
            name: `${each.ref.name}-new-${index}`,
            uid: `${each.ref.name}-new-${index}`,
            labels: { ...each.templateLabels, 'pod-template-hash': `5f${index}c8` },
          })),
        }));
        const busier = scene.edges
          .map((each) => ({
            ...each,
            hours: each.hours.map((hour) => ({
              ...hour,
              opened: hour.opened * 7,
              answered: hour.answered * 3,
            })),
            lastSeen: 99,
            clientPods: { names: ['x'], count: 40 },
          }))
          .toReversed();
        const after = printPolicies(run({ ...scene, workloads: rolled.toReversed() }, busier).outcomes, {
          withEvidence: false,
        });
        expect(after).toBe(before);
      }),
      RUNS,
    );
  });

  test('exact: no draft selects a pod of another workload', () => {
    fc.assert(
      fc.property(scenario, (value) => {
        const scene = sceneOf(value);
        for (const draft of drafts(run(scene))) {
          const set = compilePolicies([draft.policy], { namespaces: new Map(), nodes: [] });
          for (const info of scene.workloads) {
            for (const pod of info.pods) {
              const verdict = evaluate(set, {
                client: { kind: 'pod', pod },
                server: { kind: 'address', address: coredns.service.clusterIps[0] ?? never() },
                protocol: 'tcp',
                port: 9,
              });
              expect(verdict.egress.isolatedBy.length > 0).toBe(
                info.ref.namespace === draft.workload.namespace && info.ref.name === draft.workload.name,
              );
            }
          }
        }
      }),
      RUNS,
    );
  });
});

function withoutPort(
  policy: NetworkPolicy,
  at: { direction: 'ingress' | 'egress'; index: number; removed: number },
): NetworkPolicy {
  const { spec } = policy;
  const trim = <R extends { readonly ports?: NonNullable<typeof spec.ingress>[number]['ports'] }>(
    rules: readonly R[],
  ): R[] =>
    rules.flatMap((rule, index) => {
      if (index !== at.index) return [rule];
      const ports = (rule.ports ?? []).filter((_, port) => port !== at.removed);
      return ports.length === 0 ? [] : [{ ...rule, ports }];
    });
  return at.direction === 'ingress'
    ? { ...policy, spec: { ...spec, ingress: trim(spec.ingress ?? []) } }
    : { ...policy, spec: { ...spec, egress: trim(spec.egress ?? []) } };
}

function never(): never {
  throw new Error('not reached');
}
