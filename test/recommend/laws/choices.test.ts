/**
 * Laws of drafting options that options.test.ts cannot meet: connections left out by name, nodes that no prefix tells from pods,
 * Services judged before DNAT. What is left out is listed where it is left out, and nothing else is lost.
 */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cidr } from '../../../src/domain/cidr.ts';
import type { Edge } from '../../../src/domain/edge.ts';
import { edgeKeyText } from '../../../src/domain/edge.ts';
import type { Identity } from '../../../src/domain/identity.ts';
import { ip } from '../../../src/domain/ip.ts';
import { workloadKey } from '../../../src/domain/workload.ts';
import { selectorMatches } from '../../../src/netpol/selector.ts';
import type { Draft } from '../../../src/recommend/draft.ts';
import {
  BASELINES,
  CNI_PROFILES,
  GRANULARITIES,
  NODES_FALLBACKS,
  OUTSIDE_STRATEGIES,
} from '../../../src/recommend/drafting-options.ts';
import type { DraftingOptions } from '../../../src/recommend/drafting-options.ts';
import { parseExclusion } from '../../../src/recommend/exclusion.ts';
import { needsOf } from '../../../src/recommend/need.ts';
import { recommend } from '../../../src/recommend/recommend.ts';
import type { Recommendation } from '../../../src/recommend/recommend.ts';
import { edge, service } from '../../world.ts';
import { draftsOf, judge, policiesOf } from './judge.ts';
import { randomScene } from './random-scene.ts';
import type { Scene } from './random-scene.ts';

const PARAMETERS = { numRuns: 300, seed: 20_261_122 };
const TIMEOUT = 120_000;

/** What may be left out, and which edges that means: told here once more, by their keys alone. */
const EXCLUSIONS: Readonly<Record<string, (key: string) => boolean>> = {
  'peer=shop/web': (key) => key.includes('shop/Deployment/web:') || key.includes('shop/Deployment/web ->'),
  'workload=pay/api,peer=shop/*': (key) => key.includes(':pay/Deployment/api') && key.includes(':shop/'),
  'peer=outside': (key) => key.includes('external@'),
  'peer=apiserver,port=443': (key) => key.includes('apiserver@') && /:443\/\w+$/.test(key),
  'port=80-443/tcp': (key) => /:(80|443)\/tcp$/.test(key),
  'cidr=172.16.0.0/12': (key) => key.includes('172.16.5.'),
};

/** Ports behind each Service, which has them one higher. */
const TARGETS = [53, 80, 443, 8080, 8443, 31_000];

const chosenOptions = fc
  .record({
    granularity: fc.constantFrom(...GRANULARITIES),
    cni: fc.constantFrom(...CNI_PROFILES),
    outside: fc.constantFrom(...OUTSIDE_STRATEGIES),
    baseline: fc.constantFrom(...BASELINES),
    nodes: fc.constantFrom(...NODES_FALLBACKS),
    excluded: fc.subarray(Object.keys(EXCLUSIONS), { maxLength: 2 }),
  })
  .map(({ excluded, ...options }): Partial<DraftingOptions> => ({
    ...options,
    exclude: excluded.map(parseExclusion).filter((each) => 'text' in each),
  }));

/** Dialled by a Service of each workload; and on one port of one, more nodes than are drafted one by one, beside pods. */
const scenes = fc.tuple(randomScene, fc.boolean()).map(([{ cluster, edges }, isCrowded]): Scene => {
  const front = cluster.workloads.map(({ ref, templateLabels }, index) =>
    service(`${ref.namespace}/front-of-${ref.name}`, {
      selector: templateLabels,
      clusterIps: [ip(`10.96.1.${index + 1}`)],
      ports: TARGETS.map((port) => ({ protocol: 'tcp', port: port + 1, targetPort: port, nodePort: null })),
    }),
  );
  const dialled = edges.map((each): Edge => {
    if (each.server.kind !== 'workload') return each;
    const { namespace, name } = each.server.workload;
    return { ...each, services: [{ namespace, name: `front-of-${name}` }] };
  });
  const target = dialled.find(({ server }) => server.kind === 'workload');
  // What is exposed is open to any source, and nodes are then no matter.
  const services = [...cluster.services.filter(({ type }) => !isCrowded || type === 'ClusterIP'), ...front];
  if (!isCrowded || target === undefined) return { cluster: { ...cluster, services }, edges: dialled };
  const nodes = Array.from({ length: 9 }, (_, index): Edge => {
    const { client } = edge(`node:n-${index}@192.168.7.${index + 1} -> shop/web:1/tcp`);
    return { ...target, client, views: [{ seen: client, ownNode: false }], services: [] };
  });
  const podCidrs = [cidr('192.168.7.8/29')];
  return {
    cluster: { ...cluster, services, nodes: [...cluster.nodes, { name: 'n', addresses: [], podCidrs }] },
    edges: [...dialled, ...nodes],
  };
});

const isDialled = ({ protocol, port }: Edge): boolean => protocol === 'tcp' && TARGETS.includes(port);

const recommended = ({ cluster, edges }: Scene, options: Partial<DraftingOptions>): Recommendation =>
  recommend({
    cluster,
    edges,
    window: { start: 0, end: 1 },
    known: { nodeCidrs: [], controlPlaneCidrs: [] },
    options,
  });

/** The draft of an end; none for what is no workload, or has none. */
const draftOfEnd = (drafts: readonly Draft[], end: Identity): Draft | undefined =>
  end.kind !== 'workload'
    ? undefined
    : drafts.find(({ workload, sharedWith }) =>
        workload.kind === 'Namespace'
          ? workload.name === end.workload.namespace
          : [workload, ...sharedWith].some((ref) => workloadKey(ref) === workloadKey(end.workload)),
      );

describe('with any options', () => {
  test(
    'what is left out by name is listed at both ends, and all the rest is allowed',
    () => {
      const seen = { excluded: 0, nodes: 0, services: 0, judged: 0 };
      fc.assert(
        fc.property(scenes, chosenOptions, (scene, options) => {
          const result = recommended(scene, options);
          const drafts = draftsOf(result);
          const set = judge(scene.cluster, policiesOf(drafts));
          const texts = (options.exclude ?? []).map(({ text }) => text);
          const isExcluded = (key: string): boolean => texts.some((text) => EXCLUSIONS[text]?.(key));
          const { needed } = needsOf(scene.edges);
          expect(result.leftOut.map((each) => edgeKeyText(each.edge))).toEqual(
            needed.map(edgeKeyText).filter(isExcluded).toSorted(),
          );
          for (const wanted of needed) {
            const key = edgeKeyText(wanted);
            const client = draftOfEnd(drafts, wanted.client);
            const server = draftOfEnd(drafts, wanted.server);
            const told = [client, server].map((draft) =>
              draft?.leftOut.filter((each) => each.edge === key).map(({ reason }) => reason),
            );
            if (isExcluded(key)) {
              seen.excluded += 1;
              expect([key, told]).toEqual([key, [client, server].map((draft) => draft && ['excluded'])]);
              continue;
            }
            seen.judged += 1;
            const [atClient = [], atServer = []] = told;
            if (atClient.length + atServer.length > 0) seen.nodes += 1;
            const egress = client === undefined || atClient.length > 0 || set.egressAllows(wanted);
            const ingress = server === undefined || atServer.length > 0 || set.ingressAllows(wanted);
            expect([key, { egress, ingress }]).toEqual([key, { egress: true, ingress: true }]);
            if (options.cni !== 'aws-vpc-cni' || client === undefined) continue;
            for (const { namespace, name } of isDialled(wanted) ? wanted.services : []) {
              const front = scene.cluster.services.find(
                (each) => each.namespace === namespace && each.name === name,
              );
              for (const address of front?.clusterIps ?? []) {
                seen.services += 1;
                const before: Edge = {
                  ...wanted,
                  server: { kind: 'external', address },
                  port: wanted.port + 1,
                };
                expect([key, set.egressAllows(before)]).toEqual([key, true]);
              }
            }
          }
        }),
        PARAMETERS,
      );
      // The law has met what it is about.
      expect(Math.min(...Object.values(seen))).toBeGreaterThan(PARAMETERS.numRuns / 10);
    },
    TIMEOUT,
  );

  test(
    'a draft selects its own pods and nobody else; that of a namespace selects all of it',
    () => {
      let [foreign, whole] = [0, 0];
      fc.assert(
        fc.property(scenes, chosenOptions, (scene, options) => {
          for (const draft of draftsOf(recommended(scene, options))) {
            const own = new Set([draft.workload, ...draft.sharedWith].map(workloadKey));
            const isWhole = draft.workload.kind === 'Namespace';
            for (const { ref, pods, hostNetwork } of scene.cluster.workloads) {
              if (ref.namespace !== draft.policy.metadata.namespace || hostNetwork) continue;
              const isOwn = isWhole || own.has(workloadKey(ref));
              if (isWhole) whole += pods.length;
              else if (!isOwn) foreign += pods.length;
              for (const { name, labels } of pods) {
                const told = [draft.policy.metadata.name, name, labels];
                expect([...told, selectorMatches(draft.policy.spec.podSelector, labels)]).toEqual([
                  ...told,
                  isOwn,
                ]);
              }
            }
          }
        }),
        PARAMETERS,
      );
      expect(Math.min(foreign, whole)).toBeGreaterThan(PARAMETERS.numRuns);
    },
    TIMEOUT,
  );

  test(
    'the same input gives the same bytes, evidence included, also from a copy in another order',
    () => {
      fc.assert(
        fc.property(scenes, chosenOptions, (scene, options) => {
          const bytes = (of: Scene): string => {
            const { outcomes, leftOut } = recommended(of, options);
            return JSON.stringify([outcomes, leftOut]);
          };
          const turned = {
            cluster: { ...scene.cluster, workloads: scene.cluster.workloads.toReversed() },
            edges: scene.edges.toReversed(),
          };
          expect(bytes(structuredClone(turned))).toBe(bytes(scene));
        }),
        PARAMETERS,
      );
    },
    TIMEOUT,
  );
});
