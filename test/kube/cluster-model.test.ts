/** What each kind of object is to the model: addresses, ports, ranges and settings. */
import { describe, expect, test } from 'vitest';
import { formatCidr } from '../../src/domain/cidr.ts';
import { ip } from '../../src/domain/ip.ts';
import { clusterRangesOf } from '../../src/kube/ranges.ts';
import { ToldCluster, object, pod, deployment, replicaSet } from './told-cluster.ts';

describe('objects', () => {
  test('a pod holds all its podIPs and none when it is hostNetwork', () => {
    const cluster = new ToldCluster();
    cluster.apply(pod('shop/web-x-1', {}, { podIPs: [{ ip: '10.244.1.2' }, { ip: 'fd00:244:1:0::2' }] }));
    cluster.apply(pod('shop/web-x-2', {}, { podIP: '192.168.100.1' }, { hostNetwork: true }));
    expect([
      cluster.holderOf('10.244.1.2'),
      cluster.holderOf('fd00:244:1::2'),
      cluster.holderOf('192.168.100.1'),
    ]).toEqual([['ReplicaSet/web-x'], ['ReplicaSet/web-x'], []]);
  });

  test('a removed pod stays known to its workload, as ended', () => {
    const cluster = new ToldCluster();
    for (const each of [replicaSet, deployment, pod('shop/web-x-1')]) cluster.apply(each);
    cluster.apply(pod('shop/web-x-1'), 'DELETED');
    expect(cluster.model.snapshot().workloads[0]?.pods.map((each) => [each.name, each.ended])).toEqual([
      ['web-x-1', true],
    ]);
  });

  test('Services give every address and port; a headless one gives none; a missing targetPort is the port', () => {
    const cluster = new ToldCluster();
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
    const cluster = new ToldCluster();
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
    const cluster = new ToldCluster();
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

  test('ports of sidecars count as those of containers do, mapped to the node or not (NETPOL 23)', () => {
    const cluster = new ToldCluster();
    const ports = (containerPort: number) => [{ containerPort, hostPort: containerPort }];
    const initContainers = [
      { name: 'sidecar', restartPolicy: 'Always', ports: ports(9999) },
      { name: 'migrate', ports: ports(7777) },
    ];
    cluster.apply(pod('shop/a', { owner: 'Rollout/a' }, {}, { initContainers }));
    const [workload] = cluster.model.snapshot().workloads;
    expect(workload?.hostPorts).toEqual([{ protocol: 'tcp', port: 9999 }]);
    expect(workload?.pods[0]?.ports.map(({ port }) => port)).toEqual([8080, 9999]);
  });

  test("DNS settings: hostNetwork with ClusterFirst is the node's resolver", () => {
    const cluster = new ToldCluster();
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
