/** Which workload a pod belongs to, by its owners. */
import { describe, expect, test } from 'vitest';
import { ToldCluster, container, object, pod, deployment, replicaSet } from './told-cluster.ts';

describe('owners', () => {
  test('a pod of a ReplicaSet of a Deployment belongs to the Deployment, whichever is listed first', () => {
    const cluster = new ToldCluster();
    cluster.model.learnOwner(replicaSet);
    for (const each of [pod('shop/web-x-1'), replicaSet, deployment]) cluster.apply(each);
    expect(cluster.holderOf('10.244.1.2')).toEqual(['Deployment/web']);
    expect(
      cluster.model.snapshot().workloads.map(({ ref, pods }) => [ref.kind, ref.name, pods.length]),
    ).toEqual([['Deployment', 'web', 1]]);
  });

  test("a pod of a Job of a CronJob belongs to the CronJob, whose selector is not the Job's", () => {
    const cluster = new ToldCluster();
    const template = { metadata: { labels: { app: 'cleanup' } }, spec: { containers: [container] } };
    cluster.apply(object('CronJob shop/cleanup', {}, { spec: { jobTemplate: { spec: { template } } } }));
    cluster.apply(
      object(
        'Job shop/cleanup-1',
        { owner: 'CronJob/cleanup' },
        { spec: { selector: { matchLabels: { 'controller-uid': 'u' } }, template } },
      ),
    );
    cluster.apply(
      pod('shop/cleanup-1-a', {
        owner: 'Job/cleanup-1',
        labels: { app: 'cleanup', 'job-name': 'cleanup-1' },
      }),
    );
    expect(cluster.model.snapshot().workloads).toMatchObject([
      { ref: { kind: 'CronJob', name: 'cleanup' }, selector: null, templateLabels: { app: 'cleanup' } },
    ]);
  });

  test('an owner of unknown kind (a Rollout) is the workload, by its reference', () => {
    const cluster = new ToldCluster();
    cluster.apply(object('ReplicaSet shop/web-x', { owner: 'Rollout/web' }, { spec: {} }));
    cluster.apply(pod('shop/web-x-1'));
    expect(cluster.holderOf('10.244.1.2')).toEqual(['Rollout/web']);
  });

  test('a bare pod and the mirror of a static pod are workloads of their own', () => {
    const cluster = new ToldCluster();
    cluster.apply(
      object('Pod shop/debug', {}, { spec: { containers: [container] }, status: { podIP: '10.244.1.9' } }),
    );
    cluster.apply(pod('kube-system/etcd-a', { owner: 'Node/node-a' }, { podIP: '10.244.1.8' }));
    expect([...cluster.holderOf('10.244.1.9'), ...cluster.holderOf('10.244.1.8')]).toEqual([
      'Pod/debug',
      'Pod/etcd-a',
    ]);
  });
});
