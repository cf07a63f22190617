import { describe, expect, test } from 'vitest';
import { HOUR_MS } from '../../src/domain/edge.ts';
import { coverageOf } from '../../src/recommend/coverage.ts';
import type { WorkloadCoverage } from '../../src/recommend/coverage.ts';
import type { History, PodLife, WatchedNode } from '../../src/recommend/history.ts';
import { workload } from '../world.ts';

const window = { start: 100 * HOUR_MS, end: 110 * HOUR_MS };

/** A pod of shop/web on node-a that lives in these hours after the window's start; null for one that lives on. */
function life(uid: string, from: number, until: number | null, given: Partial<PodLife> = {}): PodLife {
  const start = window.start + from * HOUR_MS;
  const end = until === null ? null : window.start + until * HOUR_MS;
  return {
    workload: workload('shop/web'),
    uid,
    node: 'node-a',
    from: start,
    heldFrom: start,
    heldUntil: end,
    until: end,
    ...given,
  };
}

/** Watched without loss in these hours after the window's start. */
function watched(node: string, ...hours: readonly (readonly [number, number])[]): WatchedNode {
  const stretches = hours.map(([start, end]) => ({
    start: window.start + start * HOUR_MS,
    end: window.start + end * HOUR_MS,
  }));
  return { node, stretches, lossy: [], newest: stretches.at(-1)?.end ?? null };
}

function covered(history: History): Partial<WorkloadCoverage> {
  return coverageOf(history, window).get('shop/Deployment/web') ?? {};
}

const WHOLE = watched('node-a', [0, 10]);

describe('pod-hours', () => {
  test.each([
    ['a pod that lives through the window', [life('a', 0, null)], [WHOLE], 10, 10],
    ['only what lies in the window counts', [life('a', -50, 15)], [WHOLE], 10, 10],
    ['two pods add up', [life('a', 0, 4), life('b', 4, null)], [WHOLE], 10, 10],
    ['two addresses of one pod are one life', [life('a', 0, 4), life('a', 1, 5)], [WHOLE], 5, 5],
    [
      'an hour in which the agent was away',
      [life('a', 0, null)],
      [watched('node-a', [0, 4], [5, 10])],
      10,
      9,
    ],
    ['a node that nobody watches', [life('a', 0, null, { node: 'node-b' })], [WHOLE], 10, 0],
    ['a pod that did not say where it is', [life('a', 0, null, { node: null })], [WHOLE], 10, 0],
    [
      'a pod of which nobody can say when it went counts while it surely was there',
      [life('a', 0, null, { heldUntil: window.start + 3 * HOUR_MS })],
      [WHOLE],
      3,
      3,
    ],
  ])('%s', (_, pods, nodes, podHours, observedPodHours) => {
    expect(covered({ pods, nodes })).toMatchObject({ podHours, observedPodHours });
  });

  test('a workload whose pods all lived at another time has none', () => {
    expect(covered({ pods: [life('a', -50, -1)], nodes: [WHOLE] })).toMatchObject({ pods: 0, podHours: 0 });
  });
});

describe('starts and terminations', () => {
  const start = window.start + 2 * HOUR_MS;
  const pod = life('a', 2, null, { heldFrom: start + 4000 });
  const gone = life('a', -50, 5, { heldUntil: window.start + 5 * HOUR_MS - 20_000 });

  /** Watched from `from` ms before an instant until `until` ms after it. */
  const around = (instant: number, from: number, until: number): WatchedNode => ({
    ...WHOLE,
    stretches: [{ start: instant - from, end: instant + until }],
  });

  test.each([
    ['a start with the minute after it', pod, around(start, 0, 64_000), 1],
    ['from a moment later', pod, around(start, -1, 64_000), 0],
    ['not to its end', pod, around(start, 0, 63_999), 0],
    ['a pod that was there before the window did not start in it', life('a', -1, null), WHOLE, 0],
    ['a pod that lived shorter', life('a', 2, 2 + 1 / 3600), around(start, 0, 1000), 1],
  ])('%s', (_, given, node, whole) => {
    expect(covered({ pods: [given], nodes: [node] }).starts?.whole).toBe(whole);
  });

  const end = window.start + 5 * HOUR_MS;
  test.each([
    ['a termination, from 30 s before the last sign of life', gone, around(end, 50_000, 0), 1, 1],
    ['from a moment later', gone, around(end, 49_999, 0), 1, 0],
    ['not to its end', gone, around(end, 50_000, -1), 1, 0],
    ['that nobody saw end', { ...gone, until: null }, WHOLE, 1, 0],
    ['a pod that lives', life('a', 0, null), WHOLE, 0, 0],
    ['a pod that ends after the window', life('a', 0, 11), WHOLE, 0, 0],
  ])('%s', (_, given, node, total, whole) => {
    expect(covered({ pods: [given], nodes: [node] }).terminations).toEqual({ total, whole });
  });
});

describe('nodes', () => {
  test.each([
    ['watched', [life('a', 0, null)], [WHOLE], []],
    ['never watched', [life('a', 0, null), life('b', 0, null, { node: 'node-b' })], [WHOLE], ['node-b']],
    ['not watched while it hosted', [life('a', 0, 2)], [watched('node-a', [3, 10])], ['node-a']],
    ['whose agent fell silent', [life('a', 0, null)], [watched('node-a', [0, 9.8])], ['node-a']],
    ['whose agent was just heard of', [life('a', 0, null)], [watched('node-a', [0, 9.9])], []],
    ['that hosts it no more and has gone', [life('a', 0, 4)], [watched('node-a', [0, 5])], []],
  ])('%s', (_, pods, nodes, blindNodes) => {
    expect(covered({ pods, nodes }).blindNodes).toEqual(blindNodes);
  });

  test('that lost events while they hosted it are named', () => {
    const lossy = [{ start: window.start + 4 * HOUR_MS, end: window.start + 5 * HOUR_MS }];
    const nodes = [
      { ...WHOLE, lossy },
      { ...watched('node-b', [0, 10]), lossy },
    ];
    const pods = [life('a', 0, null), life('b', 5, null, { node: 'node-b' })];
    expect(covered({ pods, nodes }).lossyNodes).toEqual(['node-a']);
  });
});

test.each([
  ['a pod from before its node was watched', [0.5, 10], true],
  ['a pod that came later', [-0.5, 10], false],
] as const)('%s', (_, hours, expected) => {
  const pods = [life('a', 0, null)];
  expect(covered({ pods, nodes: [watched('node-a', hours)] }).olderThanAgent).toBe(expected);
  expect(covered({ pods, nodes: [] }).olderThanAgent).toBe(false);
});

test('thousands of stretches are walked, not counted out', () => {
  const minutes = Array.from({ length: 600 }, (__, index) => [index / 60, (index + 0.5) / 60] as const);
  const pods = Array.from({ length: 500 }, (__, index) => life(`p${index}`, index / 100, null));
  const { observedPodHours = 0, podHours = 0 } = covered({ pods, nodes: [watched('node-a', ...minutes)] });
  expect(observedPodHours / podHours).toBeCloseTo(0.5, 2);
});
