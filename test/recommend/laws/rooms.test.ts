/**
 * Laws of widths where pods, Services and nodes have addresses beside those of the outside, declared or not, public or not: what is
 * needed is allowed, no prefix holds what is of the cluster, and where its pods restart changes no byte.
 */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { cidr, cidrContains, parseCidr } from '../../../src/domain/cidr.ts';
import { ip } from '../../../src/domain/ip.ts';
import type { IpAddress } from '../../../src/domain/ip.ts';
import type { IpBlock } from '../../../src/netpol/policy.ts';
import type { ClusterInfo, WorkloadInfo } from '../../../src/recommend/cluster.ts';
import { printPolicies } from '../../../src/recommend/print-yaml.ts';
import { cluster, edge, service, workloadInfo } from '../../world.ts';
import { draftsOf, judge, policiesOf, recommended } from './judge.ts';
import type { Scene } from './random-scene.ts';

const PARAMETERS = { numRuns: 150, seed: 20_261_122 };

/** Few networks, so that all kinds of addresses meet; `#` is the host. */
const NETWORKS = ['10.0.1.#', '10.0.2.#', '35.200.1.#', '100.100.100.#', '2a05:d018:1:2::#', 'fd12:0:0:1::#'];

/** Each kind has every fourth host from its first, so that they lie between each other and one address is one thing. */
const FIRST = { pod: 4, service: 5, node: 6, outside: 7 } as const;
const HOSTS = 50;

const of = (kind: keyof typeof FIRST): fc.Arbitrary<IpAddress> =>
  fc
    .tuple(fc.constantFrom(...NETWORKS), fc.integer({ min: 0, max: HOSTS - 1 }))
    .map(([network, index]) => ip(network.replace('#', String(FIRST[kind] + 4 * index))));

const drawn = fc.record({
  pods: fc.array(of('pod'), { minLength: 1, maxLength: 4 }),
  /** How much further its pods restart, in hosts of their kind. */
  later: fc.integer({ min: 0, max: HOSTS - 1 }),
  services: fc.array(of('service'), { maxLength: 2 }),
  nodes: fc.array(of('node'), { minLength: 1, maxLength: 20 }),
  outside: fc.array(of('outside'), { maxLength: 25 }),
  isDeclared: fc.boolean(),
});

type Drawn = typeof drawn extends fc.Arbitrary<infer T> ? T : never;

function sceneOf(value: Drawn, pods: readonly IpAddress[]): Scene {
  const web = workloadInfo('shop/web', { podLabels: [{ app: 'web' }] });
  const other = workloadInfo('shop/other', { podLabels: pods.map(() => ({ app: 'other' })) });
  const placed: WorkloadInfo = {
    ...other,
    pods: other.pods.map((pod, index) => ({ ...pod, ips: pods.slice(index, index + 1) })),
  };
  const nodes = value.nodes.map((each, index) => ({
    name: `n-${index}`,
    addresses: [each],
    podCidrs: value.isDeclared && index === 0 ? [cidr('10.0.2.0/24'), cidr('35.200.1.0/24')] : [],
  }));
  const services = value.services.map((each, index) => service(`shop/s-${index}`, { clusterIps: [each] }));
  const edges = [
    ...value.outside.map((each) => edge(`shop/web -> external@${each}:443/tcp`)),
    ...nodes.map((node) => edge(`node:${node.name}@${String(node.addresses[0])} -> shop/web:9100/tcp`)),
  ];
  const distinct = new Map(edges.map((each) => [JSON.stringify([each.client, each.server]), each]));
  return { cluster: cluster([web, placed], { nodes, services }), edges: [...distinct.values()] };
}

const blocksOf = (scene: Scene): { title: string; block: IpBlock }[] =>
  draftsOf(recommended(scene)).flatMap(({ rules }) =>
    rules.flatMap(({ title, peers }) =>
      (peers ?? []).flatMap(({ ipBlock }) => (ipBlock ? [{ title, block: ipBlock }] : [])),
    ),
  );

const holds = (text: string, each: IpAddress): boolean => {
  const block = parseCidr(text);
  return block !== null && cidrContains(block, each);
};

const ownOf = ({ services, workloads }: ClusterInfo): IpAddress[] => [
  ...services.flatMap(({ clusterIps }) => clusterIps),
  ...workloads.flatMap(({ pods }) => pods.flatMap(({ ips }) => ips)),
];

test('what is needed is allowed, and no block holds a pod, a Service or what stands alone', () => {
  const seen = { judged: 0, prefixes: 0, publicBlocks: 0, beside: 0 };
  fc.assert(
    fc.property(drawn, (value) => {
      const scene = sceneOf(value, value.pods);
      const set = judge(scene.cluster, policiesOf(draftsOf(recommended(scene))));
      for (const wanted of scene.edges) {
        seen.judged += 1;
        expect([set.egressAllows(wanted), set.ingressAllows(wanted)]).toEqual([true, true]);
      }
      for (const { title, block } of blocksOf(scene)) {
        if (title === 'public addresses') seen.publicBlocks += 1;
        else if (/\/(32|128)$/.test(block.cidr)) seen.beside += 1;
        else seen.prefixes += 1;
        const isHeld = (each: IpAddress): boolean =>
          holds(block.cidr, each) && !(block.except ?? []).some((cut) => holds(cut, each));
        expect([block, ownOf(scene.cluster).filter(isHeld)]).toEqual([block, []]);
        expect([block, isHeld(ip('100.100.100.200'))]).toEqual([block, false]);
      }
    }),
    PARAMETERS,
  );
  // The law has met what it is about.
  expect(Math.min(...Object.values(seen))).toBeGreaterThan(PARAMETERS.numRuns / 10);
});

test('a pod that restarts at another address of its network, and one more beside it, change no byte', () => {
  let moved = 0;
  fc.assert(
    fc.property(drawn, (value) => {
      const [first] = value.pods;
      if (first === undefined) return;
      const later = value.pods.map((each) =>
        ip(
          each.replace(/(\d+)$/, (host) =>
            String(FIRST.pod + 4 * (((Number(host) - FIRST.pod) / 4 + value.later) % HOSTS)),
          ),
        ),
      );
      const yaml = (pods: readonly IpAddress[]): string =>
        printPolicies(recommended(sceneOf(value, pods)).outcomes, { withEvidence: false });
      moved += later.filter((each, index) => each !== value.pods[index]).length;
      expect(yaml([...later, first])).toBe(yaml(value.pods));
    }),
    PARAMETERS,
  );
  expect(moved).toBeGreaterThan(PARAMETERS.numRuns);
});
