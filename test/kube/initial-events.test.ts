/** Everything that exists, asked for as a watch's initial events: what they tell, and when a list is asked for instead. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { FakeApiServer } from '../fake-api-server/server.ts';
import { existing, follow, historyLines, podObject, until } from './watch/following.ts';
import type { FollowOptions, Following } from './watch/following.ts';

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

function start(options: FollowOptions = {}): Following {
  following = follow(server, { refreshBy: 'initial-events', ...options });
  return following;
}

/** Each request, as in `initial`, `list` or `watch`. */
function asked(): string[] {
  return server.requests.map(({ verb, query }) =>
    verb === 'watch' && query['sendInitialEvents'] === 'true' ? 'initial' : verb,
  );
}

describe('initial events', () => {
  test('tell what exists, once, and the same watch goes on with what happens', async () => {
    for (const name of ['a', 'b', 'c']) server.put(podObject(`shop/${name}`, `uid-${name}`));
    const { told, lists, progress } = start();
    await until(() => lists.length === 1);
    expect(lists).toEqual([`@${server.version}`]);
    server.remove('Pod', 'shop', 'a');
    server.put(podObject('shop/b', 'uid-b2'));
    await until(() => told.length === 6);
    expect(told).toEqual(historyLines(server));
    await until(() => progress.at(-1) === `@${server.version}`);
    expect(asked()).toEqual(['initial']);
    expect(server.requests[0]?.query).toMatchObject({
      watch: 'true',
      sendInitialEvents: 'true',
      resourceVersionMatch: 'NotOlderThan',
      allowWatchBookmarks: 'true',
    });
    expect(server.requests[0]?.query).not.toHaveProperty('resourceVersion');
  });

  test('after a gap say first what was deleted unseen', async () => {
    for (const name of ['a', 'b', 'c']) server.put(podObject(`shop/${name}`, `uid-${name}`));
    const current = start();
    await until(() => current.lists.length === 1);
    server.faults.answers.push({ status: 500, verb: 'watch' });
    server.cutWatches();
    server.remove('Pod', 'shop', 'a');
    server.put(podObject('shop/b', 'uid-b2'));
    server.put(podObject('shop/d', 'uid-d'));
    server.compact();
    server.faults.answers = [];
    await until(() => current.lists.length === 2);
    expect(current.told.slice(3).map((line) => line.split(' @')[0])).toEqual([
      'DELETED shop/a uid-a',
      'DELETED shop/b uid-b',
      'ADDED shop/b uid-b2',
      'ADDED shop/d uid-d',
    ]);
    expect(current.believed).toEqual(existing(server));
    expect(asked()).not.toContain('list');
  });

  test('that break off are asked for again, and after three times a list is', async () => {
    for (let index = 0; index < 9; index++) server.put(podObject(`shop/web-${index}`, `uid-${index}`));
    server.faults.cutAfterBytes.push(700, 700, 700);
    const current = start();
    await until(() => current.lists.length === 1);
    expect(asked().slice(0, 6)).toEqual(['initial', 'initial', 'initial', 'list', 'list', 'list']);
    expect(current.told.toSorted()).toEqual(historyLines(server).toSorted());
  });

  test('that always end in an expired version are not asked for without a pause', async () => {
    server.put(podObject('shop/a', 'uid-a'));
    const current = start({ timing: { backoffMs: [20, 60_000], steadyMs: 60_000 } });
    for (let round = 1; round <= 4; round++) {
      await until(() => current.lists.length === round);
      server.failWatches(410, 'too old resource version');
      await until(() => current.troubles.length === round);
    }
    expect(current.troubles.map(({ code }) => code)).toEqual(Array.from({ length: 4 }, () => 'expired'));
    expect(current.troubles[0]?.retryInMs).toBe(0);
    expect(current.troubles[3]?.retryInMs).toBeGreaterThan(100);
  });
});

describe('a list is asked for instead', () => {
  test('where the server refuses initial events, and they are not asked for again', async () => {
    server.faults.watchList = 'refused';
    server.put(podObject('shop/a', 'uid-a'));
    const current = start();
    await until(() => current.lists.length === 1);
    await until(() => server.watching === 1);
    server.failWatches(410, 'too old resource version');
    await until(() => current.lists.length === 2);
    await until(() => server.watching === 1);
    expect(asked()).toEqual(['initial', 'list', 'watch', 'list', 'watch']);
    expect(current.troubles.map(({ code }) => code)).toEqual(['expired']);
  });

  test('where the server does not say when they end, with objects that come all the time', async () => {
    server.faults.watchList = 'ignored';
    server.put(podObject('shop/a', 'uid-a'));
    const current = start({ timing: { initialEventsMs: [60, 5_000] } });
    await until(() => server.watching === 1);
    for (let round = 0; current.lists.length === 0; round++) {
      server.put(podObject('shop/a', undefined, { round: String(round) }));
      const changes = historyLines(server).length;
      // Each is told before the next comes: what a list finds is at most one change.
      await until(() => current.told.length === changes || current.lists.length > 0);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    expect(asked().slice(0, 2)).toEqual(['initial', 'list']);
    server.put(podObject('shop/z', 'uid-z'));
    await until(() => current.believed.has('shop/z'));
    expect(new Set(current.told)).toEqual(new Set(historyLines(server)));
    expect(current.troubles).toEqual([]);
  });

  test('where new objects come faster than its patience for each, when its whole patience is over', async () => {
    server.faults.watchList = 'ignored';
    const current = start({ timing: { initialEventsMs: [5_000, 100] } });
    await until(() => server.watching === 1);
    for (let name = 0; current.lists.length === 0; name++) {
      server.put(podObject(`shop/web-${name}`));
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    expect(asked().slice(0, 2)).toEqual(['initial', 'list']);
  });
});
