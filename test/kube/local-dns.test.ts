/** Where a node-local DNS cache listens, as its DaemonSet tells it: every form in which Go takes a flag, and no other. */
import { describe, expect, test } from 'vitest';
import { RESOURCES } from '../../src/kube/watch/cluster-watch.ts';
import { Sharing } from '../../src/kube/watch/sharing.ts';
import { objectOf } from '../../src/kube/watch/slim-object.ts';
import type { LocalDns } from '../../src/recommend/cluster.ts';
import { object, ToldCluster } from './told-cluster.ts';

function localDnsOf(...containers: readonly object[]): LocalDns | undefined {
  const cluster = new ToldCluster();
  const template = { metadata: { labels: { 'k8s-app': 'node-local-dns' } }, spec: { containers } };
  const selector = { matchLabels: { 'k8s-app': 'node-local-dns' } };
  cluster.apply(object('DaemonSet kube-system/nodelocaldns', {}, { spec: { selector, template } }));
  return cluster.model.snapshot().workloads[0]?.localDns;
}

const BOTH = { addresses: ['169.254.25.10', '10.233.0.3'], isWhole: true };
const LIST = '169.254.25.10,10.233.0.3';

test.each<[string, object]>([
  ['the flag and its value apart', { args: ['-localip', LIST, '-conf', '/etc/coredns/Corefile'] }],
  ['in one', { args: [`-localip=${LIST}`] }],
  ['with two dashes', { args: ['--localip', LIST] }],
  ['in one with two dashes', { args: ['-conf', 'x', `--localip=${LIST}`] }],
  ['in the command', { command: ['/node-cache', '-localip', LIST] }],
  [
    'the flag in the command and its value in the arguments',
    { command: ['/node-cache', '-localip'], args: [LIST] },
  ],
  ['in a line for a shell', { command: ['sh', '-c', `exec /node-cache -localip "${LIST}" -conf x`] }],
])('%s', (_, container) => {
  expect(localDnsOf({ name: 'exporter', args: ['-port=9100'] }, { name: 'cache', ...container })).toEqual(
    BOTH,
  );
});

test('addresses of both families, each once', () => {
  expect(localDnsOf({ args: ['-localip', '169.254.20.10,fd00::a,169.254.20.10'] })).toEqual({
    addresses: ['169.254.20.10', 'fd00::a'],
    isWhole: true,
  });
});

describe('what cannot be read is said, and the rest is known', () => {
  test.each<[string, readonly string[], readonly string[]]>([
    ['a variable', ['-localip', '$(LOCAL_IP)'], []],
    ['a variable beside an address', ['-localip=169.254.20.10,$(DNS_IP)'], ['169.254.20.10']],
    ['nothing', ['-localip='], []],
    ['the end', ['-localip'], []],
  ])('%s', (_, args, addresses) => {
    expect(localDnsOf({ args })).toEqual({ addresses, isWhole: false });
  });
});

test.each<[string, object]>([
  ['no arguments', {}],
  ['null', { args: null, command: null }],
  ['a flag that only begins so', { args: ['-localipv6', '169.254.20.10', '-mylocalip=169.254.20.10'] }],
  ['an address alone', { args: ['169.254.20.10'] }],
])('%s is no cache', (_, container) => {
  expect(localDnsOf({ name: 'main', ...container })).toBeUndefined();
});

test('of a pod whose DaemonSet is not known the same is read, also of what a watch keeps of it', () => {
  const containers = [{ name: 'cache', command: ['/node-cache', '-localip', LIST] }];
  const pod = object('Pod kube-system/cache-x', { labels: {} }, { spec: { containers }, status: {} });
  const kept = keptByWatch(pod);
  const cluster = new ToldCluster();
  cluster.apply({ ...kept });
  expect(cluster.model.snapshot().workloads[0]?.localDns).toEqual(BOTH);
  expect(kept).toMatchObject({ spec: { containers } });
});

test('of any other container no command line is kept', () => {
  const told = { command: ['/db', '--password=x'], args: ['-v'] };
  const containers = [{ name: 'db', ...told }];
  const initContainers = [{ name: 'load', restartPolicy: 'Always', ...told }];
  const pod = object('Pod shop/db-0', { labels: {} }, { spec: { containers, initContainers }, status: {} });
  const kept = keptByWatch(pod);
  expect(kept).toMatchObject({
    spec: { containers: [{ name: 'db' }], initContainers: [{ name: 'load', restartPolicy: 'Always' }] },
  });
  expect(JSON.stringify(kept)).not.toContain('password');
});

function keptByWatch(pod: Readonly<Record<string, unknown>>): object | null {
  const whole = { ...pod, metadata: { ...(pod['metadata'] as object), resourceVersion: '7' } };
  const resource = RESOURCES.find(({ kind }) => kind === 'Pod');
  return resource === undefined ? null : objectOf(structuredClone(whole), resource, new Sharing());
}
