import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { ip } from '../../src/domain/ip.ts';
import { LeaseBook } from '../../src/identity/lease-book.ts';
import { LeasesAtHand } from '../../src/identity/leases-at-hand.ts';
import { resolve } from '../../src/identity/resolve.ts';
import type { LeaseLookup, Question, Resolution } from '../../src/identity/resolve.ts';
import { podFact } from '../world.ts';

const ADDRESSES = ['10.244.1.1', '10.244.1.2', '10.96.0.1', '192.168.100.1', '93.184.215.14', 'fd00::7'];
const address = fc.constantFrom(...ADDRESSES);
const RANGES = { pods: new Set([ip('10.244.1.2')]), services: new Set<never>() };

/** Seconds. */
const pod = fc.record({
  address,
  name: fc.constantFrom('shop/web-1', 'shop/web-2', 'shop/db-1'),
  at: fc.integer({ min: 0, max: 90 }),
  /** Removed without a word, so that nobody knows whether it lives on, when it is not told gone before. */
  goneAfter: fc.option(fc.integer({ min: 1, max: 40 })),
  isGraceful: fc.boolean(),
});

const question = fc
  .record({
    ip: address.map(ip),
    port: fc.constantFrom(null, 80, 443),
    start: fc.integer({ min: -5_000, max: 130_000 }),
    length: fc.integer({ min: 1, max: 30_000 }),
  })
  .map(({ ip: asked, port, start, length }): Question => ({
    observer: 'node-a',
    ip: asked,
    port,
    protocol: 'tcp',
    interval: { start, end: start + length },
  }));

test('answers are those of the book, within its time and beyond', () => {
  const kinds = new Map<string, number>();
  fc.assert(
    fc.property(
      fc.array(pod, { maxLength: 12 }),
      fc.array(question, { minLength: 40, maxLength: 80 }),
      fc.tuple(fc.integer({ min: 0, max: 100_000 }), fc.integer({ min: 0, max: 100_000 })),
      (pods, questions, [start, length]) => {
        const book = bookOf(pods);
        const atHand = new LeasesAtHand(book, { start, end: start + length });
        for (const each of questions) {
          const answer = resolve(book, RANGES, each);
          kinds.set(answer.kind, (kinds.get(answer.kind) ?? 0) + 1);
          expect(said(resolve(atHand, RANGES, each))).toEqual(said(answer));
          expect(textOf(atHand, each)).toEqual(textOf(book, each));
        }
      },
    ),
    { numRuns: 200, seed: 3 },
  );
  // None of the answers was compared too seldom to tell.
  for (const kind of ['exact', 'ambiguous', 'unknown', 'outside'])
    expect(kinds.get(kind), kind).toBeGreaterThan(200);
});

function bookOf(pods: readonly (typeof pod extends fc.Arbitrary<infer T> ? T : never)[]): LeaseBook {
  const book = new LeaseBook();
  book.observeNode({ name: 'node-a', uid: 'node-a', createdAt: 20_000, ips: [ip('192.168.100.1')] }, 20_000);
  book.observeService(
    {
      namespace: 'shop',
      name: 'web',
      uid: 'service',
      createdAt: 10_000,
      ips: [ip('10.96.0.1')],
      ports: [{ protocol: 'tcp', port: 80 }],
      nodePorts: [],
    },
    10_000,
  );
  for (const [index, { address: at, ...told }] of pods.entries()) {
    const fact = { ...podFact(told.name, at, { at: told.at, node: 'node-a' }), uid: `uid-${index}` };
    const observedAt = told.at * 1000 + 3000;
    book.observePod(fact, observedAt);
    if (told.goneAfter === null) continue;
    const goneAt = observedAt + told.goneAfter * 1000;
    if (told.isGraceful)
      book.observePod({ ...fact, sandboxGoneAt: goneAt, deletion: { at: goneAt, graceS: 1 } }, goneAt);
    book.removePod(fact.uid, goneAt);
  }
  book.unwatched(60_000, 65_000);
  return book;
}

/** Leases by what is read of them. */
function said(resolution: Resolution): unknown {
  switch (resolution.kind) {
    case 'exact':
      return { exact: resolution.lease.id };
    case 'ambiguous':
      return { ambiguous: resolution.candidates.map(({ id }) => id) };
    case 'unknown':
    case 'outside':
      return resolution;
    default:
      return resolution satisfies never;
  }
}

function textOf(book: LeaseLookup, { ip: asked, interval }: Question): unknown {
  return {
    during: book.leasesDuring(asked, interval).map(({ id, from, heldFrom, heldUntil, until }) => {
      return [id, from, heldFrom, heldUntil, until];
    }),
    only: book.onlyPodDuring(asked, interval)?.id ?? null,
  };
}
