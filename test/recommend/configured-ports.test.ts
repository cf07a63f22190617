/** Ports that follow from configuration: those of webhooks, and a Service's own for a plugin that enforces before DNAT. */
import { describe, expect, test } from 'vitest';
import type { ServicePort } from '../../src/recommend/cluster.ts';
import { recommend } from '../../src/recommend/recommend.ts';
import { cluster, coredns, edge, ips, service, workloadInfo } from '../world.ts';
import { drafted, rulesOf } from './drafted.ts';

const web = workloadInfo('shop/web');
const db = workloadInfo('shop/db');

const port = (text: string): ServicePort => {
  const [number, targetPort, protocol] = text.split(/[>/]/);
  return {
    protocol: protocol === 'udp' ? 'udp' : 'tcp',
    port: Number(number),
    targetPort: Number(targetPort),
    nodePort: null,
  };
};

describe('a webhook', () => {
  const hook = workloadInfo('cert/hook');
  const webhooks = [
    {
      kind: 'APIService' as const,
      name: 'v1.x',
      service: { namespace: 'cert', name: 'hook', port: 443 },
    },
  ];

  test('is called over TCP, at the Service of its own namespace', () => {
    const services = [
      service('shop/hook', { selector: { app: 'web' }, ports: [port('443>1/tcp')] }),
      service('cert/hook', { ports: [port('443>8443/tcp'), port('443>9443/udp')] }),
    ];
    const result = drafted([hook, web], [], { detail: { services, webhooks } });
    expect(rulesOf(result, 'cert/hook', 'ingress')).toEqual([
      'ingress configuration: any source: any 8443/TCP',
    ]);
    expect(rulesOf(result, 'shop/web', 'ingress')).toEqual([]);
  });
});

describe('the view of a plugin that enforces before DNAT', () => {
  const options = { cni: 'aws-vpc-cni' } as const;
  const views = (result: Parameters<typeof rulesOf>[0]): string[] =>
    rulesOf(result, 'shop/web', 'egress').filter((rule) => rule.includes('configuration'));

  test('has the port by which a protocol was dialled, not that of another', () => {
    const services = [
      service('shop/db', { clusterIps: ips('10.96.7.7'), ports: [port('80>5432/tcp'), port('81>5432/udp')] }),
    ];
    const edges = [edge('shop/web -> shop/db:5432/tcp', { services: ['shop/db'] })];
    expect(views(drafted([web, db], edges, { detail: { services }, options }))[1]).toMatch(/ 80\/TCP$/);
  });

  test('has of the DNS Service what answers DNS, not its metrics', () => {
    const ports = [...coredns.service.ports, port('9153>9153/tcp')];
    const result = recommend({
      cluster: { ...cluster([web]), services: [{ ...coredns.service, ports }] },
      edges: [],
      window: { start: 0, end: 1 },
      known: { nodeCidrs: [], controlPlaneCidrs: [] },
      options,
    });
    expect(views(result)).toEqual([
      'egress configuration: Service kube-system/kube-dns: {"ipBlock":{"cidr":"10.96.0.10/32"}} 53/TCP,53/UDP',
    ]);
  });

  test('DNS that was dialled by another Service needs the view of that one too', () => {
    const upstream = service('kube-system/upstream', {
      selector: { 'k8s-app': 'kube-dns' },
      clusterIps: ips('10.96.0.11'),
      ports: [{ protocol: 'udp', port: 53, targetPort: 53, nodePort: null }],
    });
    const result = recommend({
      cluster: cluster([web], { services: [upstream] }),
      edges: [edge('shop/web -> kube-system/coredns:53/udp', { services: ['kube-system/upstream'] })],
      window: { start: 0, end: 1 },
      known: { nodeCidrs: [], controlPlaneCidrs: [] },
      options,
    });
    expect(rulesOf(result, 'shop/web').at(-1)).toContain('Service kube-system/upstream');
  });
});
