/** Ports of the pods that are to come, as the template declares them: a Service may name one before there is a pod. */
import { expect, test } from 'vitest';
import { object, replicaSet, ToldCluster } from './told-cluster.ts';

const spec = {
  containers: [
    {
      name: 'main',
      ports: [
        { name: 'https', containerPort: 9443 },
        { containerPort: 53, protocol: 'UDP' },
      ],
    },
    { name: 'quiet' },
  ],
  initContainers: [
    { name: 'proxy', restartPolicy: 'Always', ports: [{ name: 'mesh', containerPort: 15_008 }] },
    { name: 'migrate', ports: [{ name: 'https', containerPort: 1 }] },
  ],
};
const template = { metadata: { labels: { app: 'hook' } }, spec };
const PORTS = [
  { name: 'https', protocol: 'tcp', port: 9443 },
  { name: null, protocol: 'udp', port: 53 },
  { name: 'mesh', protocol: 'tcp', port: 15_008 },
];

test.each<[string, object]>([
  ['Deployment', { selector: { matchLabels: { app: 'hook' } }, template }],
  ['StatefulSet', { selector: { matchLabels: { app: 'hook' } }, template }],
  ['DaemonSet', { selector: { matchLabels: { app: 'hook' } }, template }],
  ['Job', { template }],
  ['CronJob', { jobTemplate: { spec: { template } } }],
])('%s: those of its containers and of init containers that stay, without a pod', (kind, given) => {
  const cluster = new ToldCluster();
  cluster.apply(object(`${kind} shop/hook`, {}, { spec: given }));
  expect(cluster.model.snapshot().workloads).toMatchObject([{ containerPorts: PORTS, pods: [] }]);
});

test('are unknown of a controller of which only pods are known', () => {
  const cluster = new ToldCluster();
  cluster.apply(replicaSet);
  cluster.apply(object('Pod shop/hook-1', {}, { spec, status: { phase: 'Running' } }));
  const [info] = cluster.model.snapshot().workloads;
  expect(info).not.toHaveProperty('containerPorts');
  expect(info?.pods[0]?.ports).toEqual(PORTS);
});
