/** Whom the API server calls, as the model tells it: each object's Services once, with their ports. */
import { describe, expect, test } from 'vitest';
import { ClusterModel } from '../../src/kube/cluster-model.ts';
import { LeaseBook } from '../../src/identity/lease-book.ts';
import type { WebhookTarget } from '../../src/recommend/cluster.ts';

const service = (name: string, more: object = {}): object => ({
  clientConfig: { service: { namespace: 'ops', name, ...more } },
});

function object(kind: string, name: string, fields: object): Record<string, unknown> {
  const metadata = { name, uid: `${kind}-${name}`, creationTimestamp: '2026-11-03T09:00:00Z' };
  return { apiVersion: 'v1', kind, metadata, ...fields };
}

function modelOf(...objects: readonly unknown[]): ClusterModel {
  const model = new ClusterModel(new LeaseBook());
  for (const each of objects)
    expect(model.apply({ observedAt: 0, type: 'ADDED', object: each })).toEqual({ kind: 'applied' });
  return model;
}

const target = (kind: WebhookTarget['kind'], name: string, to: string, port = 443): WebhookTarget => ({
  kind,
  name,
  service: { namespace: 'ops', name: to, port },
});

describe('the targets', () => {
  test.each<[string, Record<string, unknown>, readonly WebhookTarget[]]>([
    [
      'of a configuration are its Services, each once',
      object('ValidatingWebhookConfiguration', 'policy', {
        webhooks: [service('b'), service('a', { port: 8443 }), service('b')],
      }),
      [
        target('ValidatingWebhookConfiguration', 'policy', 'a', 8443),
        target('ValidatingWebhookConfiguration', 'policy', 'b'),
      ],
    ],
    [
      'of a configuration leave out who is outside the cluster',
      object('MutatingWebhookConfiguration', 'mesh', {
        webhooks: [{ clientConfig: { url: 'https://example.com' } }],
      }),
      [],
    ],
    ['of a configuration without webhooks are none', object('MutatingWebhookConfiguration', 'none', {}), []],
    [
      'of an aggregated API is its Service',
      object('APIService', 'v1beta1.metrics.k8s.io', {
        spec: { service: { namespace: 'ops', name: 'metrics' } },
      }),
      [target('APIService', 'v1beta1.metrics.k8s.io', 'metrics')],
    ],
    [
      'of an API that the server has itself are none',
      object('APIService', 'v1.', { spec: { service: null } }),
      [],
    ],
    [
      'of a definition that converts by webhook is that',
      object('CustomResourceDefinition', 'certificates.cert-manager.io', {
        spec: { conversion: { strategy: 'Webhook', webhook: service('converter') } },
      }),
      [target('CustomResourceDefinition', 'certificates.cert-manager.io', 'converter')],
    ],
    [
      'of a definition that converts nothing are none',
      object('CustomResourceDefinition', 'x.example.com', { spec: { conversion: { strategy: 'None' } } }),
      [],
    ],
  ])('%s', (_, given, targets) => {
    expect(modelOf(given).snapshot().webhooks).toEqual(targets);
  });

  test('go with their object, and follow its changes', () => {
    const before = object('ValidatingWebhookConfiguration', 'policy', { webhooks: [service('a')] });
    const model = modelOf(
      before,
      object('ValidatingWebhookConfiguration', 'policy', { webhooks: [service('b')] }),
    );
    expect(model.snapshot().webhooks).toEqual([target('ValidatingWebhookConfiguration', 'policy', 'b')]);
    model.apply({ observedAt: 0, type: 'DELETED', object: before });
    expect(model.snapshot().webhooks).toEqual([]);
  });

  test('are absent until a kind of them was read, and none when there are none', () => {
    const model = modelOf();
    expect(model.snapshot()).not.toHaveProperty('webhooks');
    model.listed('Pod');
    expect(model.snapshot()).not.toHaveProperty('webhooks');
    model.listed('APIService');
    expect(model.snapshot().webhooks).toEqual([]);
  });

  test('say of which kinds they are not, until each was read', () => {
    const model = modelOf(object('MutatingWebhookConfiguration', 'none', {}));
    expect(model.snapshot().unreadCallers).toEqual([
      'APIService',
      'CustomResourceDefinition',
      'ValidatingWebhookConfiguration',
    ]);
    for (const kind of ['APIService', 'CustomResourceDefinition']) model.listed(kind);
    expect(model.snapshot().unreadCallers).toEqual(['ValidatingWebhookConfiguration']);
    model.listed('ValidatingWebhookConfiguration');
    expect(model.snapshot()).not.toHaveProperty('unreadCallers');
  });

  test('of a broken object are refused with the path of what is wrong', () => {
    const broken = object('APIService', 'v1.x', {
      spec: { service: { namespace: 'ops', name: 'x', port: 70_000 } },
    });
    expect(
      new ClusterModel(new LeaseBook()).apply({ observedAt: 0, type: 'ADDED', object: broken }),
    ).toMatchObject({
      kind: 'rejected',
      reject: { object: 'APIService v1.x', problem: expect.stringContaining('spec.service.port') as string },
    });
  });
});

test('policies in force are unknown until they were listed, or one was told', () => {
  const listed = modelOf();
  expect(listed.snapshot()).toMatchObject({ policies: [], policiesUnread: true });
  listed.listed('NetworkPolicy');
  expect(listed.snapshot()).not.toHaveProperty('policiesUnread');
  const told = modelOf(object('NetworkPolicy', 'deny', { spec: { podSelector: {} } }));
  expect(told.snapshot().policies).toHaveLength(1);
  expect(told.snapshot()).not.toHaveProperty('policiesUnread');
});

test('other kinds of policy are unknown until somebody looked', () => {
  const model = modelOf();
  expect(model.snapshot().otherPolicies).toBeNull();
  model.learnOtherPolicies([{ group: 'cilium.io', kind: 'CiliumNetworkPolicy' }]);
  expect(model.snapshot().otherPolicies).toEqual([{ group: 'cilium.io', kind: 'CiliumNetworkPolicy' }]);
});

describe('a ReplicaSet of which only metadata is known', () => {
  const replicaSet = object('ReplicaSet', 'web', {
    metadata: { name: 'web', namespace: 'shop', uid: 'rs', creationTimestamp: '2026-11-03T09:00:00Z' },
  });

  test('is a workload as soon as it has a pod, which says what it is', () => {
    expect(modelOf(replicaSet).snapshot().workloads).toEqual([]);
    const pod = object('Pod', 'web-x', {
      metadata: {
        name: 'web-x',
        namespace: 'shop',
        uid: 'pod',
        creationTimestamp: '2026-11-03T09:00:00Z',
        labels: { app: 'web' },
        ownerReferences: [{ kind: 'ReplicaSet', name: 'web', uid: 'rs', controller: true }],
      },
      spec: { hostNetwork: true, containers: [] },
    });
    expect(modelOf(replicaSet, pod).snapshot().workloads).toMatchObject([
      {
        ref: { kind: 'ReplicaSet', name: 'web' },
        hostNetwork: true,
        selector: null,
        pods: [{ name: 'web-x' }],
      },
    ]);
  });
});
