/** What went is known for a while, and not for ever. */
import { describe, expect, test } from 'vitest';
import { GonePods } from '../../src/kube/gone-pods.ts';
import { container, object, pod, ToldCluster } from './told-cluster.ts';

const KEPT = 100;

const job = (name: string): unknown =>
  object(
    `Job shop/${name}`,
    { owner: 'CronJob/cleanup' },
    {
      spec: { selector: { matchLabels: { job: name } }, template: { spec: { containers: [container] } } },
    },
  );

describe('pods that went', () => {
  test('of a CronJob of every minute so many are known as show its labels', () => {
    const told = new ToldCluster();
    for (let run = 0; run < 3 * KEPT; run++) {
      for (const type of ['ADDED', 'DELETED'] as const)
        for (const each of [job(`run-${run}`), pod(`shop/run-${run}-a`, { owner: `Job/run-${run}` })])
          told.apply(each, type, run * 1000);
    }
    expect(told.workloads()).toEqual([`CronJob/cleanup: ${KEPT}`]);
    const [cronJob] = told.model.snapshot().workloads;
    expect(cronJob?.pods.map(({ name }) => name)).toContain(`run-${3 * KEPT - 1}-a`);
  });

  test('with all who controlled them are forgotten after a while; who is there is not', () => {
    const told = new ToldCluster();
    for (const name of ['old', 'new']) {
      told.apply(job(name), 'ADDED', 1000);
      told.apply(pod(`shop/${name}-a`, { owner: `Job/${name}` }), 'ADDED', 1000);
    }
    told.apply(pod('shop/old-a', { owner: 'Job/old' }), 'DELETED', 2000);
    told.apply(job('old'), 'DELETED', 2000);
    told.model.forgetBefore(2000);
    expect(told.workloads()).toEqual(['CronJob/cleanup: 2']);
    told.model.forgetBefore(2001);
    expect(told.workloads()).toEqual(['CronJob/cleanup: 1']);
    // Who owned it is as unknown as after a start.
    told.apply(pod('shop/old-b', { owner: 'Job/old' }), 'ADDED', 3000);
    told.apply(pod('shop/new-b', { owner: 'Job/new' }), 'ADDED', 3000);
    expect(told.workloads()).toEqual(['CronJob/cleanup: 2', 'Job/old: 1']);
  });

  test('and come back under their uid are there again', () => {
    const told = new ToldCluster();
    told.apply(pod('shop/web-a', { owner: 'StatefulSet/web' }), 'ADDED', 1000);
    told.apply(pod('shop/web-a', { owner: 'StatefulSet/web' }), 'DELETED', 2000);
    told.apply(pod('shop/web-a', { owner: 'StatefulSet/web' }), 'ADDED', 3000);
    told.model.forgetBefore(9000);
    expect(told.workloads()).toEqual(['StatefulSet/web: 1']);
    expect(told.model.snapshot().workloads[0]?.pods[0]?.ended).toBe(false);
  });

  test('the oldest of a workload is forgotten first, and none of another', () => {
    const gone = new GonePods();
    gone.add('other', 'b', 0);
    for (let index = 0; index < KEPT; index++) expect(gone.add(`${index}`, 'a', index)).toBeNull();
    expect(gone.add('one more', 'a', KEPT)).toBe('0');
    gone.back('1');
    expect(gone.add('and more', 'a', KEPT)).toBeNull();
    expect(gone.forgetBefore(1)).toEqual(['other']);
  });
});
