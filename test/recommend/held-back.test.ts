/** What is held back, at its edges: who is known, what is rare, and what nobody answered. */
import { describe, expect, test } from 'vitest';
import type { Edge } from '../../src/domain/edge.ts';
import { edgeKeyText } from '../../src/domain/edge.ts';
import { needsOf } from '../../src/recommend/need.ts';
import type { NeedScope } from '../../src/recommend/need.ts';
import { identity } from '../world.ts';
import { DAY, seen } from './dated-edge.ts';

const exposed = new Map([['shop/Deployment/web', new Set(['8080/tcp'])]]);
const scope: NeedScope = { window: { start: 0, end: 2 * DAY }, exposed, include: new Set() };

const reasons = (edges: readonly Edge[], by = scope): string[] =>
  needsOf(edges, by).quarantined.map(({ reason }) => reason);

const unanswered = ({ hours, ...rest }: Edge): Edge => ({
  ...rest,
  hours: hours.map((hour) => ({ ...hour, answered: 0 })),
});

const many = (count: number, at: number): Edge[] =>
  Array.from({ length: count }, (_, index) => seen(`shop/web -> shop/db:${1000 + index}/tcp`, at + index));

describe('what is held back', () => {
  test('no scan is 20 that nobody answered, 21 are', () => {
    const short = { ...scope, window: { start: 0, end: DAY - 1 } };
    const found = seen('shop/web -> shop/db:5432/tcp', 0);
    expect(reasons([found, ...many(20, 0).map(unanswered)], short)).toEqual([]);
    expect(reasons([found, ...many(21, 0).map(unanswered)], short)).toEqual(['scan']);
  });

  test('a window of exactly a day is compared', () => {
    const rare = seen('shop/web -> shop/db:5432/tcp', 0, 1);
    expect(reasons([rare], { ...scope, window: { start: 0, end: DAY } })).toEqual(['one-hour']);
    expect(reasons([rare], { ...scope, window: { start: 0, end: DAY - 1 } })).toEqual([]);
  });

  test('a burst is one also of a client that was known as a server only, in whatever order edges come', () => {
    const asServer = seen('shop/cart -> shop/web:8080/tcp', 0);
    expect(reasons([asServer, ...many(21, DAY)])).toHaveLength(21);
    expect(reasons([...many(60, DAY).toReversed(), asServer])).toHaveLength(60);
  });

  test('SCTP that nobody answered is noise, as TCP is', () => {
    expect(needsOf([unanswered(seen('shop/web -> shop/db:3868/sctp', 0))], scope).unanswered).toHaveLength(1);
  });

  test('what was never held back is not said to be taken in', () => {
    const found = seen('shop/web -> shop/db:5432/tcp', 0);
    expect(needsOf([found], { ...scope, include: new Set([edgeKeyText(found)]) }).takenIn).toEqual([]);
  });

  test('one-way UDP of which nobody counted batch windows is not held against it', () => {
    expect(reasons([unanswered(seen('shop/web -> shop/db:514/udp', 0))])).toEqual([]);
  });

  test('a connection that another node made too is judged as any', () => {
    const seenAs = identity('node:node-a@192.168.100.1');
    const views = [
      { seen: seenAs, ownNode: true },
      { seen: seenAs, ownNode: false },
    ];
    const probe = (own: Edge['views']) =>
      seen('node:node-a@192.168.100.1 -> shop/web:80/tcp', 0, 1, { views: own });
    expect(reasons([probe(views)])).toEqual(['one-hour']);
    expect(reasons([probe(views.slice(0, 1))])).toEqual([]);
  });
});
