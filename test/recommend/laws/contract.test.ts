/** The recommender's contract (DESIGN section 6) as laws over random clusters, judged by the evaluator alone. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Edge } from '../../../src/domain/edge.ts';
import { workloadKey } from '../../../src/domain/workload.ts';
import { selectorMatches } from '../../../src/netpol/selector.ts';
import { needsOf } from '../../../src/recommend/need.ts';
import { printPolicies } from '../../../src/recommend/print-yaml.ts';
import { draftedKeys, draftsOf, expectAllowed, judge, keysOf, policiesOf, recommended } from './judge.ts';
import { laterPod, randomScene } from './random-scene.ts';
import type { Scene } from './random-scene.ts';
import { withoutPort } from './without-port.ts';

/** Fixed, so that a failure is the same for everybody. */
const SEED = 20_261_122;
const RUNS = 1000;
/** Milliseconds; only ends a run that hangs. */
const TIMEOUT = 600_000;
const parameters = { numRuns: RUNS, seed: SEED };

const yamlOf = (scene: Scene): string => printPolicies(recommended(scene).outcomes, { withEvidence: false });

describe(`the contract, on ${RUNS} random clusters`, () => {
  test(
    'sound: what is needed is allowed by the draft set together with the policies in force',
    () => {
      const seen = { judged: 0, rewritten: 0, shared: 0 };
      fc.assert(
        fc.property(randomScene, (scene) => {
          const result = recommended(scene);
          const drafts = draftsOf(result);
          const drafted = draftedKeys(drafts);
          const set = judge(scene.cluster, policiesOf(drafts));
          seen.shared += drafts.filter(({ sharedWith }) => sharedWith.length > 0).length;
          for (const wanted of needsOf(scene.edges).needed) {
            seen.judged += 1;
            if (wanted.views.some((view) => view.seen.kind === 'node')) seen.rewritten += 1;
            expectAllowed(wanted, set, drafted);
          }
        }),
        parameters,
      );
      // The law has met what it is about.
      expect(Math.min(seen.judged, seen.rewritten, seen.shared)).toBeGreaterThan(RUNS / 10);
    },
    TIMEOUT,
  );

  test(
    'no draft fails its own proof, and no workload stays without an outcome',
    () => {
      fc.assert(
        fc.property(randomScene, (scene) => {
          const { outcomes } = recommended(scene);
          expect(
            outcomes.filter((outcome) => outcome.kind === 'omitted' && outcome.code === 'unproved'),
          ).toEqual([]);
          const told = new Set([
            ...outcomes.map((outcome) => workloadKey(outcome.workload)),
            ...draftedKeys(outcomes.filter((outcome) => outcome.kind === 'draft')),
          ]);
          const silent = scene.cluster.workloads.filter(
            (each) =>
              !each.hostNetwork && !told.has(workloadKey(each.ref)) && each.pods.some((pod) => !pod.ended),
          );
          expect(silent.map((each) => workloadKey(each.ref))).toEqual([]);
        }),
        parameters,
      );
    },
    TIMEOUT,
  );

  test(
    'least: without any one port of an observed rule some needed edge is denied',
    () => {
      let removed = 0;
      fc.assert(
        fc.property(randomScene, (generated) => {
          // Policies in force allow beside the drafts, and would hide what is missing.
          const scene = { ...generated, cluster: { ...generated.cluster, policies: [] } };
          const drafts = draftsOf(recommended(scene));
          const { needed } = needsOf(scene.edges);
          for (const draft of drafts) {
            for (const rule of draft.rules) {
              if (rule.basis !== 'observed') continue;
              for (const port of rule.ports.keys()) {
                removed += 1;
                const rest = drafts.map((each) =>
                  each === draft ? withoutPort(draft, rule, port) : each.policy,
                );
                const set = judge(scene.cluster, rest);
                const denies = (edge: Edge): boolean => !set.egressAllows(edge) || !set.ingressAllows(edge);
                const told = [draft.policy.metadata.name, rule.direction, rule.title, rule.ports[port]];
                expect([...told, needed.some(denies)]).toEqual([...told, true]);
              }
            }
          }
        }),
        parameters,
      );
      expect(removed).toBeGreaterThan(RUNS);
    },
    TIMEOUT,
  );

  test(
    'stable: scaling, rolling, relabelling with unstable labels, more of the same and another order change no byte',
    () => {
      fc.assert(
        fc.property(randomScene, fc.integer({ min: 1, max: 4 }), (scene, replicas) => {
          const after: Scene = {
            cluster: {
              ...scene.cluster,
              services: scene.cluster.services.toReversed(),
              workloads: scene.cluster.workloads.toReversed().map((workload) => ({
                ...workload,
                // Whoever has no pod has nothing to roll.
                pods:
                  workload.pods.length === 0 || workload.ref.namespace === 'kube-system'
                    ? workload.pods
                    : Array.from({ length: replicas }, (_, ordinal) => laterPod(workload, ordinal)),
              })),
            },
            edges: scene.edges.toReversed().map((edge) => ({
              ...edge,
              hours: edge.hours.map((hour) => ({
                ...hour,
                opened: hour.opened * 7,
                present: hour.present * 5,
                answered: hour.answered * 3,
              })),
              lastSeen: edge.lastSeen + 99,
              clientPods: { names: ['x'], count: 40 },
            })),
          };
          expect(yamlOf(after)).toBe(yamlOf(scene));
        }),
        parameters,
      );
    },
    TIMEOUT,
  );

  test(
    'proven selectors: a draft selects its own pods, those a template makes later included, and nobody else',
    () => {
      let foreign = 0;
      fc.assert(
        fc.property(randomScene, (scene) => {
          const drafts = draftsOf(recommended(scene));
          for (const draft of drafts) {
            for (const workload of scene.cluster.workloads) {
              if (workload.ref.namespace !== draft.workload.namespace || workload.hostNetwork) continue;
              const isOwn = keysOf(draft).includes(workloadKey(workload.ref));
              const pods = [
                ...workload.pods,
                ...(workload.templateLabels === null ? [] : [laterPod(workload, 7)]),
              ];
              if (!isOwn) foreign += pods.length;
              for (const pod of pods) {
                const told = [draft.policy.metadata.name, pod.name, pod.labels];
                expect([...told, selectorMatches(draft.policy.spec.podSelector, pod.labels)]).toEqual([
                  ...told,
                  isOwn,
                ]);
              }
            }
          }
        }),
        parameters,
      );
      expect(foreign).toBeGreaterThan(RUNS);
    },
    TIMEOUT,
  );

  test(
    'recommending twice gives the same bytes, also from a copy of the input',
    () => {
      fc.assert(
        fc.property(randomScene, (scene) => {
          expect(yamlOf(structuredClone(scene))).toBe(yamlOf(scene));
        }),
        parameters,
      );
    },
    TIMEOUT,
  );
});
