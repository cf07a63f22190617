/** Other kinds of policy, found out from a server that has some, may not show some, or fails. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { discover } from '../../src/kube/watch/discovery.ts';
import type { DiscoveryStatus } from '../../src/kube/watch/discovery.ts';
import { findOtherPolicies } from '../../src/kube/watch/other-policies.ts';
import type { OtherPolicyKind } from '../../src/kube/watch/other-policies.ts';
import { FakeApiServer } from '../fake-api-server/server.ts';
import { QUICK, anonymousTransport, until } from './watch/following.ts';

const served = (apiVersion: string, kind: string, plural: string) => ({
  apiVersion,
  kind,
  plural,
  namespaced: true,
});
const KINDS = [
  served('cilium.io/v2', 'CiliumNetworkPolicy', 'ciliumnetworkpolicies'),
  served('cilium.io/v2', 'CiliumEndpoint', 'ciliumendpoints'),
  served('policy.networking.k8s.io/v1alpha1', 'AdminNetworkPolicy', 'adminnetworkpolicies'),
  served('policy.networking.k8s.io/v1alpha2', 'ClusterNetworkPolicy', 'clusternetworkpolicies'),
  served('example.com/v1', 'AuthorizationPolicy', 'authorizationpolicies'),
];

let server: FakeApiServer;
beforeEach(async () => {
  server = new FakeApiServer({ kinds: KINDS });
  await server.listen();
});
afterEach(() => server.close());

async function found(): Promise<readonly OtherPolicyKind[]> {
  const transport = anonymousTransport(server.url);
  try {
    const signal = new AbortController().signal;
    return await findOtherPolicies({ transport, signal, now: Date.now, idleMs: 5_000 });
  } finally {
    transport.close();
  }
}

const put = (apiVersion: string, kind: string): unknown =>
  server.put({ apiVersion, kind, metadata: { namespace: 'shop', name: 'one' }, spec: {} });

describe('found is', () => {
  test('nothing where there are no objects, whatever kinds there are', async () => {
    expect(await found()).toEqual([]);
    put('cilium.io/v2', 'CiliumEndpoint');
    put('example.com/v1', 'AuthorizationPolicy');
    expect(await found()).toEqual([]);
  });

  test('each kind with an object, in every version of its group', async () => {
    put('policy.networking.k8s.io/v1alpha1', 'AdminNetworkPolicy');
    put('policy.networking.k8s.io/v1alpha2', 'ClusterNetworkPolicy');
    put('cilium.io/v2', 'CiliumNetworkPolicy');
    expect(await found()).toEqual([
      { group: 'cilium.io', kind: 'CiliumNetworkPolicy' },
      { group: 'policy.networking.k8s.io', kind: 'AdminNetworkPolicy' },
      { group: 'policy.networking.k8s.io', kind: 'ClusterNetworkPolicy' },
    ]);
    expect(server.requests.every(({ query }) => query['limit'] === '1')).toBe(true);
  });

  test('a kind whose objects nobody lets us see: there may be some', async () => {
    server.faults.answers.push({ status: 403, kind: 'CiliumNetworkPolicy' });
    expect(await found()).toEqual([{ group: 'cilium.io', kind: 'CiliumNetworkPolicy' }]);
  });

  test('not said when a part of the answer is missing', async () => {
    put('cilium.io/v2', 'CiliumNetworkPolicy');
    server.faults.answers.push({ status: 503, kind: 'AdminNetworkPolicy' });
    await expect(found()).rejects.toMatchObject({ code: 'server-error' });
  });
});

test('it is asked for again, keeps what it knew through a failure, and says that it failed', async () => {
  const transport = anonymousTransport(server.url);
  const stopping = new AbortController();
  const told: DiscoveryStatus[] = [];
  const running = discover(transport, {
    signal: stopping.signal,
    now: () => 77,
    timing: { ...QUICK, discoveryMs: 5 },
    tell: (status) => told.push(status),
  });
  const known = [{ group: 'cilium.io', kind: 'CiliumNetworkPolicy' }];
  await until(() => told.length > 0);
  expect(told[0]).toEqual({ found: [], foundAt: 77, trouble: null });
  put('cilium.io/v2', 'CiliumNetworkPolicy');
  await until(() => told.at(-1)?.found?.length === 1);
  server.faults.answers.push({ status: 500, kind: 'CiliumNetworkPolicy' });
  await until(() => told.at(-1)?.trouble !== null);
  expect(told.at(-1)).toMatchObject({ found: known, trouble: { code: 'server-error' } });
  server.faults.answers = [];
  await until(() => told.at(-1)?.trouble === null);
  stopping.abort();
  await running;
  transport.close();
});
