/** What is held back, over random edges of two days: nothing is lost, nothing counts twice, and the order of edges says nothing. */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Edge } from '../../src/domain/edge.ts';
import { HOUR_MS, edgeKeyText } from '../../src/domain/edge.ts';
import { needsOf } from '../../src/recommend/need.ts';
import type { NeedScope, Needs } from '../../src/recommend/need.ts';
import { edge } from '../world.ts';

const RUNS = { numRuns: 200, seed: 20_261_122 };
const DAY = 24 * HOUR_MS;

const CLIENTS = ['shop/web', 'shop/db', 'external@93.184.215.14', 'external@10.9.9.9', 'node:a@192.168.0.1'];
const SERVERS = ['shop/db', 'shop/web', 'external@8.8.8.8', 'external@9.9.9.9', 'external@10.9.9.8'];

const drawn = fc
  .record({
    client: fc.oneof({ weight: 6, arbitrary: fc.constant('shop/web') }, fc.constantFrom(...CLIENTS)),
    server: fc.constantFrom(...SERVERS),
    port: fc.integer({ min: 8080, max: 8110 }),
    protocol: fc.constantFrom('tcp', 'udp'),
    answered: fc.nat({ max: 1 }),
    firstSeen: fc.oneof(
      fc.nat({ max: 1000 }),
      fc.integer({ min: DAY + 5, max: DAY + 700_000 }),
      fc.nat({ max: 2 * DAY }),
    ),
    moreHours: fc.nat({ max: 1 }),
    batchWindows: fc.nat({ max: 3 }),
    disputed: fc.nat({ max: 8 }).map((die) => die === 0),
  })
  .map((each): Edge => {
    const { client, server, port, protocol, answered, firstSeen, moreHours, batchWindows } = each;
    const hour = Math.floor(firstSeen / HOUR_MS) * HOUR_MS;
    const counts = { opened: 1, present: 0, answered, bytes: 0 };
    const testimony = each.disputed
      ? { agreed: 0, oneSided: 0, disputed: 1 }
      : { agreed: 1, oneSided: 0, disputed: 0 };
    return {
      ...edge(`${client} -> ${server}:${port}/${protocol}`, { testimony }),
      hours: Array.from({ length: 1 + moreHours }, (_, index) => ({
        hour: hour + index * HOUR_MS,
        ...counts,
      })),
      firstSeen,
      lastSeen: firstSeen,
      ...(protocol === 'udp' && { batchWindows }),
    };
  });

const edgesOf = fc.uniqueArray(drawn, { selector: edgeKeyText, maxLength: 150, size: 'max' });
const scopeOf = fc.boolean().map((isLong): NeedScope => ({
  window: { start: 0, end: isLong ? 2 * DAY : DAY - 1 },
  exposed: new Map([['shop/Deployment/web', new Set(['8080/tcp', '8081/udp'])]]),
  include: new Set(),
}));

const keys = (edges: readonly Edge[]): string[] => edges.map(edgeKeyText).toSorted();
const heldKeys = ({ quarantined }: Needs): string[] =>
  quarantined.map(({ edge: held, reason }) => `${reason} ${edgeKeyText(held)}`).toSorted();

test('every edge is needed, held back or unanswered, and only one of them', () => {
  const seen = new Set<string>();
  fc.assert(
    fc.property(edgesOf, scopeOf, (edges, scope) => {
      const { needed, quarantined, unanswered, takenIn } = needsOf(edges, scope);
      for (const { reason } of quarantined) seen.add(reason);
      expect(keys([...needed, ...quarantined.map((held) => held.edge), ...unanswered])).toEqual(keys(edges));
      expect(takenIn).toEqual([]);
    }),
    RUNS,
  );
  // The law has met what it is about.
  expect([...seen].toSorted()).toEqual(['burst', 'disputed', 'one-hour', 'one-way-udp', 'scan']);
});

test('the order of edges does not matter', () => {
  fc.assert(
    fc.property(edgesOf, scopeOf, (edges, scope) => {
      expect(heldKeys(needsOf(edges.toReversed(), scope))).toEqual(heldKeys(needsOf(edges, scope)));
    }),
    RUNS,
  );
});

test('what is taken in is needed, and nothing else changes', () => {
  fc.assert(
    fc.property(edgesOf, scopeOf, (edges, scope) => {
      const before = needsOf(edges, scope);
      const taken = before.quarantined.filter((_, index) => index % 2 === 0);
      const include = new Set(taken.map((held) => edgeKeyText(held.edge)));
      const after = needsOf(edges, { ...scope, include });
      expect(after.takenIn).toEqual(taken);
      expect(keys(after.needed)).toEqual(keys([...before.needed, ...taken.map((held) => held.edge)]));
      expect(after.quarantined).toEqual(before.quarantined.filter((held) => !taken.includes(held)));
    }),
    RUNS,
  );
});
