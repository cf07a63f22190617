import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ClusterModel } from '../../../src/kube/cluster-model.ts';
import type { ClusterEvent } from '../../../src/kube/cluster-model.ts';
import { LeaseBook } from '../../../src/identity/lease-book.ts';
import { RESOURCES, watchCluster } from '../../../src/kube/watch/cluster-watch.ts';
import type { ClusterWatch } from '../../../src/kube/watch/cluster-watch.ts';
import type { KubeObject } from '../../../src/kube/watch/slim-object.ts';
import { FakeApiServer } from '../../fake-api-server/server.ts';
import type { GivenObject } from '../../fake-api-server/server.ts';
import { QUICK, anonymousTransport, podObject, until } from './following.ts';

interface Watched {
  readonly watch: ClusterWatch;
  readonly events: ClusterEvent[];
  readonly leases: [string, number][];
  readonly outages: [number, number][];
  readonly warnings: object[];
  syncs: number;
}

let server: FakeApiServer;
let watched: Watched | null = null;

beforeEach(async () => {
  server = new FakeApiServer({ bookmarkMs: 20 });
  await server.listen();
});

afterEach(async () => {
  await watched?.watch.close();
  watched = null;
  await server.close();
});

function start(): Watched {
  const transport = anonymousTransport(server.url);
  const events: ClusterEvent[] = [];
  const leases: [string, number][] = [];
  const outages: [number, number][] = [];
  const warnings: object[] = [];
  const seen = { events, leases, outages, warnings, syncs: 0 };
  const watch = watchCluster(
    transport,
    {
      event: (event) => events.push(event),
      nodeLease: (node, renewTime) => leases.push([node, renewTime]),
      synced: () => {
        result.syncs++;
      },
      outage: (from, end) => outages.push([from, end]),
    },
    {
      signal: new AbortController().signal,
      now: Date.now,
      log: { info: () => undefined, warn: (fields) => warnings.push(fields) },
      timing: QUICK,
    },
  );
  const result: Watched = { watch, ...seen };
  watched = result;
  return result;
}

const lease = (node: string, renewTime: string): GivenObject => ({
  kind: 'Lease',
  metadata: { namespace: 'kube-node-lease', name: node },
  spec: { holderIdentity: node, renewTime },
});

describe('the first sync', () => {
  test('tells owners before pods and says once that all is there', async () => {
    const owner = { kind: 'ReplicaSet', name: 'web-5f', uid: 'rs-1', controller: true };
    server.put({ kind: 'Pod', metadata: { namespace: 'shop', name: 'web-5f-x', ownerReferences: [owner] } });
    server.put({
      kind: 'ReplicaSet',
      metadata: { namespace: 'shop', name: 'web-5f', uid: 'rs-1' },
      spec: {},
    });
    server.put({ kind: 'Job', metadata: { namespace: 'shop', name: 'nightly' }, spec: {} });
    const seen = start();
    await until(() => seen.watch.synced);
    const kinds = seen.events.map(({ object }) => (object as KubeObject).kind);
    expect(kinds.toSorted()).toEqual(['Job', 'Pod', 'ReplicaSet']);
    expect(kinds.at(-1)).toBe('Pod');
    expect(seen.syncs).toBe(1);
    expect(seen.watch.status().map(({ kind, synced }) => [kind, synced])).toEqual(
      RESOURCES.map(({ kind }) => [kind, true]),
    );
    expect(seen.watch.status().find(({ kind }) => kind === 'Pod')).toMatchObject({
      objects: 1,
      trouble: null,
      resourceVersion: String(server.version),
    });
    // No watch is compressed.
    expect(server.requests.every(({ verb, gzip }) => verb === 'watch' && !gzip)).toBe(true);
  });

  test('feeds a model that finds the workload of each pod', async () => {
    const owned = (kind: string, name: string, uid: string): object => ({
      kind,
      name,
      uid,
      controller: true,
    });
    const template = { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'main' }] } };
    const spec = { selector: { matchLabels: { app: 'web' } }, template };
    server.put({
      ...podObject('shop/web-5f-x', 'pod-1'),
      metadata: {
        namespace: 'shop',
        name: 'web-5f-x',
        ownerReferences: [owned('ReplicaSet', 'web-5f', 'rs-1')],
      },
    });
    server.put({
      kind: 'ReplicaSet',
      metadata: {
        namespace: 'shop',
        name: 'web-5f',
        uid: 'rs-1',
        ownerReferences: [owned('Deployment', 'web', 'd-1')],
      },
      spec,
    });
    server.put({ kind: 'Deployment', metadata: { namespace: 'shop', name: 'web', uid: 'd-1' }, spec });
    const seen = start();
    await until(() => seen.watch.synced);
    const model = new ClusterModel(new LeaseBook());
    expect(seen.events.map((event) => model.apply(event).kind)).toEqual(['applied', 'applied', 'applied']);
    expect(model.snapshot().workloads.map(({ ref, pods }) => [ref.kind, ref.name, pods.length])).toEqual([
      ['Deployment', 'web', 1],
    ]);
  });

  test('is not complete while a kind is forbidden, but pods come', async () => {
    server.put(podObject('shop/web'));
    server.faults.answers.push({ status: 403, kind: 'CronJob', message: 'cronjobs is forbidden' });
    const seen = start();
    await until(() => seen.events.length === 1);
    expect(seen.watch.synced).toBe(false);
    expect(seen.watch.status().find(({ kind }) => kind === 'CronJob')).toMatchObject({
      synced: false,
      trouble: {
        code: 'forbidden',
        detail: '403: cronjobs is forbidden',
        since: expect.any(Number) as number,
      },
    });
    expect(seen.warnings[0]).toMatchObject({ kind: 'CronJob', code: 'forbidden' });
    expect(seen.outages).toEqual([]);
    server.faults.answers = [];
    await until(() => seen.watch.synced);
    expect(seen.watch.status().find(({ kind }) => kind === 'CronJob')).toMatchObject({ trouble: null });
  });

  test('waits with pods for owners that are slow to come', async () => {
    server.put(podObject('shop/web'));
    server.faults.answers.push({ status: 503, kind: 'ReplicaSet', times: 5 });
    const seen = start();
    await until(() => seen.watch.synced);
    const first = (kind: string): number =>
      server.requests.findIndex((each) => each.kind === kind && each.status === 200);
    expect(first('Pod')).toBeGreaterThan(first('ReplicaSet'));
  });
});

test("kubelets' signs of life are told apart, in their own clock", async () => {
  server.put(lease('node-a', '2026-11-21T22:00:00.123456Z'));
  const seen = start();
  await until(() => seen.watch.synced);
  server.put(lease('node-a', '2026-11-21T22:00:10.000000Z'));
  server.put({ kind: 'Lease', metadata: { namespace: 'kube-system', name: 'scheduler' }, spec: {} });
  server.put({ kind: 'Lease', metadata: { namespace: 'kube-node-lease', name: 'node-b' }, spec: {} });
  server.put(lease('node-b', '2026-11-21T22:00:11.000000Z'));
  await until(() => seen.leases.length === 3);
  expect(seen.leases).toEqual([
    ['node-a', Date.parse('2026-11-21T22:00:00.123Z')],
    ['node-a', Date.parse('2026-11-21T22:00:10Z')],
    ['node-b', Date.parse('2026-11-21T22:00:11Z')],
  ]);
  expect(seen.events).toEqual([]);
});

describe('an outage', () => {
  test('is told when it is over, and nothing is listed anew', async () => {
    const seen = start();
    await until(() => seen.watch.synced && server.watching === RESOURCES.length);
    const before = Date.now();
    await server.away(300);
    const back = Date.now();
    await until(() => seen.outages.length === 1);
    const [[from, end] = [0, 0]] = seen.outages;
    expect(end - from).toBeGreaterThanOrEqual(250);
    // From the last thing that was read, which may have come a little late, to the first after it.
    expect(from).toBeLessThan(back);
    expect(end).toBeGreaterThanOrEqual(before + 250);
    await until(() => server.watching === RESOURCES.length);
    server.put(podObject('shop/web'));
    await until(() => seen.events.length === 1);
    expect(seen.syncs).toBe(1);
    const refreshes = server.requests.filter(({ query }) => query['resourceVersion'] === undefined);
    expect(refreshes).toHaveLength(RESOURCES.length);
    expect(seen.watch.status().map(({ relists }) => relists)).toEqual(RESOURCES.map(() => 0));
  });

  test('at the start is told too, and everything comes after it', async () => {
    const away = server.away(200);
    server.put(podObject('shop/web'));
    const seen = start();
    await until(() => seen.warnings.length > 0);
    await away;
    await until(() => seen.watch.synced);
    expect(seen.outages).toHaveLength(1);
    expect(seen.events).toHaveLength(1);
  });
});

test('closing ends every request and can be awaited', async () => {
  const seen = start();
  await until(() => server.watching === RESOURCES.length);
  await seen.watch.close();
  await until(() => server.watching === 0);
});
