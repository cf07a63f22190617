import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { FakeApiServer } from '../../fake-api-server/server.ts';
import { existing, follow, historyLines, podObject, until } from './following.ts';
import type { Following } from './following.ts';

let server: FakeApiServer;
let following: Following | null = null;

beforeEach(async () => {
  server = new FakeApiServer({ bookmarkMs: 15 });
  await server.listen();
});

afterEach(async () => {
  await following?.stop();
  following = null;
  await server.close();
});

const start = (
  ...options: Parameters<typeof follow> extends [unknown, ...infer Rest] ? Rest : never
): Following => {
  following = follow(server, ...options);
  return following;
};

const watching = (): Promise<void> => until(() => server.watching === 1);

describe('the initial state', () => {
  test('is told page by page, each object once, as ADDED', async () => {
    for (let index = 0; index < 8; index++) server.put(podObject(`shop/web-${index}`, `uid-${index}`));
    const { told, lists } = start();
    await until(() => lists.length === 1);
    expect(told).toEqual(historyLines(server));
    expect(server.requests.filter(({ verb }) => verb === 'list').map(({ query }) => query['limit'])).toEqual([
      '3',
      '3',
      '3',
    ]);
    expect(lists).toEqual([`@${server.version}`]);
  });

  test('has the kind that items of a list do not carry, and none of the fields nobody reads', async () => {
    server.put({
      kind: 'Pod',
      metadata: {
        namespace: 'shop',
        name: 'web',
        managedFields: [{ manager: 'kubectl' }],
        annotations: { 'kubectl.kubernetes.io/last-applied-configuration': '{}', note: 'x'.repeat(1_000) },
      },
      spec: { containers: [{ name: 'main', env: [{ name: 'PASSWORD', value: 'x' }], args: ['--port=80'] }] },
    });
    const { objects } = start();
    await until(() => objects.length === 1);
    expect(objects[0]).toMatchObject({ apiVersion: 'v1', kind: 'Pod' });
    expect(objects[0]?.metadata['managedFields']).toBeUndefined();
    expect(objects[0]?.metadata['annotations']).toBeUndefined();
    expect(objects[0]).toHaveProperty('spec', { containers: [{ name: 'main' }] });
  });

  test('of a resource without objects is a list too', async () => {
    const { lists, told } = start();
    await until(() => lists.length === 1);
    expect(told).toEqual([]);
  });

  test('starts anew when the version of its first pages is no longer kept', async () => {
    for (let index = 0; index < 8; index++) server.put(podObject(`shop/web-${index}`, `uid-${index}`));
    const { lists, believed, troubles, told } = start({
      onEvent: (line) => {
        if (!line.includes('web-1 ')) return;
        server.remove('Pod', 'shop', 'web-0');
        server.compact();
      },
    });
    await until(() => lists.length === 1);
    expect(troubles.map(({ code }) => code)).toEqual(['expired']);
    expect(believed).toEqual(existing(server));
    expect(told.filter((line) => line.startsWith('DELETED'))).toEqual(['DELETED shop/web-0 uid-0 @1001']);
  });
});

describe('live events', () => {
  test('are told in order, exactly as they happened', async () => {
    server.put(podObject('shop/web', 'uid-1'));
    const { told } = start();
    await watching();
    server.patch('Pod', 'shop', 'web', { status: { phase: 'Failed' } });
    server.put(podObject('shop/db', 'uid-2'));
    server.remove('Pod', 'shop', 'web');
    server.put(podObject('shop/web', 'uid-3'));
    await until(
      () => told.length === 5,
      () => told,
    );
    expect(told).toEqual(historyLines(server));
  });

  test('of other namespaces and kinds move no pod', async () => {
    const { told } = start({ resource: { kind: 'Pod', path: '/api/v1/namespaces/shop/pods' } });
    await watching();
    server.put(podObject('bank/web'));
    server.put({ kind: 'Service', metadata: { namespace: 'shop', name: 'web' } });
    server.put(podObject('shop/web', 'uid-1'));
    await until(() => told.length === 1);
    expect(told).toEqual([`ADDED shop/web uid-1 @${server.version}`]);
  });

  test('under the same name with another uid are a deletion and an addition', async () => {
    server.put(podObject('shop/web-0', 'old'));
    const { told, lists } = start();
    await until(() => lists.length === 1);
    await watching();
    server.put(podObject('shop/web-0', 'new'));
    await until(() => told.length === 3);
    expect(told.map((line) => line.split(' @')[0])).toEqual([
      'ADDED shop/web-0 old',
      'DELETED shop/web-0 old',
      'ADDED shop/web-0 new',
    ]);
  });
});

describe('watches that end', () => {
  test('in good order go on at the version they had reached, without a new list', async () => {
    const { told, progress } = start({ timing: { watchSeconds: [1, 1] } });
    await watching();
    server.put(podObject('shop/a', 'uid-1'));
    await until(() => server.requests.filter(({ verb }) => verb === 'watch').length >= 2);
    await watching();
    server.put(podObject('shop/b', 'uid-2'));
    await until(() => told.length === 2);
    expect(told).toEqual(historyLines(server));
    expect(server.requests.filter(({ verb }) => verb === 'list')).toHaveLength(1);
    expect(progress).toContain('@1001');
  });

  test('ask for bookmarks and a bounded time, and go on from the last bookmark', async () => {
    const { progress } = start();
    await watching();
    for (let index = 0; index < 5; index++) server.put({ kind: 'Node', metadata: { name: `node-${index}` } });
    await until(() => progress.includes('@1005'));
    server.compact();
    server.cutWatches();
    await until(() => server.requests.filter(({ verb }) => verb === 'watch').length === 2);
    const [first, second] = server.requests.filter(({ verb }) => verb === 'watch');
    expect(first?.query).toMatchObject({ allowWatchBookmarks: 'true', timeoutSeconds: '60' });
    expect(second?.query['resourceVersion']).toBe('1005');
    // No list was needed although everything older was compacted.
    expect(server.requests.filter(({ verb }) => verb === 'list')).toHaveLength(1);
  });

  test('cut after any byte lose and repeat nothing', async () => {
    const { told, objects } = start();
    await watching();
    const line = `${JSON.stringify({ type: 'ADDED', object: server.put(podObject('shop/größe-0', 'uid-0', { name: '✓ü' })) })}\n`;
    const bytes = Buffer.byteLength(line);
    for (let cut = 1; cut <= 2 * bytes; cut += 3) server.faults.cutAfterBytes.push(cut);
    server.cutWatches();
    for (let index = 1; server.faults.cutAfterBytes.length > 0; index++) {
      server.put(podObject(`shop/größe-${index}`, `uid-${index}`, { name: '✓ü' }));
      server.put(podObject(`shop/größe-${index}`, undefined, { name: 'ü✓' }));
      await until(
        () => told.length === server.history().length,
        () => told.at(-1),
      );
    }
    expect(told).toEqual(historyLines(server));
    expect(
      objects.every(({ metadata }) => ['✓ü', 'ü✓'].includes((metadata['labels'] as { name: string }).name)),
    ).toBe(true);
  });

  test('that come in pieces of one byte give whole characters', async () => {
    server.faults.chunkBytes = 1;
    const { objects } = start();
    await watching();
    server.put(podObject('shop/web', 'uid-1', { name: '✓ 日本語 🦊' }));
    await until(() => objects.length === 1);
    expect(objects[0]?.metadata['labels']).toEqual({ name: '✓ 日本語 🦊' });
  });
});

test('a stopped reflector ends at once, also while it waits, and tells nothing more', async () => {
  const current = start({ timing: { backoffMs: [3_600_000, 3_600_000] } });
  await watching();
  await server.close();
  await until(() => current.troubles.length === 1);
  // It has an hour to wait, and this test has not.
  await current.stop();
  expect(current.told).toEqual([]);
});
