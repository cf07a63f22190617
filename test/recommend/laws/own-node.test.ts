/** Which node an outside connection enters at is chance: drafts must not tell. */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Edge } from '../../../src/domain/edge.ts';
import { workloadTitle } from '../../../src/domain/workload.ts';
import { printPolicies } from '../../../src/recommend/print-yaml.ts';
import { edge, identity } from '../../world.ts';
import { recommended } from './judge.ts';
import { randomScene } from './random-scene.ts';
import type { Scene } from './random-scene.ts';

const PARAMETERS = { numRuns: 100, seed: 20_261_122 };
const TIMEOUT = 120_000;

const CLIENTS = ['external@198.51.100.7', 'external@172.16.5.5', 'pay/api'];
const NODES = ['node:node-a@192.168.100.1', 'node:node-b@192.168.100.2', 'node:node-c@192.168.100.3'];

/** A node of the cluster, and whether it hosts the pod that serves. */
const entry = fc.record({ node: fc.constantFrom(...NODES), ownNode: fc.boolean() });

const yamlOf = (scene: Scene): string => printPolicies(recommended(scene).outcomes, { withEvidence: false });

test(
  'a NodePort entered at the own node, at another or at both is drafted in the same bytes',
  () => {
    let exposed = 0;
    const entries = fc.array(entry, { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(
        randomScene,
        fc.constantFrom(...CLIENTS),
        entries,
        entries,
        (scene, client, first, second) => {
          const { services, workloads } = scene.cluster;
          const fronts = new Set(
            services
              .filter(({ type }) => type === 'NodePort')
              .map(({ namespace, name }) => `${namespace}/${name}`),
          );
          const servers = workloads.filter(
            ({ ref, hostNetwork, pods }) =>
              // One that reaches itself by its own node is seen as itself by the next replica, by another node as that.
              fronts.has(workloadTitle(ref)) &&
              workloadTitle(ref) !== client &&
              !hostNetwork &&
              pods.length > 0,
          );
          exposed += servers.length;
          const enteredAt = (
            all: readonly (typeof entry extends fc.Arbitrary<infer T> ? T : never)[],
          ): string => {
            const edges = servers.map(({ ref }): Edge =>
              edge(`${client} -> ${ref.namespace}/${ref.kind}/${ref.name}:8080/tcp`, {
                views: all.map(({ node, ownNode }) => ({ seen: identity(node), ownNode })),
              }),
            );
            return yamlOf({ ...scene, edges: [...scene.edges, ...edges] });
          };
          expect(enteredAt(second)).toBe(enteredAt(first));
        },
      ),
      PARAMETERS,
    );
    // The law has met what it is about.
    expect(exposed).toBeGreaterThan(PARAMETERS.numRuns);
  },
  TIMEOUT,
);
