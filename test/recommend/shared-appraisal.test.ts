/** A draft for several workloads is as sure as the least sure of them. */
import { expect, test } from 'vitest';
import type { Appraisal } from '../../src/recommend/appraisal.ts';
import { NO_COVERAGE } from '../../src/recommend/coverage.ts';
import { sharedAppraisal } from '../../src/recommend/shared-appraisal.ts';

const held = { edge: 'a -> b:1/tcp', reason: 'one-hour', sentence: 'once' } as const;
const blind = (names: readonly string[]) => ({ code: 'blind-nodes', sentence: 's', completedBy: 'c', names });

const first: Appraisal = {
  coverage: {
    ...NO_COVERAGE,
    pods: 1,
    podHours: 10,
    observedPodHours: 4,
    starts: { total: 2, whole: 1 },
    blindNodes: ['node-b'],
  },
  readiness: { state: 'ready' },
  unused: { ports: ['80/tcp'], services: ['z'] },
  heldBack: [held],
  caveats: [{ code: 'losses', sentence: 's', names: ['node-b'] }],
};
const second: Appraisal = {
  coverage: {
    ...NO_COVERAGE,
    pods: 2,
    podHours: 20,
    observedPodHours: 8,
    terminations: { total: 3, whole: 2 },
    olderThanAgent: true,
    blindNodes: ['node-a'],
    lossyNodes: ['node-c'],
  },
  readiness: { state: 'incomplete', reasons: [blind(['node-a'])] },
  unused: { ports: ['80/tcp', '81/tcp'], services: ['a'] },
  heldBack: [held],
  caveats: [{ code: 'losses', sentence: 's', names: ['node-a'] }],
};

test('figures are added up, names joined, and what is missing of one is missing', () => {
  expect(sharedAppraisal([first, second])).toEqual({
    coverage: {
      pods: 3,
      podHours: 30,
      observedPodHours: 12,
      starts: { total: 2, whole: 1 },
      terminations: { total: 3, whole: 2 },
      olderThanAgent: true,
      blindNodes: ['node-a', 'node-b'],
      lossyNodes: ['node-c'],
    },
    readiness: { state: 'incomplete', reasons: [blind(['node-a'])] },
    unused: { ports: ['80/tcp', '81/tcp'], services: ['a', 'z'] },
    heldBack: [held],
    caveats: [{ code: 'losses', sentence: 's', names: ['node-a', 'node-b'] }],
  });
});

test('ready are those of which all are; nobody knows how much was seen where of one nobody does', () => {
  expect(sharedAppraisal([first, first]).readiness).toEqual({ state: 'ready' });
  expect(sharedAppraisal([first, { ...second, coverage: null }]).coverage).toBeNull();
});
