import { describe, expect, test } from 'vitest';
import type { Edge } from '../../src/domain/edge.ts';
import { HOUR_MS, edgeKeyText } from '../../src/domain/edge.ts';
import { needsOf } from '../../src/recommend/need.ts';
import type { NeedScope } from '../../src/recommend/need.ts';
import { edge } from '../world.ts';

const DAY = 24 * HOUR_MS;
const MINUTE = 60_000;

/** Two days, and web is exposed on 8080/tcp. */
const scope: NeedScope = {
  window: { start: 0, end: 2 * DAY },
  exposed: new Map([['shop/Deployment/web', new Set(['8080/tcp'])]]),
  include: new Set(),
};
const shortScope: NeedScope = { ...scope, window: { start: DAY, end: 2 * DAY - 1 } };

/** First seen at `at` ms, and in that hour and the next unless told otherwise. */
function seen(
  text: string,
  at: number,
  detail: Partial<Omit<Edge, 'hours'>> & { hours?: number; answered?: number } = {},
): Edge {
  const { hours = 2, answered = 1, ...rest } = detail;
  const first = Math.floor(at / HOUR_MS) * HOUR_MS;
  return {
    ...edge(text, { answered }),
    hours: Array.from({ length: hours }, (_, index) => ({
      hour: first + index * HOUR_MS,
      opened: 1,
      present: 0,
      answered,
      bytes: 0,
    })),
    firstSeen: at,
    lastSeen: first + hours * HOUR_MS,
    ...rest,
  };
}

/** `port reason` of what is held back. */
function held(edges: readonly Edge[], by: NeedScope = scope): string[] {
  return needsOf(edges, by).quarantined.map(({ edge: { port }, reason }) => `${port} ${reason}`);
}

const times = <T>(count: number, of: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => of(index));

describe('a burst', () => {
  /** shop/web is known from the start; it reaches `count` ports of db within `spread` ms, the first at `at`. */
  const burst = (count: number, at: number, spread: number): Edge[] => [
    seen('shop/web -> shop/cart:7070/tcp', 0),
    ...times(count, (index) =>
      seen(`shop/web -> shop/db:${1000 + index}/tcp`, at + Math.floor((index * spread) / (count - 1))),
    ),
  ];

  test.each([
    [
      '21 new ports within 10 minutes, a day after the client was first seen',
      burst(21, DAY, 10 * MINUTE),
      21,
    ],
    ['20 are not many', burst(20, DAY, 10 * MINUTE), 0],
    ['21 in a longer time', burst(21, DAY, 10 * MINUTE + 20), 0],
    ['21, before the client is known for a day', burst(21, DAY - 1, MINUTE), 0],
  ])('%s', (_, edges, expected) => {
    expect(held(edges)).toHaveLength(expected);
    expect(new Set(held(edges).map((text) => text.split(' ')[1]))).toEqual(
      new Set(expected > 0 ? ['burst'] : []),
    );
  });

  test('holds back only what was reached in it', () => {
    const later = seen('shop/web -> shop/db:9000/tcp', DAY + 5 * HOUR_MS);
    expect(held([...burst(40, DAY, MINUTE), later])).toHaveLength(40);
  });

  test('in a window under a day is nothing', () => {
    expect(held(burst(21, DAY, MINUTE), shortScope)).toEqual([]);
  });

  test('of public addresses on a port that the client used before is nothing: a policy names them as one', () => {
    const crawl = (port: number) =>
      times(30, (index) => seen(`shop/web -> external@93.184.${index}.9:${port}/tcp`, DAY + index * 1000));
    const before = seen('shop/web -> external@8.8.8.8:443/tcp', 0);
    expect(held([before, ...crawl(443)])).toEqual([]);
    expect(held([before, ...crawl(445)])).toHaveLength(30);
  });

  test('of a node to its own pods is nothing: they need no rule', () => {
    const client = edge('node:node-a@192.168.100.1 -> shop/web:80/tcp').client;
    const probes = times(30, (index) =>
      seen(`node:node-a@192.168.100.1 -> shop/w${index}:80/tcp`, DAY + index, {
        views: [{ seen: client, ownNode: true }],
        hours: 1,
      }),
    );
    expect(held([seen('node:node-a@192.168.100.1 -> shop/web:80/tcp', 0), ...probes])).toEqual([]);
  });
});

describe('a scan', () => {
  const scan = (at: number): Edge[] => [
    ...times(21, (index) => seen(`shop/web -> shop/db:${1000 + index}/tcp`, at, { answered: 0 })),
    seen('shop/web -> shop/db:5432/tcp', at),
  ];

  test.each([
    ['in a window under a day', scan(0), shortScope, ['5432 scan']],
    ['by a client that is known for less than a day', scan(DAY + 1), scope, ['5432 scan']],
    ['is told by bursts once the client is known for a day', scan(0), scope, []],
  ])('%s', (_, edges, by, expected) => {
    expect(held(edges, by)).toEqual(expected);
  });
});

describe('one-way UDP', () => {
  const oneWay = (port: number, batchWindows: number): Edge =>
    seen(`shop/web -> shop/db:${port}/udp`, 0, { answered: 0, batchWindows });

  test.each([
    ['in two batch windows', [oneWay(514, 2)], ['514 one-way-udp']],
    ['in three', [oneWay(514, 3)], []],
    ['to two ports of a server', [oneWay(514, 3), oneWay(515, 3)], []],
    [
      'to three',
      [oneWay(514, 3), oneWay(515, 3), oneWay(516, 3)],
      ['514 one-way-udp', '515 one-way-udp', '516 one-way-udp'],
    ],
    ['that was answered', [{ ...oneWay(514, 1), ...seen('shop/web -> shop/db:514/udp', 0) }], []],
  ])('%s', (_, edges, expected) => {
    expect(held(edges)).toEqual(expected);
    expect(held(edges, shortScope)).toEqual([]);
  });

  test('of many outside clients to an exposed port counts together', () => {
    const exposed = new Map([['shop/Deployment/syslog', new Set(['514/udp'])]]);
    const senders = times(3, (index) =>
      seen(`external@93.184.215.${index} -> shop/syslog:514/udp`, index * HOUR_MS, {
        answered: 0,
        batchWindows: 1,
        hours: 1,
      }),
    );
    expect(held(senders, { ...scope, exposed })).toEqual([]);
    expect(held(senders.slice(1), { ...scope, exposed })).toHaveLength(2);
  });
});

describe('an edge of one hour', () => {
  const once = (text: string, at = 0): Edge => seen(text, at, { hours: 1 });

  test.each([
    ['is held back', [once('shop/web -> shop/db:5432/tcp')], ['5432 one-hour']],
    ['is not when it was seen in another too', [seen('shop/web -> shop/db:5432/tcp', 0)], []],
    [
      'is not when any client of an exposed port was',
      [
        once('external@93.184.215.1 -> shop/web:8080/tcp'),
        once('external@10.9.9.9 -> shop/web:8080/tcp', HOUR_MS),
      ],
      [],
    ],
    [
      'is not when another public address was used on the port',
      [once('shop/web -> external@8.8.8.8:443/tcp'), once('shop/web -> external@9.9.9.9:443/tcp', HOUR_MS)],
      [],
    ],
    [
      'is when only another private address was',
      [once('shop/web -> external@10.9.9.8:443/tcp'), once('shop/web -> external@10.9.9.9:443/tcp', HOUR_MS)],
      ['443 one-hour', '443 one-hour'],
    ],
    [
      'is not when another node was the client',
      [once('node:a@192.168.0.1 -> shop/web:80/tcp'), once('node:b@192.168.0.2 -> shop/web:80/tcp', HOUR_MS)],
      [],
    ],
  ])('%s', (_, edges, expected) => {
    expect(held(edges)).toEqual(expected);
    expect(held(edges, shortScope)).toEqual([]);
  });
});

test('what a person takes in is needed, and said to be taken in', () => {
  const rare = seen('shop/web -> shop/db:5432/tcp', 0, { hours: 1 });
  const other = seen('shop/web -> shop/db:5433/tcp', 0, { hours: 1 });
  const needs = needsOf([rare, other], { ...scope, include: new Set([edgeKeyText(rare), 'nothing']) });
  expect(needs).toEqual({
    needed: [rare],
    quarantined: [{ edge: other, reason: 'one-hour' }],
    takenIn: [{ edge: rare, reason: 'one-hour' }],
    unanswered: [],
  });
});
