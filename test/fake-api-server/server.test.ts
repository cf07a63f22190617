/** What the fake API server answers, as real ones do: what the reflector's tests rest on. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { podObject, until } from '../kube/watch/following.ts';
import { FakeApiServer } from './server.ts';

const METADATA_OF_LIST = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1, application/json';
const METADATA = 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1, application/json';
const WATCH_LIST =
  'watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true';
const CILIUM = {
  kind: 'CiliumNetworkPolicy',
  apiVersion: 'cilium.io/v2',
  plural: 'ciliumnetworkpolicies',
  namespaced: true,
};

interface Told {
  readonly type: string;
  readonly object: {
    readonly kind: string;
    readonly metadata: {
      readonly name?: string;
      readonly resourceVersion?: string;
      readonly continue?: string;
    };
  } & Readonly<Record<string, unknown>>;
}

let server: FakeApiServer;

beforeEach(async () => {
  server = new FakeApiServer({ bookmarkMs: 60_000, kinds: [CILIUM] });
  await server.listen();
  for (const name of ['a', 'b', 'c']) server.put(podObject(`shop/${name}`, `uid-${name}`, { app: name }));
});

afterEach(async () => {
  await server.close();
});

async function get(
  path: string,
  headers: Record<string, string> = {},
): Promise<{ status: number; body: Told['object'] }> {
  const response = await fetch(server.url + path, { headers });
  return { status: response.status, body: (await response.json()) as Told['object'] };
}

/** The events of a watch as they come. */
function watch(query: string, headers: Record<string, string> = {}): Told[] {
  const told: Told[] = [];
  void (async () => {
    const response = await fetch(`${server.url}/api/v1/pods?${query}`, { headers });
    let rest = '';
    for await (const chunk of response.body ?? []) {
      const lines = (rest + Buffer.from(chunk as Uint8Array).toString('utf8')).split('\n');
      rest = lines.pop() ?? '';
      told.push(...lines.map((line) => JSON.parse(line) as Told));
    }
  })().catch(() => undefined);
  return told;
}

const brief = (told: readonly Told[]): string[] =>
  told.map(({ type, object }) => `${type} ${object.metadata.name ?? '-'}`);

describe('a watch with initial events', () => {
  test('tells what exists, says when that is over, and goes on', async () => {
    const told = watch(WATCH_LIST);
    await until(() => told.length === 4);
    server.remove('Pod', 'shop', 'a');
    await until(() => told.length === 5);
    expect(brief(told)).toEqual(['ADDED a', 'ADDED b', 'ADDED c', 'BOOKMARK -', 'DELETED a']);
    expect(told[3]?.object.metadata).toMatchObject({
      resourceVersion: '1003',
      annotations: { 'k8s.io/initial-events-end': 'true' },
    });
  });

  test('is refused where it is not enabled, on a list, and without NotOlderThan', async () => {
    expect((await get('/api/v1/pods?sendInitialEvents=true')).status).toBe(422);
    expect((await get('/api/v1/pods?watch=true&sendInitialEvents=true')).status).toBe(422);
    server.faults.watchList = 'refused';
    expect((await get(`/api/v1/pods?${WATCH_LIST}`)).status).toBe(422);
  });

  test('where it is not understood tells what exists and never that this was all', async () => {
    server.faults.watchList = 'ignored';
    const told = watch(WATCH_LIST);
    await until(() => told.length === 3);
    server.put(podObject('shop/d'));
    await until(() => told.length === 4);
    expect(brief(told)).toEqual(['ADDED a', 'ADDED b', 'ADDED c', 'ADDED d']);
  });
});

describe('metadata alone', () => {
  test('is listed and watched, kind and all, when it is asked for first', async () => {
    const { body } = await get('/api/v1/pods', { accept: METADATA_OF_LIST });
    expect(body.kind).toBe('PartialObjectMetadataList');
    expect((body['items'] as object[])[0]).toEqual({
      kind: 'PartialObjectMetadata',
      apiVersion: 'meta.k8s.io/v1',
      metadata: expect.objectContaining({ name: 'a', uid: 'uid-a' }) as object,
    });
    const told = watch(WATCH_LIST, { accept: METADATA });
    await until(() => told.length === 4);
    expect(told.map(({ object }) => Object.keys(object).join())).toEqual(
      Array(4).fill('kind,apiVersion,metadata'),
    );
  });

  test('of the wrong form is not acceptable; after plain JSON it is not wanted', async () => {
    expect((await get('/api/v1/pods', { accept: METADATA })).status).toBe(406);
    const { body } = await get('/api/v1/pods', { accept: `application/json, ${METADATA_OF_LIST}` });
    expect(body.kind).toBe('PodList');
  });
});

describe('selectors', () => {
  test.each([
    ['labelSelector=app=b', ['b']],
    ['labelSelector=app!=b', ['a', 'c']],
    ['labelSelector=app,app==c', ['c']],
    ['fieldSelector=metadata.name=a', ['a']],
    ['fieldSelector=status.phase=Failed', []],
  ])('choose what is listed: %s', async (query, names) => {
    const { body } = await get(`/api/v1/pods?${query}`);
    expect((body['items'] as Told['object'][]).map(({ metadata }) => metadata.name)).toEqual(names);
  });

  test('let an object come into a watch and leave it by changing', async () => {
    const told = watch(`${WATCH_LIST}&fieldSelector=status.phase=Failed`);
    await until(() => told.length === 1);
    server.patch('Pod', 'shop', 'a', { status: { phase: 'Failed' } });
    server.patch('Pod', 'shop', 'a', { status: { reason: 'Evicted' } });
    server.patch('Pod', 'shop', 'a', { status: { phase: 'Running' } });
    await until(() => told.length === 4);
    expect(brief(told)).toEqual(['BOOKMARK -', 'ADDED a', 'MODIFIED a', 'DELETED a']);
  });
});

describe('a list', () => {
  test('has pages of one snapshot, until it is compacted', async () => {
    const first = await get('/api/v1/pods?limit=2');
    const next = `/api/v1/pods?limit=2&continue=${first.body.metadata.continue}`;
    server.put(podObject('shop/bb'));
    const second = await get(next);
    expect((second.body['items'] as Told['object'][]).map(({ metadata }) => metadata.name)).toEqual(['c']);
    expect(second.body.metadata.resourceVersion).toBe(first.body.metadata.resourceVersion);
    server.compact();
    expect((await get(next)).status).toBe(410);
  });

  test('of version 0 knows no limit', async () => {
    expect((await get('/api/v1/pods?limit=2&resourceVersion=0')).body['items']).toHaveLength(3);
  });
});

test('other kinds are served at their own paths, and discovery tells of them', async () => {
  server.put({ kind: 'CiliumNetworkPolicy', metadata: { namespace: 'shop', name: 'deny' } });
  const { body } = await get('/apis/cilium.io/v2/namespaces/shop/ciliumnetworkpolicies');
  expect(body).toMatchObject({ kind: 'CiliumNetworkPolicyList', items: [{ metadata: { name: 'deny' } }] });
  const groups = (await get('/apis')).body['groups'] as { name: string }[];
  expect(groups.map(({ name }) => name)).toEqual(expect.arrayContaining(['apps', 'cilium.io']));
  expect((await get('/apis/cilium.io/v2')).body).toMatchObject({
    kind: 'APIResourceList',
    resources: [{ name: 'ciliumnetworkpolicies', kind: 'CiliumNetworkPolicy', namespaced: true }],
  });
  expect((await get('/apis/nobody.example/v1')).status).toBe(404);
});

test('the Date header is as far off as it is told to be, and a token that was rotated is refused', async () => {
  server.dateOffsetMs = -3_600_000;
  const { headers } = await fetch(`${server.url}/api/v1/pods`);
  expect(Math.abs(Date.parse(headers.get('date') ?? '') + 3_600_000 - Date.now())).toBeLessThan(60_000);
  server.token = 'second';
  expect((await get('/api/v1/pods', { authorization: 'Bearer first' })).status).toBe(401);
  expect((await get('/api/v1/pods', { authorization: 'Bearer second' })).status).toBe(200);
});
