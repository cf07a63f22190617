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

  test.each(['Deployment', 'StatefulSet', 'DaemonSet'])(
    'a %s that a custom resource owns is a workload, with its own selector and template (NETPOL 4.3)',
    (kind) => {
      const cluster = new ToldCluster();
      const labels = { cluster: 'pg' };
      const template = { metadata: { labels }, spec: { containers: [container] } };
      const spec = { selector: { matchLabels: labels }, template };
      cluster.apply(object(`${kind} shop/pg`, { owner: 'Postgres/pg' }, { spec }));
      const own = { kind, name: 'pg' };
      const known = { ref: own, selector: { matchLabels: labels }, templateLabels: labels };
      expect(cluster.model.snapshot().workloads).toMatchObject([{ ...known, pods: [] }]);
      cluster.apply(pod('shop/pg-0', { owner: `${kind}/pg`, labels: { ...labels, role: 'master' } }));
      expect(cluster.model.snapshot().workloads).toMatchObject([{ ...known, pods: [{ name: 'pg-0' }] }]);
      expect(cluster.holderOf('10.244.1.2')).toEqual([`${kind}/pg`]);
    },
  );

  test('a CronJob that a custom resource owns is the workload of the pods of its Jobs', () => {
    const cluster = new ToldCluster();
    const template = { metadata: { labels: { app: 'backup' } }, spec: { containers: [container] } };
    const spec = { jobTemplate: { spec: { template } } };
    cluster.apply(object('CronJob shop/backup', { owner: 'Database/db' }, { spec }));
    cluster.apply(object('Job shop/backup-1', { owner: 'CronJob/backup' }, {}));
    cluster.apply(pod('shop/backup-1-a', { owner: 'Job/backup-1', labels: { app: 'backup' } }));
    expect(cluster.workloads()).toEqual(['CronJob/backup: 1']);
  });

  test('Jobs of one custom resource (a ScaledJob) are runs of one workload', () => {
    const cluster = new ToldCluster();
    for (const run of ['a', 'b']) {
      cluster.apply(object(`Job shop/scaled-${run}`, { owner: 'ScaledJob/scaled' }, {}));
      cluster.apply(pod(`shop/scaled-${run}-x`, { owner: `Job/scaled-${run}` }));
    }
    expect(cluster.workloads()).toEqual(['ScaledJob/scaled: 2']);
  });

  test('a pod that is told before its ReplicationController belongs to whoever controls that', () => {
    const cluster = new ToldCluster();
    cluster.apply(pod('shop/web-1-a', { owner: 'ReplicationController/web-1' }));
    expect(cluster.workloads()).toEqual(['ReplicationController/web-1: 1']);
    cluster.apply(
      object('ReplicationController shop/web-1', { owner: 'DeploymentConfig/web' }, { spec: {} }),
    );
    expect(cluster.workloads()).toEqual(['DeploymentConfig/web: 1']);
    expect(cluster.holderOf('10.244.1.2')).toEqual(['DeploymentConfig/web']);
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
