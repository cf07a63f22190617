import { describe, expect, test } from 'vitest';
import { ip } from '../../src/domain/ip.ts';
import { LeaseBook } from '../../src/identity/lease-book.ts';
import { ClusterModel } from '../../src/kube/cluster-model.ts';
import type { Applied, ClusterEvent } from '../../src/kube/cluster-model.ts';
import { clusterRangesOf } from '../../src/kube/ranges.ts';
import { formatCidr } from '../../src/domain/cidr.ts';

const CREATED = '2026-11-21T22:00:00Z';
const NOW = Date.parse('2026-11-21T22:10:00Z');

interface Meta {
  readonly labels?: Record<string, string>;
  readonly owner?: string;
  readonly deletionTimestamp?: string;
  readonly deletionGracePeriodSeconds?: number;
}

/** `Kind namespace/name`, with its uid made from both; owners are written `Kind/name`. */
function object(text: string, meta: Meta, rest: Record<string, unknown>): Record<string, unknown> {
  const [kind = '', path = ''] = text.split(' ');
  const [namespace = '', name = ''] = path.split('/');
  const { owner, ...more } = meta;
  const [ownerKind, ownerName] = (owner ?? '').split('/');
  return {
    apiVersion: 'v1',
    kind,
    metadata: {
      name,
      namespace,
      uid: `${kind}-${name}`,
      creationTimestamp: CREATED,
      ...more,
      ...(owner === undefined
        ? {}
        : {
            ownerReferences: [
              { kind: ownerKind, name: ownerName, uid: `${ownerKind}-${ownerName}`, controller: true },
            ],
          }),
    },
    ...rest,
  };
}

const container = { name: 'main', ports: [{ name: 'http', containerPort: 8080 }] };

function pod(
  path: string,
  meta: Meta = {},
  status: Record<string, unknown> = {},
  spec: Record<string, unknown> = {},
): Record<string, unknown> {
  return object(
    `Pod ${path}`,
    { labels: { app: 'web', 'pod-template-hash': 'x' }, owner: 'ReplicaSet/web-x', ...meta },
    {
      spec: { nodeName: 'node-a', containers: [container], ...spec },
      status: { phase: 'Running', podIP: '10.244.1.2', startTime: CREATED, ...status },
    },
  );
}

const deployment = object(
  'Deployment shop/web',
  {},
  {
    spec: {
      selector: { matchLabels: { app: 'web' } },
      template: { metadata: { labels: { app: 'web' } }, spec: { containers: [container] } },
    },
  },
);
const replicaSet = object(
  'ReplicaSet shop/web-x',
  { owner: 'Deployment/web' },
  {
    spec: {
      selector: { matchLabels: { app: 'web', 'pod-template-hash': 'x' } },
      template: { spec: { containers: [container] } },
    },
  },
);

class Cluster {
  readonly book = new LeaseBook();
  readonly model = new ClusterModel(this.book);

  apply(raw: unknown, type: ClusterEvent['type'] = 'ADDED'): Applied {
    this.model.learnOwner(raw);
    return this.model.apply({ observedAt: NOW, type, object: raw });
  }

  holderOf(address: string): string[] {
    return this.book
      .leasesOf(ip(address))
      .map(({ holder }) =>
        'workload' in holder
          ? `${holder.workload.kind}/${holder.workload.name}`
          : 'name' in holder
            ? `${holder.kind} ${holder.name}`
            : holder.kind,
      );
  }
}

describe('owners', () => {
  test('a pod of a ReplicaSet of a Deployment belongs to the Deployment, whichever is listed first', () => {
    const cluster = new Cluster();
    cluster.model.learnOwner(replicaSet);
    for (const each of [pod('shop/web-x-1'), replicaSet, deployment]) cluster.apply(each);
    expect(cluster.holderOf('10.244.1.2')).toEqual(['Deployment/web']);
    expect(
      cluster.model.snapshot().workloads.map(({ ref, pods }) => [ref.kind, ref.name, pods.length]),
    ).toEqual([['Deployment', 'web', 1]]);
  });

  test("a pod of a Job of a CronJob belongs to the CronJob, whose selector is not the Job's", () => {
    const cluster = new Cluster();
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
    const cluster = new Cluster();
    cluster.apply(object('ReplicaSet shop/web-x', { owner: 'Rollout/web' }, { spec: {} }));
    cluster.apply(pod('shop/web-x-1'));
    expect(cluster.holderOf('10.244.1.2')).toEqual(['Rollout/web']);
  });

  test('a bare pod and the mirror of a static pod are workloads of their own', () => {
    const cluster = new Cluster();
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

describe('objects', () => {
  test('a pod holds all its podIPs and none when it is hostNetwork', () => {
    const cluster = new Cluster();
    cluster.apply(pod('shop/web-x-1', {}, { podIPs: [{ ip: '10.244.1.2' }, { ip: 'fd00:244:1:0::2' }] }));
    cluster.apply(pod('shop/web-x-2', {}, { podIP: '192.168.100.1' }, { hostNetwork: true }));
    expect([
      cluster.holderOf('10.244.1.2'),
      cluster.holderOf('fd00:244:1::2'),
      cluster.holderOf('192.168.100.1'),
    ]).toEqual([['ReplicaSet/web-x'], ['ReplicaSet/web-x'], []]);
  });

  test('a removed pod stays known to its workload, as ended', () => {
    const cluster = new Cluster();
    for (const each of [replicaSet, deployment, pod('shop/web-x-1')]) cluster.apply(each);
    cluster.apply(pod('shop/web-x-1'), 'DELETED');
    expect(cluster.model.snapshot().workloads[0]?.pods.map((each) => [each.name, each.ended])).toEqual([
      ['web-x-1', true],
    ]);
  });

  test('Services give every address and port; a headless one gives none; a missing targetPort is the port', () => {
    const cluster = new Cluster();
    cluster.apply(
      object(
        'Service shop/web',
        {},
        {
          spec: {
            type: 'LoadBalancer',
            clusterIP: '10.96.0.11',
            clusterIPs: ['10.96.0.11', 'fd00:96::b'],
            externalIPs: ['203.0.113.5'],
            ports: [{ port: 80 }],
          },
          status: { loadBalancer: { ingress: [{ ip: '198.51.100.1' }, {}] } },
        },
      ),
    );
    cluster.apply(
      object(
        'Service shop/quiet',
        {},
        { spec: { clusterIP: 'None', clusterIPs: ['None'], ports: [{ port: 80, targetPort: 'http' }] } },
      ),
    );
    const [quiet, web] = cluster.model.snapshot().services;
    expect(quiet).toMatchObject({ clusterIps: [], ports: [{ targetPort: 'http', protocol: 'tcp' }] });
    expect(web).toMatchObject({
      clusterIps: ['10.96.0.11', 'fd00:96::b'],
      externalIps: ['203.0.113.5', '198.51.100.1'],
      ports: [{ port: 80, targetPort: 80 }],
    });
    expect(cluster.holderOf('198.51.100.1')).toEqual(['service web']);
  });

  test('nodes hold their addresses and the gateways of their pod ranges', () => {
    const cluster = new Cluster();
    cluster.apply(
      object(
        'Node /node-a',
        {},
        {
          spec: { podCIDRs: ['10.244.1.0/24', 'fd00:244:1::/64'] },
          status: {
            addresses: [
              { type: 'InternalIP', address: '192.168.100.1' },
              { type: 'Hostname', address: 'node-a' },
            ],
          },
        },
      ),
    );
    expect(['192.168.100.1', '10.244.1.1', 'fd00:244:1::1'].map((each) => cluster.holderOf(each)[0])).toEqual(
      ['node node-a', 'node node-a', 'node node-a'],
    );
    expect(clusterRangesOf(cluster.model.snapshot()).pods.blocks.map(formatCidr)).toEqual([
      '10.244.1.0/24',
      'fd00:244:1::/64',
    ]);
  });

  test('the API server is whatever the slices of default/kubernetes list', () => {
    const cluster = new Cluster();
    const slice = (name: string, service: string, address: string): Record<string, unknown> =>
      object(
        `EndpointSlice default/${name}`,
        { labels: { 'kubernetes.io/service-name': service } },
        { endpoints: [{ addresses: [address] }], ports: [{ port: 6443, protocol: 'TCP' }] },
      );
    cluster.apply(slice('kubernetes', 'kubernetes', '192.168.100.1'));
    cluster.apply(slice('other-abc', 'other', '10.244.1.7'));
    expect(cluster.model.snapshot().apiServers).toEqual([{ ip: '192.168.100.1', port: 6443 }]);
    expect(cluster.holderOf('192.168.100.1')).toEqual(['apiserver']);
  });

  test('the Service range is at least the span of the cluster IPs, and no guess beyond one range', () => {
    const services = (...texts: string[]): string[] =>
      clusterRangesOf({
        nodes: [],
        services: texts.map((text) => ({ clusterIps: [ip(text)] }) as never),
      }).services.blocks.map(formatCidr);
    expect(services('10.96.0.1', '10.96.0.30')).toEqual(['10.96.0.0/27']);
    expect(services('10.96.0.1', '172.20.0.1')).toEqual([]);
  });

  test("DNS settings: hostNetwork with ClusterFirst is the node's resolver", () => {
    const cluster = new Cluster();
    cluster.apply(pod('shop/a', { owner: 'Rollout/a' }, {}, { hostNetwork: true }));
    cluster.apply(
      pod(
        'shop/b',
        { owner: 'Rollout/b' },
        {},
        { dnsPolicy: 'None', dnsConfig: { nameservers: ['10.1.1.1'] } },
      ),
    );
    expect(
      cluster.model.snapshot().workloads.map(({ dnsPolicy, nameservers }) => [dnsPolicy, nameservers]),
    ).toEqual([
      ['Default', []],
      ['None', ['10.1.1.1']],
    ]);
  });
});

describe('broken and foreign objects', () => {
  test.each([
    [
      'a podIP that is none',
      pod('shop/web-x-1', {}, { podIP: '10.244.1.300' }),
      'Pod shop/web-x-1',
      'status.podIP',
    ],
    [
      'no containers',
      pod('shop/web-x-1', {}, {}, { containers: null }),
      'Pod shop/web-x-1',
      'spec.containers',
    ],
    [
      'a time that is none',
      pod('shop/web-x-1', {}, { startTime: 'yesterday' }),
      'Pod shop/web-x-1',
      'status.startTime',
    ],
    [
      'a hostile label value',
      pod('shop/web-x-1', { labels: { app: 'a\n---\nkind: x' } }),
      'Pod shop/web-x-1',
      'metadata.labels.app',
    ],
    [
      'a hostile name',
      object('Pod shop/a\nb', {}, { spec: { containers: [] } }),
      'Pod shop/a\nb',
      'metadata.name',
    ],
    ['no metadata', { apiVersion: 'v1', kind: 'Service', spec: {} }, 'Service ?', 'metadata'],
    ['no object at all', 'nonsense', 'object without a kind', 'object'],
  ])('%s is a reject that names the object and the field', (_, raw, name, path) => {
    const applied = new Cluster().apply(raw);
    expect(applied).toMatchObject({ kind: 'rejected', reject: { object: name } });
    expect(applied.kind === 'rejected' && applied.reject.problem.startsWith(`${path}:`)).toBe(true);
  });

  test('a kind that is not used is ignored by name', () => {
    expect(new Cluster().apply(object('ConfigMap shop/x', {}, {}))).toEqual({
      kind: 'ignored',
      what: 'ConfigMap',
    });
  });
});
