import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { FakeApiServer } from '../../fake-api-server/server.ts';
import { existing, follow, historyLines, podObject, until } from './following.ts';
import type { FollowOptions, Following } from './following.ts';

let server: FakeApiServer;
let following: Following | null = null;

beforeEach(async () => {
  server = new FakeApiServer({ bookmarkMs: 60_000 });
  await server.listen();
});

afterEach(async () => {
  await following?.stop();
  following = null;
  await server.close();
});

const start = (options: FollowOptions = {}): Following => {
  following = follow(server, options);
  return following;
};

const watching = (): Promise<void> => until(() => server.watching === 1);
const codes = ({ troubles }: Following): string[] => [...new Set(troubles.map(({ code }) => code))];
const requestsOf = (verb: string): number => server.requests.filter((each) => each.verb === verb).length;

describe('a version that is no longer kept', () => {
  test.each(['status', 'stream'] as const)(
    'told by the %s leads to a list that finds every missed change',
    async (how) => {
      server.faults.expiredIn = how;
      for (const name of ['a', 'b', 'c', 'd']) server.put(podObject(`shop/${name}`, `uid-${name}`));
      const current = start();
      await watching();
      // While no watch can be opened: one goes, one comes, one changes, one is replaced under its name.
      server.faults.answers.push({ status: 500, verb: 'watch' });
      server.cutWatches();
      server.remove('Pod', 'shop', 'a');
      server.put(podObject('shop/d', 'uid-d2'));
      server.put(podObject('shop/c', undefined, { app: 'new' }));
      server.put(podObject('shop/e', 'uid-e'));
      server.compact();
      server.faults.answers = [];
      await until(
        () => current.lists.length === 2,
        () => current.troubles,
      );
      expect(current.told.slice(4).map((line) => line.split(' @')[0])).toEqual([
        'DELETED shop/a uid-a',
        'DELETED shop/d uid-d',
        'MODIFIED shop/c uid-c',
        'ADDED shop/d uid-d2',
        'ADDED shop/e uid-e',
      ]);
      expect(current.believed).toEqual(existing(server));
      // The deleted ones are told in their last known state.
      expect(current.told[4]).toBe('DELETED shop/a uid-a @1001');
      expect(current.objects[4]).toHaveProperty('status.phase', 'Running');
      expect(codes(current)).toContain('expired');
      await watching();
      server.put(podObject('shop/f', 'uid-f'));
      await until(() => current.believed.has('shop/f'));
    },
  );

  test('in the middle of a healthy watch is listed anew at once', async () => {
    const current = start({ timing: { backoffMs: [60_000, 60_000] } });
    await watching();
    server.put(podObject('shop/a', 'uid-a'));
    await until(() => current.told.length === 1);
    server.failWatches(410, 'too old resource version');
    await until(() => current.lists.length === 2);
    expect(current.troubles).toMatchObject([{ code: 'expired', retryInMs: 0 }]);
    expect(current.told).toHaveLength(1);
  });

  test('again and again is not asked for without a pause', async () => {
    server.faults.answers.push({ status: 410, verb: 'watch' });
    const current = start({ timing: { backoffMs: [30, 60_000] } });
    await until(() => current.troubles.length >= 4);
    expect(current.troubles.slice(1, 4).every(({ retryInMs }) => retryInMs >= 25)).toBe(true);
    expect(current.troubles[3]?.retryInMs).toBeGreaterThan(200);
  });
});

describe('an error in the stream that is not 410', () => {
  test('goes on at the version reached, without a list', async () => {
    server.put(podObject('shop/c', 'uid-c'));
    const current = start();
    await watching();
    server.put(podObject('shop/a', 'uid-a'));
    server.remove('Pod', 'shop', 'c');
    await until(() => current.told.length === 3);
    server.failWatches(500, 'etcd has no leader');
    server.put(podObject('shop/b', 'uid-b'));
    await until(() => current.told.length === 4);
    expect(current.told).toEqual(historyLines(server));
    expect(current.troubles).toMatchObject([{ code: 'server-error', detail: '500: etcd has no leader' }]);
    expect(requestsOf('list')).toBe(1);
    expect(server.requests.at(-1)?.query['resourceVersion']).toBe('1003');
  });
});

describe('a line that is no event', () => {
  test.each([
    '{"type":"ADDED","object":{"kind":"Pod"}}',
    'no JSON',
    '{"type":"BOOKMARK","object":{}}',
    '{"type":"NEW","object":{}}',
    '[]',
  ])('%s: the watch is opened again where it was good', async (line) => {
    const current = start();
    await watching();
    server.put(podObject('shop/a', 'uid-a'));
    server.sayOnWatches(`${line}\n`);
    await until(() => codes(current).includes('malformed'));
    server.put(podObject('shop/b', 'uid-b'));
    await until(() => current.told.length === 2);
    expect(current.told).toEqual(historyLines(server));
    expect(current.lists).toHaveLength(1);
  });

  test('coming first in every watch leads to a list, which goes past it', async () => {
    const current = start();
    await watching();
    server.put(podObject('shop/a', 'uid-a'));
    await until(() => current.told.length === 1);
    // Its answer is no event, whatever is asked, five times.
    server.faults.answers.push({ status: 200, verb: 'watch', times: 5 });
    server.cutWatches();
    await until(() => current.lists.length === 2);
    await watching();
    expect(codes(current)).toContain('malformed');
    expect(current.told).toHaveLength(1);
  });

  test('as the answer to a list is asked for again', async () => {
    server.faults.answers.push({ status: 200, verb: 'list', times: 2 });
    const current = start();
    await until(() => current.lists.length === 1);
    expect(codes(current)).toEqual(['malformed']);
  });
});

describe('a server', () => {
  test('that is away for 2 s is found again, with what happened meanwhile', async () => {
    const current = start({ timing: { backoffMs: [50, 300] } });
    server.put(podObject('shop/a', 'uid-a'));
    await watching();
    const isMissed = until(() => codes(current).includes('unreachable'));
    const away = server.away(Promise.all([sleep(2_000), isMissed]));
    server.put(podObject('shop/b', 'uid-b'));
    await away;
    await until(() => current.told.length === 2);
    expect(current.told).toEqual(historyLines(server));
    expect(current.lists).toHaveLength(1);
  });

  test('that is not there at the start is waited for', async () => {
    const back = Promise.withResolvers<void>();
    const away = server.away(back.promise);
    const current = start();
    server.put(podObject('shop/a', 'uid-a'));
    await until(() => current.troubles.length > 1);
    expect(codes(current)).toEqual(['unreachable']);
    back.resolve();
    await away;
    await until(() => current.lists.length === 1);
    expect(current.told).toEqual(historyLines(server));
  });

  test('that falls silent is left, and asked again', async () => {
    const current = start({ timing: { idleMs: 100 } });
    await watching();
    server.faults.silent = true;
    server.put(podObject('shop/a', 'uid-a'));
    await until(() => codes(current).includes('silent'));
    server.faults.silent = false;
    await until(() => current.told.length === 1);
    expect(current.told).toEqual(historyLines(server));
  });

  test('that forbids is asked rarely, says so, and is used when it allows again', async () => {
    server.faults.answers.push({ status: 403, message: 'pods is forbidden: User "x" cannot list resource' });
    const current = start({ timing: { refusedMs: 200, backoffMs: [1, 1] } });
    await until(() => current.troubles.length === 2);
    expect(current.troubles[0]).toMatchObject({
      code: 'forbidden',
      detail: '403: pods is forbidden: User "x" cannot list resource',
    });
    expect(current.troubles[0]?.retryInMs).toBeGreaterThan(150);
    server.faults.answers = [];
    await until(() => current.lists.length === 1);
  });

  test.each<[string, Record<string, string>, object]>([
    ['Retry-After in seconds', { 'retry-after': '1' }, {}],
    [
      'Retry-After as a date',
      { 'retry-after': new Date(Date.now() + 86_400_000).toUTCString() },
      { far: true },
    ],
  ])('that throttles is obeyed: %s', async (_, headers, { far }: { far?: boolean }) => {
    server.put(podObject('shop/a', 'uid-a'));
    server.faults.answers.push({ status: 429, headers, times: 1 });
    const current = start({ timing: { backoffMs: [1, 1] } });
    await until(() => current.troubles.length === 1);
    const [trouble] = current.troubles;
    expect(trouble).toMatchObject({ code: 'throttled', retryInMs: far === true ? 300_000 : 1_000 });
    if (far === true) return;
    await until(() => current.lists.length === 1);
    const [refused, listed] = server.requests.filter(({ verb }) => verb === 'list');
    expect((listed?.at ?? 0) - (refused?.at ?? 0)).toBeGreaterThanOrEqual(990);
  });

  test.each(['list', 'watch'] as const)(
    'that fails each %s for a while is asked until it does not',
    async (verb) => {
      server.faults.answers.push({ status: 503, verb, times: 3 });
      const current = start();
      await watching();
      server.put(podObject('shop/a', 'uid-a'));
      await until(() => current.told.length === 1);
      expect(codes(current)).toEqual(['server-error']);
    },
  );

  test('restored from a backup, which is behind our version, is listed anew', async () => {
    const current = start();
    await watching();
    // As a server answers whose newest version is older than ours.
    server.faults.answers.push({
      status: 504,
      verb: 'watch',
      times: 5,
      message: 'Too large resource version',
    });
    server.cutWatches();
    await until(() => current.lists.length === 2);
    await watching();
    expect(current.told).toEqual([]);
  });
});

describe('a sink that throws', () => {
  test('is reported and told the rest', async () => {
    const current = start({
      onEvent: (line) => {
        if (line.includes('uid-b')) throw new Error('a defect');
      },
    });
    await watching();
    for (const name of ['a', 'b', 'c']) server.put(podObject(`shop/${name}`, `uid-${name}`));
    await until(() => current.told.length === 2);
    expect(current.told.map((line) => line.split(' ')[1])).toEqual(['shop/a', 'shop/c']);
    expect(current.troubles).toEqual([{ code: 'handler', detail: 'a defect', retryInMs: 0 }]);
    expect(requestsOf('watch')).toBe(1);
  });
});

test('other work gets its turn during a long list', async () => {
  for (let index = 0; index < 1_000; index++) server.put(podObject(`shop/web-${index}`));
  let turns = 0;
  const tick = (): void => {
    turns++;
    ticking = setImmediate(tick);
  };
  let ticking = setImmediate(tick);
  const counts: number[] = [];
  const current = start({ timing: { pageItems: 1_000 }, onEvent: () => counts.push(turns) });
  await until(() => current.told.length === 1_000);
  clearImmediate(ticking);
  expect(new Set(counts).size).toBeGreaterThan(1);
});
