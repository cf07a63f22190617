import { describe, expect, test } from 'vitest';
import type { Edge } from '../../src/domain/edge.ts';
import { HOUR_MS } from '../../src/domain/edge.ts';
import { NO_COVERAGE } from '../../src/recommend/coverage.ts';
import type { WorkloadCoverage } from '../../src/recommend/coverage.ts';
import { readinessOf } from '../../src/recommend/readiness.ts';
import type { ReadinessInput } from '../../src/recommend/readiness.ts';
import { edge } from '../world.ts';

const DAY = 24 * HOUR_MS;
const END = 30 * DAY;

const COVERAGE: WorkloadCoverage = {
  ...NO_COVERAGE,
  pods: 2,
  starts: { total: 3, whole: 1 },
  terminations: { total: 2, whole: 1 },
};

const since = (text: string, firstSeen: number): Edge => ({ ...edge(text), firstSeen });

const INPUT: ReadinessInput = {
  window: { start: END - 7 * DAY, end: END },
  learningWindowMs: 7 * DAY,
  edges: [since('shop/web -> shop/db:5432/tcp', END - 48 * HOUR_MS)],
  exposed: new Map([['shop/Deployment/web', new Set(['8080/tcp'])]]),
  coverage: COVERAGE,
  idleCronJobs: [],
};

function codes(given: Partial<ReadinessInput>): string[] {
  const readiness = readinessOf({ ...INPUT, ...given });
  return readiness.state === 'ready' ? [] : readiness.reasons.map(({ code }) => code);
}

test('ready: a week, two quiet days, a start and a termination seen whole, nobody blind, CronJobs run', () => {
  expect(readinessOf(INPUT)).toEqual({ state: 'ready' });
});

describe('incomplete', () => {
  test.each<[string, Partial<ReadinessInput>, string[]]>([
    ['less than a week', { window: { start: END - 7 * DAY + 1, end: END } }, ['window']],
    ['less than was asked for', { learningWindowMs: 8 * DAY }, ['window']],
    [
      'less than a week, though no more was asked for',
      { window: { start: END - 2 * DAY, end: END }, learningWindowMs: 2 * DAY },
      ['window'],
    ],
    [
      'a new edge within 48 hours',
      { edges: [...INPUT.edges, since('shop/web -> shop/cart:7070/tcp', END - 48 * HOUR_MS + 1)] },
      ['new-edges'],
    ],
    ['no start', { coverage: { ...COVERAGE, starts: { total: 3, whole: 0 } } }, ['no-start-seen']],
    [
      'no termination',
      { coverage: { ...COVERAGE, terminations: { total: 2, whole: 0 } } },
      ['no-termination-seen'],
    ],
    ['a blind node', { coverage: { ...COVERAGE, blindNodes: ['node-w'] } }, ['blind-nodes']],
    ['an idle CronJob', { idleCronJobs: ['report'] }, ['cronjobs-not-run']],
    ['no pod at all', { coverage: NO_COVERAGE }, ['no-start-seen', 'no-termination-seen']],
    ['nobody knows who watched what', { coverage: null }, ['not-assessed']],
  ])('%s', (_, given, expected) => {
    expect(codes(given)).toEqual(expected);
  });

  test('says what would complete it, and names what it is about', () => {
    const blind = readinessOf({
      ...INPUT,
      coverage: { ...COVERAGE, starts: { total: 0, whole: 0 }, blindNodes: ['node-w'] },
    });
    expect(blind).toEqual({
      state: 'incomplete',
      reasons: [
        {
          code: 'no-start-seen',
          sentence: 'No start of a pod of it was observed from first to last second.',
          completedBy: 'Restart one pod.',
        },
        {
          code: 'blind-nodes',
          sentence: 'Nodes that host it are not watched by an agent.',
          completedBy: 'Run the agent there, or move its pods to watched nodes.',
          names: ['node-w'],
        },
      ],
    });
  });
});

test.each([
  [
    'another client of an exposed port',
    'external@93.184.215.1 -> shop/web:8080/tcp',
    'external@93.184.215.2 -> shop/web:8080/tcp',
  ],
  [
    'another public address on a port',
    'shop/web -> external@8.8.8.8:443/tcp',
    'shop/web -> external@9.9.9.9:443/tcp',
  ],
])('%s is no new edge', (_, old, rotated) => {
  const edges = [since(old, END - 5 * DAY), since(rotated, END - 1000)];
  expect(codes({ edges })).toEqual([]);
  expect(codes({ edges: edges.slice(1) })).toEqual(['new-edges']);
});
