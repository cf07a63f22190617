/** Pods that the API server lets a tenant create, and that are made to mislead. */
import { expect, test } from 'vitest';
import { LeaseBook } from '../../src/identity/lease-book.ts';
import { ClusterModel } from '../../src/kube/cluster-model.ts';

const T = Date.parse('2026-11-22T00:00:00Z');

function pod(metadata: object, status: object = {}): object {
  const creationTimestamp = '2026-11-22T00:00:00Z';
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'web', namespace: 'shop', uid: 'u', creationTimestamp, ...metadata },
    spec: { nodeName: 'node-a', containers: [] },
    status: { phase: 'Running', podIP: '10.1.0.5', startTime: creationTimestamp, ...status },
  };
}

function owned(kind: string, name: string): object {
  return { ownerReferences: [{ apiVersion: 'x/v1', kind, name, uid: 'none', controller: true }] };
}

test.each([
  ['terminal sequences', owned('Foo', '\u001b[2J\u001b[31mweb')],
  ['line breaks', owned('Foo\nbar', 'web')],
  ['a name without an end', owned('Foo', 'n'.repeat(10_000))],
])('an owner with %s is none, and its pod is seen', (_what, metadata) => {
  const model = new ClusterModel(new LeaseBook());
  expect(model.apply({ observedAt: T, type: 'ADDED', object: pod(metadata) })).toEqual({ kind: 'applied' });
  expect(model.snapshot().workloads.map(({ ref }) => ref)).toEqual([
    { namespace: 'shop', kind: 'Pod', name: 'web' },
  ]);
});

test('a long annotation of a mirror hides no pod', () => {
  const model = new ClusterModel(new LeaseBook());
  const annotations = { 'kubernetes.io/config.hash': 'x'.repeat(10_000) };
  expect(model.apply({ observedAt: T, type: 'ADDED', object: pod({ annotations }) })).toEqual({
    kind: 'applied',
  });
});

test('a pod that cannot be read when it goes has gone', () => {
  const model = new ClusterModel(new LeaseBook());
  model.apply({ observedAt: T + 1000, type: 'ADDED', object: pod({}) });
  const broken = pod({}, { podIP: 'none' });
  expect(model.apply({ observedAt: T + 60_000, type: 'DELETED', object: broken })).toMatchObject({
    kind: 'rejected',
  });
  expect(model.snapshot().workloads.flatMap(({ pods }) => pods.map(({ ended }) => ended))).toEqual([true]);
});
