/** The learning window: what of the record it takes, what it leaves out, and when so much was recorded. */
import { describe, expect, test } from 'vitest';
import type { Edge } from '../../src/domain/edge.ts';
import { HOUR_MS } from '../../src/domain/edge.ts';
import { DEFAULT_DRAFTING } from '../../src/recommend/drafting-options.ts';
import { applyOptions } from '../../src/recommend/left-out.ts';
import {
  edgeWithin,
  learningWindow,
  learningWindowText,
  parseLearningWindow,
} from '../../src/recommend/learning-window.ts';
import { recommend } from '../../src/recommend/recommend.ts';
import { ruleEvidence } from '../../src/recommend/rule-evidence.ts';
import { cluster, edge, workloadInfo } from '../world.ts';

const DAY = 24 * HOUR_MS;
const RECORDED = { start: DAY + 5, end: 31 * DAY + 7 };

/** Answered in each of these hours. */
function seen(text: string, days: readonly number[], answered = 1): Edge {
  const hours = days.map((day) => ({ hour: day * DAY, opened: 1, present: 0, answered, bytes: 0 }));
  return { ...edge(text), hours, firstSeen: DAY, lastSeen: 31 * DAY };
}

describe('the text of a window', () => {
  test.each([
    ['1h', HOUR_MS],
    ['36h', 36 * HOUR_MS],
    ['14d', 14 * DAY],
    ['2w', 14 * DAY],
    ['366d', 366 * DAY],
    ['8784h', 366 * DAY],
  ])('%s is read, and printed in hours', (text, ms) => {
    expect(parseLearningWindow(text)).toBe(ms);
    expect(parseLearningWindow(learningWindowText(ms))).toBe(ms);
  });

  test.each([
    '',
    '0d',
    '7',
    'd',
    '60m',
    '-1d',
    '1.5d',
    '367d',
    '53w',
    '8785h',
    '99999h',
    '7d ',
    '٧d',
    '1e2d',
  ])('%j is refused', (text) => expect(parseLearningWindow(text)).toHaveProperty('problem'));
});

describe('of the record', () => {
  test('it is whole hours at the end', () => {
    expect(learningWindow(RECORDED, DAY)).toEqual({ start: 30 * DAY, end: RECORDED.end });
  });
  test('it is all where nothing is asked for, or more than there is', () => {
    expect(learningWindow(RECORDED, null)).toEqual(RECORDED);
    expect(learningWindow(RECORDED, 90 * DAY)).toEqual(RECORDED);
  });
  test('it is nothing where nothing is recorded', () => {
    const nothing = { start: Number.POSITIVE_INFINITY, end: Number.NEGATIVE_INFINITY };
    expect(learningWindow(nothing, DAY)).toEqual(nothing);
  });
});

describe('of an edge', () => {
  const start = 20 * DAY;
  test('it takes the hours from its start on', () => {
    expect(edgeWithin(seen('shop/web -> shop/db:1/tcp', [19, 20, 21]), start)?.hours).toEqual(
      seen('shop/web -> shop/db:1/tcp', [20, 21]).hours,
    );
  });
  test('it leaves one that is all within as it is', () => {
    const within = seen('shop/web -> shop/db:1/tcp', [20]);
    expect(edgeWithin(within, start)).toBe(within);
  });
  test.each([
    ['one that was last seen before', seen('shop/web -> shop/db:1/tcp', [19])],
    [
      'TCP that nobody answered since',
      {
        ...seen('shop/web -> shop/db:1/tcp', [19]),
        hours: [
          ...seen('shop/a -> shop/b:1/tcp', [19]).hours,
          ...seen('shop/a -> shop/b:1/tcp', [20], 0).hours,
        ],
      },
    ],
  ])('it takes nothing of %s', (_, old) => expect(edgeWithin(old, start)).toBeNull());
  test('it takes one-way UDP', () => {
    const udp = seen('shop/web -> shop/db:1/udp', [19, 20], 0);
    expect(edgeWithin(udp, start)?.hours).toHaveLength(1);
  });
});

describe('drafts', () => {
  const EDGES = [
    seen('shop/web -> shop/db:5432/tcp', [2, 29, 30]),
    seen('shop/web -> shop/db:6432/tcp', [2, 3, 4]),
  ];
  const run = (window: number | null, end = RECORDED.end) =>
    recommend({
      cluster: cluster([workloadInfo('shop/web'), workloadInfo('shop/db')], { otherPolicies: [] }),
      edges: EDGES,
      window: { start: RECORDED.start, end },
      known: { nodeCidrs: [], controlPlaneCidrs: [] },
      options: { window },
    });
  const portsOf = (result: ReturnType<typeof run>) =>
    result.outcomes.flatMap((outcome) =>
      outcome.kind === 'draft' && outcome.workload.name === 'db'
        ? (outcome.policy.spec.ingress ?? []).flatMap(({ ports }) => ports?.map(({ port }) => port) ?? [])
        : [],
    );

  test('are made from everything recorded unless a window is asked for', () => {
    expect(portsOf(run(null))).toEqual([5432, 6432]);
    expect(run(null).leftOut).toEqual([]);
    expect(portsOf(run(30 * DAY))).toEqual([5432, 6432]);
  });

  test('of a window that is as long as the record are made from everything, whenever its hours began', () => {
    const first = { ...seen('shop/web -> shop/db:7432/tcp', [1, 2]), firstSeen: RECORDED.start };
    expect(applyOptions([first], { ...DEFAULT_DRAFTING, window: 31 * DAY }, RECORDED).kept).toEqual([first]);
  });

  test('leave out what was last seen before the window, and say so; the evidence is of the window', () => {
    const result = run(7 * DAY);
    expect(portsOf(result)).toEqual([5432]);
    expect(result.leftOut.map(({ edge: { port }, reason, option }) => [port, reason, option])).toEqual([
      [6432, 'window', 'window=168h'],
    ]);
    const db = result.outcomes.find(({ workload }) => workload.name === 'db');
    if (db?.kind !== 'draft') throw new Error('no draft');
    expect(ruleEvidence(db.rules[0]?.edges ?? [])).toMatchObject({ opened: 2, daysSeen: 2, firstSeen: DAY });
    expect(db.caveats.map(({ code }) => code)).toContain('left-out');
  });

  test('are held back by all that was recorded: what was needed for a month is not rare for a short window', () => {
    const result = run(30 * HOUR_MS);
    expect(result.quarantined).toEqual([]);
    expect(portsOf(result)).toEqual([5432]);
  });

  test.each([
    ['as long as the record', 30 * DAY, RECORDED.end, false],
    ['longer than the record', 31 * DAY, RECORDED.end, true],
    ['of two days', 2 * DAY, RECORDED.end, false],
    ['that nobody asked for, of a record of a week', null, RECORDED.start + 7 * DAY, false],
    ['that nobody asked for, of a shorter record', null, RECORDED.start + 7 * DAY - 1, true],
  ])('a window %s: whether less was recorded is told', (_, window, end, short) => {
    for (const outcome of run(window, end).outcomes) {
      const codes = outcome.kind === 'draft' ? outcome.caveats.map(({ code }) => code) : [];
      expect(codes.includes('short-window')).toBe(short);
    }
  });

  test.each([
    [2 * DAY, true],
    [7 * DAY, false],
    [31 * DAY, true],
    [null, false],
  ])('a window of %j ms: whether readiness waits for it', (window, waits) => {
    for (const { readiness } of run(window).appraised) {
      const codes = readiness.state === 'ready' ? [] : readiness.reasons.map(({ code }) => code);
      expect(codes.includes('window')).toBe(waits);
    }
  });
});

test('other options count what is in the window only', () => {
  const options = { ...DEFAULT_DRAFTING, window: 7 * DAY, minDays: 2 };
  const edges = [
    seen('shop/web -> shop/db:1/tcp', [3, 4, 30]),
    seen('shop/web -> shop/db:2/tcp', [3, 29, 30]),
  ];
  const { kept, leftOut } = applyOptions(edges, options, RECORDED);
  expect(kept.map(({ port }) => port)).toEqual([2]);
  expect(leftOut.map(({ reason }) => reason)).toEqual(['evidence']);
});
