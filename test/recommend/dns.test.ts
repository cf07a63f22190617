/** DNS by convention, in every form that pods are given it: seen or not, exactly and nothing else on port 53. */
import { expect, test } from 'vitest';
import type { DnsPolicy, WorkloadInfo } from '../../src/recommend/cluster.ts';
import { cluster, coredns, edge, ips, service, workloadInfo } from '../world.ts';
import { recommend } from '../../src/recommend/recommend.ts';
import { codesOf, DNS_RULE, drafted, rulesOf } from './drafted.ts';

const using = (dnsPolicy: DnsPolicy, nameservers: readonly string[] = []): WorkloadInfo =>
  workloadInfo('shop/web', { dnsPolicy, nameservers: ips(...nameservers) });

const block = (...cidrs: string[]): string =>
  `egress convention: DNS: ${cidrs.map((each) => `{"ipBlock":{"cidr":"${each}"}}`).join(' ')} 53/TCP,53/UDP`;

const egress = (workload: WorkloadInfo, edges = [] as Parameters<typeof drafted>[1]): string[] =>
  rulesOf(drafted([workload], edges), 'shop/web', 'egress');

test('ClusterFirst, with or without hostNet, is the DNS Service’s pods on their own port', () => {
  expect(egress(using('ClusterFirst'))).toEqual([DNS_RULE]);
  expect(egress(using('ClusterFirstWithHostNet'))).toEqual([DNS_RULE]);
});

test('nameservers beside ClusterFirst are allowed as well', () => {
  expect(egress(using('ClusterFirst', ['10.1.1.1', 'fd12::1']))).toEqual([
    block('10.1.1.1/32', 'fd12::1/128'),
    DNS_RULE,
  ]);
});

test('None is the nameservers alone; one that is a Service stands for the pods behind it', () => {
  expect(egress(using('None', ['10.1.1.1']))).toEqual([block('10.1.1.1/32')]);
  expect(egress(using('None', ['10.96.0.10']))).toEqual([DNS_RULE]);
});

test('a resolver in the pod itself is no connection', () => {
  const result = drafted([using('None', ['127.0.0.1'])]);
  expect(rulesOf(result, 'shop/web')).toEqual([]);
  expect(codesOf(result, 'shop/web')).toEqual(['dns-unknown']);
});

test('Default is the node’s resolver, which only traffic shows', () => {
  const seen = edge('shop/web -> external@192.168.100.53:53/udp');
  expect(egress(using('Default'), [seen])).toEqual([
    'egress observed: outside addresses: {"ipBlock":{"cidr":"192.168.100.53/32"}} 53/UDP',
  ]);
  expect(codesOf(drafted([using('Default')], [seen]), 'shop/web')).toEqual(['dns-of-the-node']);
});

test('OpenShift’s DNS answers on 5353 behind port 53, by a named port', () => {
  const dns = workloadInfo('openshift-dns/DaemonSet/dns-default', {
    labels: { 'dns.operator.openshift.io/daemonset-dns': 'default' },
    ports: [
      { name: 'dns', protocol: 'udp', port: 5353 },
      { name: 'dns-tcp', protocol: 'tcp', port: 5353 },
    ],
  });
  const dnsDefault = service('openshift-dns/dns-default', {
    selector: { 'dns.operator.openshift.io/daemonset-dns': 'default' },
    clusterIps: ips('172.30.0.10'),
    ports: [
      { protocol: 'udp', port: 53, targetPort: 'dns', nodePort: null },
      { protocol: 'tcp', port: 53, targetPort: 'dns-tcp', nodePort: null },
    ],
  });
  const web = using('ClusterFirst');
  const { outcomes } = recommend({
    cluster: { ...cluster([]), workloads: [web, dns], services: [dnsDefault] },
    edges: [edge('shop/web -> openshift-dns/DaemonSet/dns-default:5353/udp')],
    window: { start: 0, end: 1 },
    known: { nodeCidrs: [], controlPlaneCidrs: [] },
  });
  const draft = outcomes.find(({ workload }) => workload.name === 'web');
  if (draft?.kind !== 'draft') throw new Error('no draft');
  expect(draft.rules.map(({ title, ports }) => [title, ports])).toEqual([
    [
      'DNS',
      [
        { protocol: 'TCP', port: 5353 },
        { protocol: 'UDP', port: 5353 },
      ],
    ],
  ]);
});

test('DNS on its nodes’ network is named by their addresses, never by labels', () => {
  const onNodes = {
    ...coredns.workload,
    hostNetwork: true,
    pods: coredns.workload.pods.map((pod, index) => ({
      ...pod,
      hostNetwork: true,
      ips: ips(`192.168.100.${index + 1}`),
    })),
  };
  const web = using('ClusterFirst');
  const { outcomes } = recommend({
    cluster: { ...cluster([]), workloads: [web, onNodes] },
    edges: [edge('shop/web -> node:node-a@192.168.100.1:53/udp')],
    window: { start: 0, end: 1 },
    known: { nodeCidrs: [], controlPlaneCidrs: [] },
  });
  expect(outcomes.map(({ workload }) => workload.name)).toEqual(['web']);
  const [draft] = outcomes;
  expect(draft?.kind === 'draft' ? draft.rules.map(({ title, peers }) => [title, peers]) : []).toEqual([
    ['DNS', [{ ipBlock: { cidr: '192.168.100.1/32' } }, { ipBlock: { cidr: '192.168.100.2/32' } }]],
  ]);
});

test('a node-local cache of a dual-stack cluster is allowed at its address and at both of the Service’s', () => {
  const cache = workloadInfo('kube-system/DaemonSet/node-local-dns', { hostNetwork: true });
  const dual = { ...coredns.service, clusterIps: ips('10.96.0.10', 'fd00:96::a') };
  const web = using('ClusterFirst');
  const { outcomes } = recommend({
    cluster: { ...cluster([]), workloads: [web, cache, coredns.workload], services: [dual] },
    edges: [],
    window: { start: 0, end: 1 },
    known: { nodeCidrs: [], controlPlaneCidrs: [] },
  });
  const draft = outcomes.find(({ workload }) => workload.name === 'web');
  const rule = draft?.kind === 'draft' ? draft.rules[0] : undefined;
  expect(rule?.peers?.map((peer) => peer.ipBlock?.cidr)).toEqual([
    '10.96.0.10/32',
    '169.254.20.10/32',
    'fd00:96::a/128',
  ]);
});
