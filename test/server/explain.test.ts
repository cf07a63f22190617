/** What the API says of attribution itself: verdicts on addresses, what has no name, and what an edge rests on. */
import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { z } from 'zod';
import { buildApp } from '../../src/server/app.ts';
import { edgesPage, evidencePage } from '../../src/wire/api.ts';
import { leasesPage } from '../../src/wire/lease-verdict-json.ts';
import { problemJson } from '../../src/wire/problem.ts';
import { MAX_HOURS, printUnattributed, unattributedPage } from '../../src/wire/unattributed-json.ts';
import { HOUR, sampleSources } from './sample-sources.ts';

let app: FastifyInstance;
beforeAll(() => {
  app = buildApp(sampleSources(), { logger: false, version: '0' });
});
afterAll(() => app.close());

async function read<T extends z.ZodType>(url: string, schema: T): Promise<z.output<T>> {
  const response = await app.inject({ url });
  expect(response.statusCode, response.body).toBe(200);
  return schema.parse(response.json());
}

async function problem(url: string) {
  return problemJson.parse((await app.inject({ url })).json());
}

describe('/api/v1/leases', () => {
  test('says where each bound came from, in a code and a sentence, and null where it was not kept', async () => {
    const { items, verdict } = await read('/api/v1/leases?ip=10.0.0.7', leasesPage);
    expect(verdict).toBeNull();
    expect(items[0]?.sources).toEqual({
      from: { code: 'created', sentence: 'the object was created then' },
      heldFrom: {
        code: 'sandbox-ready',
        sentence: 'the kubelet says that the sandbox had its network by then',
      },
      heldUntil: { code: 'container-finish', sentence: 'the last container ended then' },
      until: { code: 'sandbox-gone', sentence: 'the kubelet says that the sandbox was gone by then' },
    });
    expect(items[1]?.sources).toBeNull();
    expect(items.map(({ when }) => when)).toEqual([null, null]);
  });

  test.each([
    [5700, 'ambiguous', 'several-holders', ['pod:u1:10.0.0.7:0', 'pod:u2:10.0.0.7:0']],
    [3000, 'exact', 'surely-held', ['pod:u1:10.0.0.7:0']],
    [90_000, 'unknown', 'frontier', ['pod:u2:10.0.0.7:0']],
    [-60_000, 'unknown', 'no-holder-then', []],
  ])('%d ms after the hour the verdict is %s (%s)', async (after, kind, reason, ids) => {
    const { verdict } = await read(`/api/v1/leases?ip=10.0.0.7&at=${HOUR + after}`, leasesPage);
    expect(verdict).toMatchObject({ kind, reason, leases: ids });
    expect(verdict?.sentence).toMatch(/^[A-Z].*\.$/);
  });

  test('the verdict stands on every page', async () => {
    const url = `/api/v1/leases?ip=10.0.0.7&at=${HOUR + 5700}&limit=1`;
    const first = await read(url, leasesPage);
    const second = await read(`${url}&cursor=${first.next ?? ''}`, leasesPage);
    expect([...first.items, ...second.items].map(({ when }) => when)).toEqual(['then', 'then']);
    expect([second.next, second.verdict]).toEqual([null, first.verdict]);
  });
});

describe('/api/v1/unattributed', () => {
  test('sums by reason and end, with the meaning, the hours and examples that people can read', async () => {
    const { items, unit } = await read('/api/v1/unattributed', unattributedPage);
    expect(unit).toBe('connections opened + present');
    expect(items).toMatchObject([
      {
        reason: 'no-holder-then',
        end: 'client',
        meaning: 'The address had holders, and none of them could have held it then.',
        count: 6,
        firstHour: '2026-11-03T09:00:00.000Z',
        lastHour: '2026-11-03T10:00:00.000Z',
        hours: [{ count: 4 }, { count: 2 }],
        examples: [
          { flow: '10.0.0.9 > 10.0.0.7:8080/tcp', at: '2026-11-03T09:00:12.000Z' },
          { flow: '10.0.0.9 > 10.0.0.7:8080/tcp (dialled 10.96.0.10:80, seen as 10.0.1.1)', at: null },
        ],
      },
      { reason: 'seen-as-ambiguous', count: 1, examples: [{ flow: 'fd00::9 > [fd00::7]:53/udp' }] },
    ]);
  });

  test('tells beside it what was attributed and taken back, by outcome', async () => {
    const { withdrawn } = await read('/api/v1/unattributed', unattributedPage);
    expect(withdrawn).toMatchObject([
      { outcome: 'ambiguous', count: 1, meaning: expect.stringMatching(/^Nobody can say any more/) },
      {
        outcome: 'attributed-anew',
        count: 3,
        meaning: expect.stringMatching(/^A late fact showed other ends/),
      },
    ]);
  });

  test('is filtered by reason and by time, and paged', async () => {
    const one = await read('/api/v1/unattributed?reason=seen-as-ambiguous&since=7d', unattributedPage);
    expect(one.items.map(({ reason }) => reason)).toEqual(['seen-as-ambiguous']);
    const recent = await read('/api/v1/unattributed?since=2026-11-03T10:00:00Z', unattributedPage);
    expect(recent.items.map(({ reason }) => reason)).toEqual(['no-holder-then']);
    const first = await read('/api/v1/unattributed?limit=1', unattributedPage);
    const second = await read(`/api/v1/unattributed?limit=1&cursor=${first.next ?? ''}`, unattributedPage);
    expect([first, second].flatMap(({ items }) => items.map(({ reason }) => reason))).toEqual([
      'no-holder-then',
      'seen-as-ambiguous',
    ]);
    expect(second.next).toBeNull();
  });

  test.each([
    ['reason=ambigous', 'query.reason'],
    ['since=yesterday', 'query.since'],
    ['since=0h', 'query.since'],
    ['end=client', 'query'],
  ])('%s is refused', async (query, at) => {
    expect(await problem(`/api/v1/unattributed?${query}`)).toMatchObject({ status: 400, errors: [{ at }] });
  });

  test('a row lists the newest hours of a learning window, and counts all', () => {
    const hours = Array.from({ length: MAX_HOURS + 2 }, (_, index) => ({
      hour: HOUR + index * 3_600_000,
      count: 1,
    }));
    const row = printUnattributed({ reason: 'loopback', end: 'flow', hours, examples: [] });
    expect([row.count, row.hours.length]).toEqual([MAX_HOURS + 2, MAX_HOURS]);
    expect(row.hours.at(-1)?.hour).toBe(row.lastHour);
    expect(row.firstHour).toBe('2026-11-03T09:00:00.000Z');
  });
});

describe('/api/v1/edges/evidence', () => {
  test('names leases, node, view, Service and counts of each hour of an edge, page by page', async () => {
    const { items } = await read('/api/v1/edges?limit=2', edgesPage);
    const url = `/api/v1/edges/evidence?limit=1&key=${encodeURIComponent(items[1]?.key ?? '')}`;
    const first = await read(url, evidencePage);
    expect(first.items).toEqual([
      {
        hour: '2026-11-03T09:00:00.000Z',
        clientLease: {
          id: 'pod:u2:10.0.0.7:0',
          ip: '10.0.0.7',
          title: 'pod shop/cart-1 of shop/cart',
          node: 'node-a',
        },
        serverLease: { id: 'pod:u9:10.0.0.9:0', ip: null, title: null, node: null },
        witness: 'node-a',
        view: { seen: expect.objectContaining({ title: 'shop/cart' }), ownNode: false },
        service: { namespace: 'shop', name: 'db' },
        opened: 3,
        present: 1,
        answered: 3,
        bytes: 0,
        firstSeen: '2026-11-03T09:00:01.000Z',
        lastSeen: '2026-11-03T10:01:40.000Z',
      },
    ]);
    const second = await read(`${url}&cursor=${first.next ?? ''}`, evidencePage);
    expect([second.items[0]?.hour, second.next]).toEqual(['2026-11-03T10:00:00.000Z', null]);
  });

  test('of no such edge is a 404 that says where the keys are', async () => {
    expect(await problem('/api/v1/edges/evidence?key=nope')).toMatchObject({
      status: 404,
      code: 'unknown-edge',
      hint: '/api/v1/edges lists the edges with their keys.',
    });
    expect(await problem('/api/v1/edges/evidence')).toMatchObject({
      status: 400,
      errors: [{ at: 'query.key' }],
    });
  });
});
