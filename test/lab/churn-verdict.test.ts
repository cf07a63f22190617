/** The judge of the churn must be able to fail: it is shown what a server that is wrong, or too careful, would have stored. */
import { describe, expect, it } from 'vitest';
import type { AttributedMoment } from '../../e2e/lab/churn-evidence.ts';
import { doubtsOf } from '../../e2e/lab/churn-doubt.ts';
import { match } from '../../e2e/lab/churn-matching.ts';
import { ChurnTruth } from '../../e2e/lab/churn-truth.ts';
import type { Dial, Ending, Tenure } from '../../e2e/lab/churn-truth.ts';
import { judgeChurn } from '../../e2e/lab/churn-verdict.ts';

const IP = '10.244.1.20';
const CLOCKS = { 'node-a': 0, 'node-b': 0 };

function tenure(workload: 'alder' | 'birch', from: number, until: number, ending: Ending | null): Tenure {
  const pod = `${workload}-1`;
  const times = { possibleFrom: from, from, startedAt: from, finishedAt: until, until, removedAt: until };
  return { ip: IP, node: 'node-a', workload, pod, ...times, ending };
}

/** From a pod of this workload to its own node's anchor, on the port that all share. */
function dial(workload: 'alder' | 'birch', at: number): Dial {
  const ends = { ip: IP, role: 'client', node: 'node-a', anchor: 'node-a', port: 7000 } as const;
  return { ...ends, workload, from: at, until: at + 5, isAnswered: true };
}

function moment(holder: string, second: number, opened = 1): AttributedMoment {
  const key = { anchor: 'node-a', ip: IP, role: 'client', protocol: 'tcp', port: 7000 } as const;
  return { ...key, holder, witness: 'node-a', start: second, end: second + 1000, opened, present: 0 };
}

/** alder hands over to birch at 20.5 s. */
function truth(...dials: Dial[]): ChurnTruth {
  const told = new ChurnTruth();
  told.tenures.push(
    tenure('alder', 1000, 20_500, { kind: 'graceful' }),
    tenure('birch', 20_500, Number.POSITIVE_INFINITY, null),
  );
  told.dials.push(...dials);
  return told;
}

function judge(told: ChurnTruth, ...moments: AttributedMoment[]): ReturnType<typeof judgeChurn> {
  return judgeChurn(told, { moments, unattributed: [], withdrawn: [], leases: [] }, doubtsOf(told, CLOCKS));
}

describe('the judge', () => {
  it('finds nothing wrong with what is right, and counts what is near a hand-over', () => {
    const told = truth(dial('alder', 10_200), dial('alder', 19_200), dial('birch', 30_100));
    const verdict = judge(told, moment('alder', 10_000), moment('alder', 19_000), moment('birch', 30_000));
    expect(verdict).toMatchObject({ connections: 3, near: 1, misattributed: 0, unsureOutside: 0, wrong: [] });
  });

  it('finds a connection that was given to the predecessor, at the hand-over and far from it', () => {
    const near = judge(truth(dial('birch', 22_100)), moment('alder', 22_000));
    expect(near).toMatchObject({ misattributed: 1 });
    const far = judge(truth(dial('birch', 40_100)), moment('alder', 40_000));
    expect(far).toMatchObject({ misattributed: 1, unsureOutside: 1 });
  });

  it('finds one connection too many of a moment that was otherwise right', () => {
    const told = truth(dial('alder', 20_100), dial('birch', 20_700));
    expect(judge(told, moment('alder', 20_000, 2))).toMatchObject({ misattributed: 1 });
  });

  it('forgives what is not named where the API leaves doubt, and nowhere else', () => {
    const verdict = judge(truth(dial('alder', 20_100), dial('alder', 10_200)));
    expect(verdict).toMatchObject({ misattributed: 0, unsureInside: 1, unsureOutside: 1 });
  });

  it('finds a presence of a workload that did nothing then', () => {
    const present = { ...moment('alder', 40_000, 0), present: 1 };
    expect(judge(truth(dial('birch', 40_100)), present, moment('birch', 40_000))).toMatchObject({
      misattributed: 1,
    });
  });
});

describe('doubt', () => {
  it('is a second and what clocks leave, where both ends were told', () => {
    expect(doubtsOf(truth(), CLOCKS)).toEqual([{ ip: IP, from: 19_650, until: 21_350 }]);
  });

  it('begins before the removal of a pod that lives on, and ends with its successor', () => {
    const told = new ChurnTruth();
    told.tenures.push(
      tenure('alder', 1000, 20_500, { kind: 'forced', removedAt: 15_000 }),
      tenure('birch', 30_200, Number.POSITIVE_INFINITY, null),
    );
    expect(doubtsOf(told, CLOCKS)).toEqual([{ ip: IP, from: 14_650, until: 31_350 }]);
  });

  it('begins with what the last words left open where a pod ended and was removed while nobody listened', () => {
    const told = truth();
    told.blind.push({ from: 19_000, until: 22_000 });
    expect(doubtsOf(told, CLOCKS)).toContainEqual({ ip: IP, from: 15_000, until: 21_350 });
    const [former] = told.tenures;
    if (former !== undefined) former.removedAt = 25_000;
    expect(doubtsOf(told, CLOCKS)).toContainEqual({ ip: IP, from: 19_650, until: 21_350 });
  });

  it('is there before the first proof of a pod that started while nobody listened', () => {
    const told = new ChurnTruth();
    told.tenures.push(
      tenure('alder', 1000, 10_000, { kind: 'graceful' }),
      tenure('birch', 20_500, Number.POSITIVE_INFINITY, null),
    );
    const isReal = ({ from, until }: { from: number; until: number }): boolean => from < until;
    expect(doubtsOf(told, CLOCKS).filter(isReal)).toEqual([]);
    told.blind.push({ from: 19_000, until: 22_000 });
    expect(doubtsOf(told, CLOCKS).filter(isReal)).toEqual([{ ip: IP, from: 19_650, until: 21_350 }]);
  });

  it('is not there between two pods of which the first was long gone', () => {
    const told = new ChurnTruth();
    told.tenures.push(
      tenure('alder', 1000, 20_500, { kind: 'graceful' }),
      tenure('birch', 30_200, Number.POSITIVE_INFINITY, null),
    );
    const [doubt] = doubtsOf(told, CLOCKS);
    expect((doubt?.from ?? 0) >= (doubt?.until ?? 0)).toBe(true);
  });
});

describe('matching', () => {
  it('is as large as can be: a moment leaves a connection that another one could take', () => {
    const connections = [
      { start: 0, end: 1 },
      { start: 900, end: 901 },
    ];
    const both = match(connections, [
      { start: 0, end: 1000, count: 1 },
      { start: 800, end: 1800, count: 1 },
    ]);
    expect(both).toEqual({ matched: [true, true], unmatched: [] });
  });

  it('takes the first connections first, and tells what stands for none', () => {
    const connections = [
      { start: 0, end: 1 },
      { start: 10, end: 11 },
    ];
    expect(match(connections, [{ start: 0, end: 1000, count: 1 }])).toEqual({
      matched: [true, false],
      unmatched: [],
    });
    expect(match(connections, [{ start: 0, end: 1000, count: 3 }])).toEqual({
      matched: [true, true],
      unmatched: [0],
    });
  });
});
