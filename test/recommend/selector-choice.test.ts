/** Choices between selectors that all would be exact: which label is taken, and which is never trusted. */
import { expect, test } from 'vitest';
import type { WorkloadInfo } from '../../src/recommend/cluster.ts';
import { service, workloadInfo } from '../world.ts';
import { codesOf, drafted, omissionOf, selectorOf } from './drafted.ts';

type Labels = Readonly<Record<string, string>>;

const unselected = (text: string, labels: Labels): WorkloadInfo =>
  workloadInfo(text, { selector: null, labels });

/** Pods of an operator's own kind: no template and no selector is known. */
const operated = (text: string, ...podLabels: readonly Labels[]): WorkloadInfo =>
  workloadInfo(text, { selector: null, templateLabels: null, podLabels });

const report = (labels: Labels, ...others: readonly WorkloadInfo[]): string =>
  selectorOf(drafted([unselected('shop/CronJob/report', labels), ...others]), 'shop/report');

test('a bare ReplicaSet’s expression on its rollout is no selector either', () => {
  const bare = workloadInfo('shop/ReplicaSet/web', {
    labels: { app: 'web' },
    selector: { matchExpressions: [{ key: 'pod-template-hash', operator: 'In', values: ['7d4f9c6b5'] }] },
  });
  expect(selectorOf(drafted([bare]), 'shop/web')).toBe('app=web');
});

test('of workloads that share a policy only a selector that all of them have is their own', () => {
  const labels = { app: 'x', tier: 'y' };
  const all = [
    workloadInfo('shop/a', { labels, selector: { matchLabels: labels } }),
    workloadInfo('shop/b', { labels, selector: { matchLabels: { app: 'x' } } }),
  ];
  expect(selectorOf(drafted(all), 'shop/a')).toBe('app=x');
});

test.each(['deadbeef01', '9b2f6c1e-0c1d-4c0e-8f4e-2b6f0a1c2d3e', 'v1.2.3', '2026-11-22T07'])(
  'the value %s belongs to a release: its label is never taken',
  (build) => {
    expect(report({ build, zone: 'z' })).toBe('zone=z');
  },
);

test.each(['a-checksum', 'a.k8s.io/x', 'k8s.io/x', 'a.istio.io/x', 'chart'])(
  'the label %s is some tool’s and is never taken',
  (key) => {
    expect(report({ [key]: 'x', zone: 'z' })).toBe('zone=z');
  },
);

test('an own selector that asks for the lack of a label is not called fragile: people wrote it', () => {
  const web = workloadInfo('shop/web', {
    selector: {
      matchLabels: { app: 'web' },
      matchExpressions: [{ key: 'canary', operator: 'DoesNotExist' }],
    },
  });
  expect(codesOf(drafted([web]), 'shop/web')).toEqual([]);
});

test('one label that tells it from all is better than two that are better known', () => {
  const rivals = [
    unselected('shop/CronJob/x', { a: '2', b: '1', c: '2' }),
    unselected('shop/CronJob/y', { a: '1', b: '2', c: '2' }),
  ];
  expect(report({ a: '1', b: '1', c: '1' }, ...rivals)).toBe('c=1');
});

test('of many labels that it takes the best known stay', () => {
  const labels = { a: '1', b: '1', c: '1', d: '1', e: '1', f: '1' };
  const others = [{ a: '2' }, { b: '2' }, { c: '2' }, { d: '2' }, { e: '2', f: '2' }].map((each, index) =>
    unselected(`shop/CronJob/not-${index}`, { ...labels, ...each }),
  );
  expect(report(labels, ...others)).toBe('a=1, b=1, c=1, d=1, e=1');
});

test('whoever shares a policy, it is named by the same in whatever order they are listed', () => {
  const jobs = ['a', 'b'].map((name) => unselected(`shop/Job/${name}`, { app: 'job' }));
  expect(drafted(jobs.toReversed()).outcomes).toEqual(drafted(jobs).outcomes);
});

test('a label that differs among pods of one workload is no label of it', () => {
  const pods = [
    { app: 'a', zone: 'z' },
    { app: 'b', zone: 'z' },
  ];
  expect(selectorOf(drafted([operated('shop/Database/main', ...pods)]), 'shop/main')).toBe('zone=z');
});

test('what names an operator’s resource is its label before the role of the only pod that it has today', () => {
  const primary = { cluster: 'pg', component: 'db', role: 'primary' };
  const selector = (...pods: readonly Labels[]): string =>
    selectorOf(drafted([operated('shop/Cluster/pg', ...pods)]), 'shop/pg');
  expect(selector(primary)).toBe('cluster=pg');
  expect(selector(primary, { ...primary, role: 'replica' })).toBe('cluster=pg');
  const pod = drafted([operated('shop/Pod/client', { app: 'tools', zone: 'client' })]);
  expect(
    pod.outcomes.flatMap((each) => (each.kind === 'draft' ? [each.policy.spec.podSelector] : [])),
  ).toContainEqual({
    matchLabels: { app: 'tools' },
  });
});

test('a label that names a version comes after every other, unless a Service finds the workload by it', () => {
  const labels = { version: 'v1', zone: 'z' };
  expect(report(labels)).toBe('zone=z');
  const services = [service('shop/report', { selector: { version: 'v1' } })];
  const found = drafted([unselected('shop/CronJob/report', labels)], [], { detail: { services } });
  expect(selectorOf(found, 'shop/report')).toBe('version=v1');
});

test('labels that it lacks are no selector: what carries none but a rollout’s is not selectable', () => {
  const bare = unselected('shop/Job/once', { 'job-name': 'once' });
  expect(omissionOf(drafted([bare, workloadInfo('shop/web')]), 'shop/once')).toContain(
    'no label of its pods',
  );
  const instance = unselected('shop/Job/part', { 'app.kubernetes.io/instance': 'shop' });
  const main = unselected('shop/CronJob/main', { 'app.kubernetes.io/instance': 'shop', app: 'main' });
  expect(omissionOf(drafted([instance, main]), 'shop/part')).toContain('not-selectable');
});

test('an own selector that does not name its own pods is no draft', () => {
  const odd = workloadInfo('shop/web', { labels: { app: 'web' }, podLabels: [{ app: 'elsewhere' }] });
  expect(omissionOf(drafted([odd]), 'shop/web')).toContain('no selector matches them all');
});

test('what another lacks is asked for by a key that stays, before one that is seen to change', () => {
  const web = workloadInfo('shop/web');
  const rival = workloadInfo('shop/rival', { labels: { app: 'web', alpha: '1', beta: '2' } });
  expect(selectorOf(drafted([web, rival]), 'shop/web')).toBe('app=web, !alpha');
  const varying = workloadInfo('db/patroni', {
    podLabels: [
      { app: 'patroni', alpha: '1' },
      { app: 'patroni', alpha: '2' },
    ],
  });
  expect(selectorOf(drafted([web, rival, varying]), 'shop/web')).toBe('app=web, !beta');
});

test('a label is asked for before the lack of one', () => {
  const mine = workloadInfo('shop/web', {
    labels: { app: 'x', zone: 'a' },
    selector: { matchLabels: { app: 'x' } },
  });
  const others = [
    workloadInfo('shop/y', { labels: { app: 'x', zone: 'b' } }),
    workloadInfo('shop/z', { labels: { app: 'x', zone: 'a', canary: '1', also: '2' } }),
  ];
  // No label tells it from z, so one is asked for that it lacks; of equal sizes labels come first.
  expect(selectorOf(drafted([mine, ...others.slice(0, 1)]), 'shop/web')).toBe('app=x, zone=a');
  expect(selectorOf(drafted([mine, ...others]), 'shop/web')).toBe('app=x, zone=a, !also');
});

test('six rivals that each share all labels but one need all six, and the best known label stays', () => {
  const labels = { a: '1', b: '1', c: '1', d: '1', e: '1', f: '1' };
  const rivals = Object.keys(labels).map((key) =>
    unselected(`shop/CronJob/not-${key}`, { ...labels, [key]: '2' }),
  );
  expect(report(labels, ...rivals)).toBe('a=1, b=1, c=1, d=1, e=1, f=1');
});

test('expressions of an own selector are printed in one order', () => {
  const selector = (keys: readonly string[]) => ({
    matchExpressions: keys.map((key) => ({ key, operator: 'Exists' as const })),
  });
  const web = (keys: readonly string[]) =>
    workloadInfo('shop/web', { labels: { app: 'web', tier: 'x' }, selector: selector(keys) });
  expect(drafted([web(['tier', 'app'])]).outcomes).toEqual(drafted([web(['app', 'tier'])]).outcomes);
});

test('pods of an operator’s kind differ by design and teach nothing about labels', () => {
  const operator = operated('db/Database/main', { role: 'primary' }, { role: 'replica' });
  expect(report({ role: 'report', zone: 'z' }, operator)).toBe('role=report');
});

test('a label that only some pods of an owner carry does not vary', () => {
  const injected = workloadInfo('db/main', { podLabels: [{ app: 'main' }, { app: 'main', role: 'x' }] });
  const result = drafted([injected, unselected('shop/CronJob/report', { role: 'report', zone: 'z' })]);
  expect(selectorOf(result, 'shop/report')).toBe('role=report');
  expect(codesOf(result, 'shop/report')).toEqual([]);
});

test('a third workload that cannot be told from one of two that share a policy shares it too', () => {
  const all = [
    operated('shop/Kind/a', { app: 'x' }),
    operated('shop/Kind/b', { app: 'x' }, { app: 'y' }),
    operated('shop/Kind/c', { app: 'y' }),
  ].map((each) => each);
  const result = drafted(all);
  expect(result.outcomes.map(({ workload }) => workload.name)).toEqual(['coredns', 'a']);
  expect(omissionOf(result, 'shop/a')).toContain('no label that its pods share tells shop/a, shop/b, shop/c');
});
