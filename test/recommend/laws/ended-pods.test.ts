/**
 * Laws about pods that say nothing of those to come: random clusters with pods that ended under other labels, pods on their node's
 * network beside others, and workloads that are gone. Told here once more: which pods a policy governs.
 */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { workloadKey } from '../../../src/domain/workload.ts';
import { selectorMatches } from '../../../src/netpol/selector.ts';
import type { KnownPod, WorkloadInfo } from '../../../src/recommend/cluster.ts';
import { needsOf } from '../../../src/recommend/need.ts';
import { draftedKeys, draftsOf, expectAllowed, judge, keysOf, policiesOf, recommended } from './judge.ts';
import { randomScene } from './random-scene.ts';
import type { Scene } from './random-scene.ts';

const PARAMETERS = { numRuns: 200, seed: 20_261_122 };
const TIMEOUT = 120_000;

const change = fc.record({
  /** Of a pod that ended; none if null. */
  former: fc.option(
    fc.record(
      { app: fc.constantFrom('a', 'b', 'd'), tier: fc.constantFrom('x', 'y'), old: fc.constant('o') },
      { requiredKeys: [] },
    ),
  ),
  isMixed: fc.boolean(),
  isGone: fc.integer({ min: 0, max: 5 }).map((drawn) => drawn === 0),
});
type Change = typeof change extends fc.Arbitrary<infer T> ? T : never;
const changes = fc.array(change, { minLength: 7, maxLength: 7 });

const podOf = ({ ref, pods }: WorkloadInfo, name: string, detail: Partial<KnownPod>): KnownPod => ({
  namespace: ref.namespace,
  name,
  uid: `${workloadKey(ref)} ${name}`,
  workload: ref,
  labels: pods[0]?.labels ?? {},
  ips: [],
  node: 'node-a',
  hostNetwork: false,
  ended: false,
  ports: [],
  ...detail,
});

function changed(info: WorkloadInfo, { former, isMixed, isGone }: Change): WorkloadInfo {
  const pods = [
    ...(isMixed && info.pods.length > 0 ? [podOf(info, 'on-node', { hostNetwork: true })] : []),
    ...info.pods,
    ...(former === null ? [] : [podOf(info, 'former', { labels: former, ended: true })]),
  ];
  if (!isGone) return { ...info, pods };
  return {
    ...info,
    selector: null,
    templateLabels: null,
    pods: pods.map((pod) => ({ ...pod, ended: true })),
  };
}

const scenes = fc.tuple(randomScene, changes).map(([{ cluster, edges }, drawn]): Scene => {
  const workloads = cluster.workloads.map((info, index) => {
    const each = drawn[index];
    return each === undefined ? info : changed(info, each);
  });
  return { cluster: { ...cluster, workloads }, edges };
});

/** As the cluster is now: living pods off the host network, and templates that put their pods there too. */
function governed({ cluster, edges }: Scene): Scene {
  const workloads = cluster.workloads.map((info) => {
    const living = info.pods.filter(({ ended, hostNetwork }) => !ended && !hostNetwork);
    const { templateLabels, hostNetwork } = info;
    const next =
      templateLabels === null || hostNetwork ? [] : [podOf(info, 'next', { labels: templateLabels })];
    return { ...info, pods: [...living, ...next] };
  });
  return { cluster: { ...cluster, workloads }, edges };
}

describe('with pods that ended, pods on the host network and workloads that are gone', () => {
  test(
    'a draft selects every pod that a policy governs of its workloads, and of no other; a pod without a draft has its reason told',
    () => {
      const seen = { own: 0, foreign: 0, omitted: 0 };
      fc.assert(
        fc.property(scenes, (scene) => {
          const result = recommended(scene);
          const told = new Set(result.outcomes.flatMap(keysOf));
          const now = governed(scene).cluster.workloads.filter(({ pods }) => pods.length > 0);
          expect(now.map(({ ref }) => workloadKey(ref)).filter((key) => !told.has(key))).toEqual([]);
          expect(
            result.outcomes.filter((each) => each.kind === 'omitted' && each.code === 'unproved'),
          ).toEqual([]);
          seen.omitted += result.outcomes.filter(({ kind }) => kind === 'omitted').length;
          for (const draft of draftsOf(result)) {
            const { metadata, spec } = draft.policy;
            const own = new Set(keysOf(draft));
            for (const { ref, pods } of now.filter((each) => each.ref.namespace === metadata.namespace)) {
              const isOwn = own.has(workloadKey(ref));
              seen[isOwn ? 'own' : 'foreign'] += pods.length;
              for (const { name, labels } of pods)
                expect([metadata.name, name, selectorMatches(spec.podSelector, labels)]).toEqual([
                  metadata.name,
                  name,
                  isOwn,
                ]);
            }
          }
        }),
        PARAMETERS,
      );
      // The law has met what it is about.
      expect(Math.min(...Object.values(seen))).toBeGreaterThan(PARAMETERS.numRuns / 20);
    },
    TIMEOUT,
  );

  test(
    'what is needed is allowed among the pods that policies govern',
    () => {
      let judged = 0;
      fc.assert(
        fc.property(scenes, (scene) => {
          const result = recommended(scene);
          const drafted = draftedKeys(draftsOf(result));
          const set = judge(governed(scene).cluster, policiesOf(draftsOf(result)));
          for (const wanted of needsOf(scene.edges).needed) {
            judged += 1;
            expectAllowed(wanted, set, drafted);
          }
        }),
        PARAMETERS,
      );
      expect(judged).toBeGreaterThan(PARAMETERS.numRuns);
    },
    TIMEOUT,
  );

  test(
    'a pod that ended takes no draft away',
    () => {
      let [kept, formers] = [0, 0];
      fc.assert(
        fc.property(randomScene, changes, (scene, drawn) => {
          const before = draftedKeys(draftsOf(recommended(scene)));
          const workloads = scene.cluster.workloads.map((info, index) => {
            const former = drawn[index]?.former ?? null;
            if (former !== null) formers += 1;
            return changed(info, { former, isMixed: false, isGone: false });
          });
          const after = draftedKeys(
            draftsOf(recommended({ ...scene, cluster: { ...scene.cluster, workloads } })),
          );
          kept += before.size;
          // What stands for runs is called by a label, and is none of them itself.
          expect([...before].filter((key) => !key.includes('=') && !after.has(key))).toEqual([]);
        }),
        PARAMETERS,
      );
      expect(Math.min(kept, formers)).toBeGreaterThan(PARAMETERS.numRuns);
    },
    TIMEOUT,
  );
});
