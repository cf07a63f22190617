/** What went is known for a while, and not for ever. */
import { describe, expect, test } from 'vitest';
import { ClusterModel } from '../../src/kube/cluster-model.ts';
import { LeaseBook } from '../../src/identity/lease-book.ts';
import { GonePods } from '../../src/kube/gone-pods.ts';

const KEPT = 100;

function meta(kind: string, name: string, owner?: string): Record<string, unknown> {
  const [ownerKind = '', ownerName = ''] = owner?.split('/') ?? [];
  return {
    namespace: 'shop',
    name,
    uid: `${kind} ${name}`,
    creationTimestamp: '2026-01-01T00:00:00Z',
    labels: { app: 'cleanup' },
    ...(owner !== undefined && {
      ownerReferences: [
        { kind: ownerKind, name: ownerName, uid: `${ownerKind} ${ownerName}`, controller: true },
      ],
    }),
  };
}

const job = (name: string): unknown => ({
  apiVersion: 'batch/v1',
  kind: 'Job',
  metadata: meta('Job', name, 'CronJob/cleanup'),
  spec: { selector: { matchLabels: { job: name } }, template: { metadata: {}, spec: { containers: [] } } },
});
const pod = (name: string, owner: string): unknown => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: meta('Pod', name, owner),
  spec: { nodeName: 'n', containers: [{ name: 'c' }] },
  status: { phase: 'Running', podIP: '10.0.0.9' },
});

class Told {
  readonly model = new ClusterModel(new LeaseBook());

  tell(type: 'ADDED' | 'DELETED', observedAt: number, object: unknown): void {
    this.model.learnOwner(object);
    expect(this.model.apply({ type, observedAt, object })).toEqual({ kind: 'applied' });
  }

  /** `Kind/name: number of pods` of each workload. */
  workloads(): string[] {
    return this.model.snapshot().workloads.map(({ ref, pods }) => `${ref.kind}/${ref.name}: ${pods.length}`);
  }
}

describe('pods that went', () => {
  test('of a CronJob of every minute so many are known as show its labels', () => {
    const told = new Told();
    for (let run = 0; run < 3 * KEPT; run++) {
      for (const type of ['ADDED', 'DELETED'] as const)
        for (const each of [job(`run-${run}`), pod(`run-${run}-a`, `Job/run-${run}`)])
          told.tell(type, run * 1000, each);
    }
    expect(told.workloads()).toEqual([`CronJob/cleanup: ${KEPT}`]);
    const [cronJob] = told.model.snapshot().workloads;
    expect(cronJob?.pods.map(({ name }) => name)).toContain(`run-${3 * KEPT - 1}-a`);
  });

  test('with all who controlled them are forgotten after a while; who is there is not', () => {
    const told = new Told();
    for (const name of ['old', 'new']) {
      told.tell('ADDED', 1000, job(name));
      told.tell('ADDED', 1000, pod(`${name}-a`, `Job/${name}`));
    }
    told.tell('DELETED', 2000, pod('old-a', 'Job/old'));
    told.tell('DELETED', 2000, job('old'));
    told.model.forgetBefore(2000);
    expect(told.workloads()).toEqual(['CronJob/cleanup: 2']);
    told.model.forgetBefore(2001);
    expect(told.workloads()).toEqual(['CronJob/cleanup: 1']);
    // Who owned it is as unknown as after a start.
    told.tell('ADDED', 3000, pod('old-b', 'Job/old'));
    told.tell('ADDED', 3000, pod('new-b', 'Job/new'));
    expect(told.workloads()).toEqual(['CronJob/cleanup: 2', 'Job/old: 1']);
  });

  test('and come back under their uid are there again', () => {
    const told = new Told();
    told.tell('ADDED', 1000, pod('web-a', 'StatefulSet/web'));
    told.tell('DELETED', 2000, pod('web-a', 'StatefulSet/web'));
    told.tell('ADDED', 3000, pod('web-a', 'StatefulSet/web'));
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
