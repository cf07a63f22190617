/** Laws of rules for nodes: whatever ranges a person gives, they allow every node that was seen and no pod that was not. */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { edge, ips, workloadInfo } from '../../world.ts';
import { blockHolds } from '../../../src/recommend/addresses.ts';
import { ip } from '../../../src/domain/ip.ts';
import { drafted, draftOf } from '../drafted.ts';

/** Of two small networks, in which nodes and pods meet. */
const address = fc
  .record({ third: fc.integer({ min: 0, max: 1 }), last: fc.integer({ min: 0, max: 40 }) })
  .map(({ third, last }) => `10.0.${third}.${last}`);
const range = fc
  .record({ at: address, length: fc.integer({ min: 22, max: 32 }) })
  .map(({ at, length }) => `${at}/${length}`);

const scene = fc.record({
  nodes: fc.uniqueArray(address, { minLength: 1, maxLength: 20 }),
  pods: fc.uniqueArray(address, { maxLength: 6 }),
  nodeCidrs: fc.array(range, { maxLength: 3 }),
  option: fc.constantFrom('exact', 'any-source', 'leave-out'),
});

test('rules for nodes hold every node that was seen, no pod that was not, and no dialled node opens any destination', () => {
  fc.assert(
    fc.property(scene, ({ nodes, pods, nodeCidrs, option }) => {
      const plain = workloadInfo('shop/other', { podLabels: pods.map(() => ({ app: 'other' })) });
      const other = { ...plain, pods: plain.pods.map((pod, at) => ({ ...pod, ips: ips(pods[at] ?? '') })) };
      const edges = nodes.flatMap((each) => [
        edge(`node:n@${each} -> shop/web:9100/tcp`),
        edge(`shop/web -> node:n@${each}:10250/tcp`),
      ]);
      const result = drafted([workloadInfo('shop/web'), other], edges, {
        known: { nodeCidrs },
        options: { nodes: option },
      });
      const { rules, leftOut } = draftOf(result, 'shop/web');
      for (const direction of ['ingress', 'egress'] as const) {
        const own = rules.filter((rule) => rule.direction === direction && rule.basis === 'observed');
        const isAny = own.some(({ peers }) => peers === null);
        expect(isAny && (direction === 'egress' || option !== 'any-source')).toBe(false);
        expect(own.every(({ peers }) => peers === null || peers.length > 0)).toBe(true);
        const blocks = own.flatMap(({ peers }) => peers ?? []).flatMap(({ ipBlock }) => ipBlock ?? []);
        const holds = (text: string): boolean => blocks.some((block) => blockHolds(block, ip(text)));
        if (!isAny && leftOut.length === 0) expect(nodes.filter((each) => !holds(each))).toEqual([]);
        expect(pods.filter((each) => !nodes.includes(each) && holds(each))).toEqual([]);
      }
    }),
    { seed: 20_261_122, numRuns: 300 },
  );
});
