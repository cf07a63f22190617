/** When a pod's lease ends, and when nobody can say. */
import { describe, expect, test } from 'vitest';
import { ip } from '../../src/domain/ip.ts';
import type { PodFact } from '../../src/identity/facts.ts';
import { LeaseBook } from '../../src/identity/lease-book.ts';
import { podFact } from '../world.ts';

const S = 1000;
const A = '10.244.1.30';
const running = podFact('shop/web-1', A, {
  containers: [{ startedAt: 12 * S, finishedAt: null, last: null }],
  firstContainerStart: 12 * S,
});
const ended = {
  containers: [{ startedAt: 12 * S, finishedAt: 40 * S, last: null }],
  lastContainerFinish: 40 * S,
};
/** As the kubelet leaves it: containers ended, deleted with the grace used up. */
const deletedBy = (graceS: number): Partial<PodFact> => ({ deletion: { at: 60 * S, graceS } });

function endOf(...facts: readonly PodFact[]): (number | string | null)[] {
  const book = new LeaseBook();
  for (const [index, fact] of facts.entries()) book.observePod(fact, (20 + 10 * index) * S);
  book.removePod('web-1', 70 * S);
  const [lease] = book.leasesOf(ip(A));
  return [lease?.heldUntil ?? null, lease?.until ?? null, lease?.sources?.until ?? null];
}

describe('the removal of the object', () => {
  test.each<[string, readonly PodFact[], (number | string | null)[]]>([
    [
      'ends the lease of a pod that was asked to end and did, whatever grace its last object shows',
      [
        { ...running, ...deletedBy(30) },
        { ...running, ...ended, ...deletedBy(0) },
      ],
      [40 * S, 70 * S, 'removed'],
    ],
    [
      'does not when its containers are said to run',
      [{ ...running, ...deletedBy(30) }],
      [30 * S, null, null],
    ],
    ['does not when it was forced', [{ ...running, ...ended, ...deletedBy(0) }], [40 * S, null, null]],
    [
      'does not when its node was dead',
      [{ ...running, ...ended, ...deletedBy(30), nodeIsAlive: false }],
      [40 * S, null, null],
    ],
  ])('%s', (_, facts, expected) => {
    expect(endOf(...facts)).toEqual(expected);
  });
});

describe('a finished pod', () => {
  const finished = { ...running, ...ended, phase: 'Succeeded' as const };
  const until = (fact: PodFact): number | null => {
    const book = new LeaseBook();
    book.observePod(fact, 50 * S);
    book.observePod(fact, 90 * S);
    return book.leasesOf(ip(A))[0]?.until ?? null;
  };
  test('is gone 60 s after we saw the phase first', () => expect(until(finished)).toBe(110 * S));
  test('is not when its node was dead', () => expect(until({ ...finished, nodeIsAlive: false })).toBeNull());
  test('is not when only its phase says so: others than the kubelet set it', () =>
    expect(until({ ...running, phase: 'Failed' })).toBeNull());
  test('that is seen first long after its successor came does not close the successor', () => {
    const book = new LeaseBook();
    book.observePod(podFact('shop/next-1', A, { at: 100 }), 120 * S);
    book.observePod(finished, 500 * S);
    expect(book.leasesOf(ip(A)).map(({ until: end }) => end)).toEqual([102 * S, null]);
  });
});

test('a condition that stayed False while the pod ran and ended says nothing of its end', () => {
  const book = new LeaseBook();
  book.observePod(
    { ...running, ...ended, sandboxReadyAt: null, sandboxGoneAt: 10 * S, phase: 'Succeeded' },
    50 * S,
  );
  expect(book.leasesOf(ip(A))[0]).toMatchObject({ until: 110 * S, sources: { until: 'finished-60s' } });
});

test.each<[string, number, number, (number | string)[]]>([
  ['that turned False in the second of the last finish tells of the end', 40, 40, [41 * S, 'sandbox-gone']],
  [
    'that turned False after the start, before what finished last, does not',
    39,
    40,
    [110 * S, 'finished-60s'],
  ],
  ['that turned False in the second of the start does not', 12, 12, [110 * S, 'finished-60s']],
])('of a pod that was told only when it had ended, a condition %s', (_, gone, finish, expected) => {
  const book = new LeaseBook();
  const all = {
    containers: [{ startedAt: 12 * S, finishedAt: finish * S, last: null }],
    lastContainerFinish: finish * S,
  };
  book.observePod(
    { ...running, ...all, sandboxReadyAt: null, sandboxGoneAt: gone * S, phase: 'Succeeded' },
    50 * S,
  );
  const [lease] = book.leasesOf(ip(A));
  expect([lease?.until, lease?.sources?.until]).toEqual(expected);
});

test('what is not known of clocks widens the outer bounds and narrows the inner ones', () => {
  const book = new LeaseBook();
  const doubt = { apiMs: 100, nodeMs: 300 };
  book.observePod({ ...running, ...ended, startedAt: 11 * S, sandboxGoneAt: 45 * S, doubt }, 50 * S);
  expect(book.leasesOf(ip(A))[0]).toMatchObject({
    from: 10_700,
    heldFrom: 12_300,
    heldUntil: 39_700,
    until: 46_300,
  });
});

test('two pods within one second leave it open who came first, and who stays is known when the other ends', () => {
  const book = new LeaseBook();
  const quick = podFact('shop/quick-1', A, { at: 10, sandboxReadyAt: 10 * S });
  const slow = podFact('shop/slow-1', A, { at: 10, sandboxReadyAt: 10 * S });
  book.observePod(slow, 12 * S);
  book.observePod(
    { ...quick, phase: 'Succeeded', sandboxGoneAt: 10 * S, lastContainerFinish: 10 * S },
    13 * S,
  );
  const leases = new Map(
    book.leasesOf(ip(A)).map(({ holder, until }) => ['name' in holder && holder.name, until]),
  );
  expect(leases).toEqual(
    new Map([
      ['quick-1', 11 * S],
      ['slow-1', null],
    ]),
  );
});
