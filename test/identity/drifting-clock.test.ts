/**
 * What is known of a node's clock moves by milliseconds from one fact to the next, and by seconds when it was first heard of in between.
 * Neither makes a new sandbox of an old one.
 */
import { expect, test } from 'vitest';
import { ip } from '../../src/domain/ip.ts';
import type { PodFact } from '../../src/identity/facts.ts';
import { LeaseBook } from '../../src/identity/lease-book.ts';
import { podFact } from '../world.ts';

const IP = '10.0.0.7';
const SECOND = 1_700_000_000_000;

/** The same words of the kubelet, read with a clock that was measured again. */
function readWithClock(fact: PodFact, offsetMs: number): PodFact {
  const moved = (at: number | null): number | null => (at === null ? null : at + offsetMs);
  return {
    ...fact,
    startedAt: moved(fact.startedAt),
    sandboxReadyAt: moved(fact.sandboxReadyAt),
    firstContainerStart: moved(fact.firstContainerStart),
    containers: [{ startedAt: moved(fact.firstContainerStart), finishedAt: null, last: null }],
    nodeOffsetMs: offsetMs,
    doubt: { apiMs: 0, nodeMs: 175 },
  };
}

test('the same words read with a slightly better clock are the same lease', () => {
  const words: PodFact = {
    ...podFact('shop/web-1', IP),
    createdAt: SECOND,
    startedAt: SECOND,
    sandboxReadyAt: SECOND + 1000,
    firstContainerStart: SECOND + 1000,
  };
  const book = new LeaseBook();
  book.observePod(readWithClock(words, -2000), SECOND + 1500);
  book.observePod(readWithClock(words, -1999), SECOND + 5000);
  book.observePod(readWithClock(words, -1950), SECOND + 9000);
  expect(book.leasesOf(ip(IP))).toHaveLength(1);
});

test('the same words read before anything was known of a clock that is 2 s ahead are the same lease', () => {
  const words: PodFact = {
    ...podFact('shop/web-1', IP),
    createdAt: SECOND,
    startedAt: SECOND,
    sandboxReadyAt: SECOND + 1000,
    firstContainerStart: SECOND + 1000,
  };
  for (const [before, after] of [
    [0, 2000],
    [2000, 0],
    [0, -2000],
  ] as const) {
    const book = new LeaseBook();
    book.observePod(readWithClock(words, before), SECOND + 3500);
    book.observePod(readWithClock(words, after), SECOND + 5000);
    expect(book.leasesOf(ip(IP))).toHaveLength(1);
  }
});

test('a second later by the same clock is another sandbox', () => {
  const words: PodFact = {
    ...podFact('shop/web-1', IP),
    createdAt: SECOND,
    startedAt: SECOND,
    sandboxReadyAt: SECOND + 1000,
    firstContainerStart: SECOND + 1000,
  };
  const restarted = { ...words, sandboxReadyAt: SECOND + 2000, firstContainerStart: SECOND + 2000 };
  const book = new LeaseBook();
  book.observePod(readWithClock(words, -2000), SECOND + 1500);
  book.observePod(readWithClock(restarted, -2020), SECOND + 5000);
  expect(book.leasesOf(ip(IP))).toHaveLength(2);
});
