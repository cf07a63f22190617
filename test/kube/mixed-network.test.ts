/** How pods that a policy governs ask DNS, where others of the workload are on their node's network and ask in another way. */
import { expect, test } from 'vitest';
import { container, object, ToldCluster } from './told-cluster.ts';

const podOf = (name: string, hostNetwork: boolean, phase = 'Running') =>
  object(
    `Pod shop/${name}`,
    { owner: 'Agent/a', labels: { app: 'a' } },
    { spec: { containers: [container], hostNetwork }, status: { phase } },
  );
const daemonSet = object(
  'DaemonSet shop/a',
  {},
  {
    spec: {
      selector: { matchLabels: { app: 'a' } },
      template: {
        metadata: { labels: { app: 'a' } },
        spec: { containers: [container], hostNetwork: true },
      },
    },
  },
);
const ofDaemonSet = (hostNetwork: boolean, phase = 'Running') =>
  object(
    'Pod shop/a-1',
    { owner: 'DaemonSet/a', labels: { app: 'a' } },
    { spec: { containers: [container], hostNetwork }, status: { phase } },
  );

const told = (...objects: readonly Record<string, unknown>[]) => {
  const cluster = new ToldCluster();
  for (const each of objects) cluster.apply(each);
  return cluster.model.snapshot().workloads.map(({ hostNetwork, dnsPolicy }) => ({ hostNetwork, dnsPolicy }));
};

const OFF = { hostNetwork: false, dnsPolicy: 'ClusterFirst' };
const ON = { hostNetwork: true, dnsPolicy: 'Default' };

test.each<[string, readonly Record<string, unknown>[], object]>([
  ['as those off it do, also if one on it is listed first', [podOf('a-1', true), podOf('a-2', false)], OFF],
  ['as those off it do, if one of them is listed first', [podOf('a-1', false), podOf('a-2', true)], OFF],
  ['as those that live do', [podOf('a-1', false, 'Succeeded'), podOf('a-2', true)], ON],
  [
    'as the last one off it did, if all have ended',
    [podOf('a-1', true, 'Failed'), podOf('a-2', false, 'Failed')],
    OFF,
  ],
  ['as the template says', [daemonSet], ON],
  [
    'as a pod of before the template put them there',
    [daemonSet, ofDaemonSet(false)],
    { ...ON, dnsPolicy: 'ClusterFirst' },
  ],
  ['as the template says once that has ended', [daemonSet, ofDaemonSet(false, 'Failed')], ON],
])('%s', (_, objects, expected) => {
  expect(told(...objects)).toEqual([expected]);
});
