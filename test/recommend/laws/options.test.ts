/** What people choose keeps the contract: on random clusters every choice of options leaves the drafts sound. */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { edgeKeyText, HOUR_MS } from '../../../src/domain/edge.ts';
import type { Identity } from '../../../src/domain/identity.ts';
import { workloadKey } from '../../../src/domain/workload.ts';
import { printPolicies } from '../../../src/recommend/print-yaml.ts';
import { needsOf } from '../../../src/recommend/need.ts';
import { recommend } from '../../../src/recommend/recommend.ts';
import type { RecommendInput } from '../../../src/recommend/recommend.ts';
import type { DraftingOptions } from '../../../src/recommend/drafting-options.ts';
import {
  BASELINES,
  CNI_PROFILES,
  GONE_PEERS,
  GRANULARITIES,
  NODES_FALLBACKS,
  OUTSIDE_STRATEGIES,
} from '../../../src/recommend/drafting-options.ts';
import { draftsOf, judge, policiesOf, recommended } from './judge.ts';
import { randomScene } from './random-scene.ts';
import type { Scene } from './random-scene.ts';

const PARAMETERS = { numRuns: 300, seed: 20_261_122 };

const options = fc.record({
  granularity: fc.constantFrom(...GRANULARITIES),
  cni: fc.constantFrom(...CNI_PROFILES),
  outside: fc.constantFrom(...OUTSIDE_STRATEGIES),
  baseline: fc.constantFrom(...BASELINES),
  nodes: fc.constantFrom(...NODES_FALLBACKS),
  gone: fc.constantFrom(...GONE_PEERS),
  window: fc.constantFrom(null, null, HOUR_MS, 2 * HOUR_MS),
  minOpened: fc.integer({ min: 1, max: 3 }),
}) satisfies fc.Arbitrary<Partial<DraftingOptions>>;

const wholeOf = (namespace: string): string => workloadKey({ namespace, kind: 'Namespace', name: namespace });

/** Hours of the record of a scene of four hours. */
const HOURS = [0, -1, -2, -3].map((hour) => hour * HOUR_MS);

/** Scenes in which edges were seen in one hour or another, and of which a workload may be deleted since. */
const lateScene = fc.tuple(randomScene, fc.boolean()).map(([{ cluster, edges }, isDeleted]): Scene => {
  const clients = edges.flatMap(({ client, server }) =>
    client.kind === 'workload' && server.kind === 'workload' ? [workloadKey(client.workload)] : [],
  );
  const workloads = cluster.workloads.filter(({ ref }) => !isDeleted || workloadKey(ref) !== clients[0]);
  return {
    cluster: { ...cluster, workloads },
    edges: edges.map((each, index) => {
      const hours = each.hours.map((counts) => ({ ...counts, hour: HOURS[index % HOURS.length] ?? 0 }));
      return { ...each, hours };
    }),
  };
});

const inputOf = ({ cluster, edges }: Scene): RecommendInput => ({
  cluster,
  edges,
  window: { start: -4 * HOUR_MS, end: 1 },
  known: { nodeCidrs: [], controlPlaneCidrs: [] },
});

test('sound: with any options every needed edge that is not listed as left out is allowed', () => {
  const seen = { judged: 0, evidence: 0, window: 0, gone: 0, baselines: 0, namespaces: 0 };
  fc.assert(
    fc.property(lateScene, options, (scene, chosen) => {
      const result = recommend({ ...inputOf(scene), options: chosen });
      const drafts = draftsOf(result);
      const omitted = result.outcomes.filter((outcome) => outcome.kind === 'omitted');
      expect(omitted.filter(({ code }) => code === 'unproved')).toEqual([]);
      const drafted = new Set(
        drafts.flatMap((draft) => [draft.workload, ...draft.sharedWith]).map(workloadKey),
      );
      // A workload without a draft is said to have none; nothing is promised of it.
      const isDrafted = (end: Identity): boolean =>
        end.kind === 'workload' &&
        (drafted.has(workloadKey(end.workload)) || drafted.has(wholeOf(end.workload.namespace)));
      const leftOut = new Set([
        ...result.leftOut.map(({ edge }) => edgeKeyText(edge)),
        ...drafts.flatMap((draft) => draft.leftOut.map(({ edge }) => edge)),
      ]);
      for (const { reason } of [...result.leftOut, ...drafts.flatMap((draft) => draft.leftOut)])
        if (reason === 'evidence' || reason === 'window' || reason === 'gone') seen[reason] += 1;
      seen.baselines += drafts.filter(({ workload }) => workload.name === 'default-deny').length;
      seen.namespaces += drafts.filter(({ workload }) => workload.kind === 'Namespace').length;
      const set = judge(scene.cluster, policiesOf(drafts));
      for (const wanted of needsOf(scene.edges).needed) {
        if (leftOut.has(edgeKeyText(wanted))) continue;
        seen.judged += 1;
        const verdict = {
          egress: !isDrafted(wanted.client) || set.egressAllows(wanted),
          ingress: !isDrafted(wanted.server) || set.ingressAllows(wanted),
        };
        expect([edgeKeyText(wanted), verdict]).toEqual([
          edgeKeyText(wanted),
          { egress: true, ingress: true },
        ]);
      }
    }),
    PARAMETERS,
  );
  // The law has met what it is about.
  const { gone, ...often } = seen;
  expect(Math.min(...Object.values(often))).toBeGreaterThan(PARAMETERS.numRuns / 10);
  expect(gone).toBeGreaterThan(5);
}, 120_000);

test('options that ask for nothing change no byte', () => {
  fc.assert(
    fc.property(randomScene, (scene) => {
      const asked = recommend({
        ...inputOf(scene),
        options: { granularity: 'workload', exclude: [], minDays: 1 },
      });
      expect(printPolicies(asked.outcomes, { withEvidence: false })).toBe(
        printPolicies(recommended(scene).outcomes, { withEvidence: false }),
      );
    }),
    { ...PARAMETERS, numRuns: 100 },
  );
}, 120_000);
