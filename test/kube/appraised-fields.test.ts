/** What the model reads for how sure a draft is: secondary interfaces and suspended CronJobs, also of objects that are kept in part. */
import { describe, expect, test } from 'vitest';
import { LeaseBook } from '../../src/identity/lease-book.ts';
import { ClusterModel } from '../../src/kube/cluster-model.ts';
import { RESOURCES } from '../../src/kube/watch/cluster-watch.ts';
import { Sharing } from '../../src/kube/watch/sharing.ts';
import { objectOf } from '../../src/kube/watch/slim-object.ts';
import type { ClusterInfo } from '../../src/recommend/cluster.ts';
import { wholePod } from './whole-objects.ts';

function modelled(kind: string, raw: Record<string, unknown>): ClusterInfo['workloads'] {
  const resource = RESOURCES.find((each) => each.kind === kind);
  const object = resource === undefined ? null : objectOf(structuredClone(raw), resource, new Sharing());
  const model = new ClusterModel(new LeaseBook());
  const applied = model.apply({ observedAt: Date.parse('2026-11-03T09:00:30Z'), type: 'ADDED', object });
  expect(applied.kind).toBe('applied');
  return model.snapshot().workloads;
}

function podWith(networks: string | null): Record<string, unknown> {
  const metadata = wholePod['metadata'] as Record<string, unknown>;
  const annotations = { note: 'x', ...(networks !== null && { 'k8s.v1.cni.cncf.io/networks': networks }) };
  return { ...wholePod, metadata: { ...metadata, annotations } };
}

describe('secondary interfaces of a pod', () => {
  test.each<[string, string | null, boolean]>([
    ['named in a list', 'storage/macvlan@net1, fast', true],
    ['named in JSON', '[{"name": "macvlan"}]', true],
    ['none named', '', false],
    ['an empty list', ' [] ', false],
    ['no annotation', null, false],
  ])('%s', (_, networks, expected) => {
    const [info] = modelled('Pod', podWith(networks));
    expect(info?.pods.map((pod) => pod.secondaryInterfaces === true)).toEqual([expected]);
  });
});

test.each([
  [true, true],
  [false, undefined],
  [undefined, undefined],
])('a CronJob with suspend %s', (suspend, expected) => {
  const template = { metadata: { labels: { app: 'report' } }, spec: { containers: [{ name: 'main' }] } };
  const [info] = modelled('CronJob', {
    metadata: {
      name: 'report',
      namespace: 'shop',
      uid: 'c1',
      resourceVersion: '7',
      creationTimestamp: '2026-11-03T09:00:00Z',
    },
    spec: { suspend, jobTemplate: { spec: { template } } },
  });
  expect(info?.suspended).toBe(expected);
});
