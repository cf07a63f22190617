/** DESIGN section 6, DNS: every draft that isolates egress contains it, or says that it could not and why. */
import { describe, expect, test } from 'vitest';
import { ip } from '../../src/domain/ip.ts';
import type { ClusterInfo, ServiceInfo, WorkloadInfo } from '../../src/recommend/cluster.ts';
import type { Draft } from '../../src/recommend/draft.ts';
import { recommend } from '../../src/recommend/recommend.ts';
import { cluster, coredns, edge, ips, service, workloadInfo } from '../world.ts';
import { DNS_RULE, drafted, draftOf, rulesOf } from './drafted.ts';

const web = workloadInfo('shop/web');
const onNodes = (...addresses: readonly string[]): WorkloadInfo => ({
  ...coredns.workload,
  hostNetwork: true,
  pods: coredns.workload.pods
    .slice(0, addresses.length)
    .map((pod, index) => ({ ...pod, hostNetwork: true, ips: ips(addresses[index] ?? '') })),
});

interface World {
  readonly dns?: readonly WorkloadInfo[];
  readonly services?: readonly ServiceInfo[];
  readonly own?: WorkloadInfo;
  readonly nodeCidrs?: readonly string[];
  readonly edges?: Parameters<typeof drafted>[1];
}

function draftWith({ dns = [], services = [coredns.service], own = web, ...more }: World): Draft {
  const result = recommend({
    cluster: { ...cluster([]), workloads: [own, ...dns], services } satisfies ClusterInfo,
    edges: more.edges ?? [],
    window: { start: 0, end: 1 },
    known: { nodeCidrs: more.nodeCidrs ?? [], controlPlaneCidrs: [] },
  });
  return draftOf(result, 'shop/web');
}

const sentenceOf = (draft: Draft, code: string): string | undefined =>
  draft.caveats.find((caveat) => caveat.code === code)?.sentence;
const blocksOf = (draft: Draft): unknown[] =>
  draft.rules.flatMap(({ peers }) => peers ?? []).map((peer) => peer.ipBlock?.cidr);

const hashed = { 'pod-template-hash': 'x' };
const nameless: WorkloadInfo = {
  ...coredns.workload,
  selector: { matchLabels: hashed },
  templateLabels: hashed,
  pods: coredns.workload.pods.map((pod) => ({ ...pod, labels: hashed })),
};
const named: ServiceInfo = {
  ...coredns.service,
  ports: coredns.service.ports.map((port) => ({ ...port, targetPort: 'dns' })),
};

describe('a draft says what of DNS it lacks', () => {
  test.each<[string, World, RegExp]>([
    [
      'nobody is behind the Service',
      {},
      /kube-system\/kube-dns .*no workload that its selector finds is known/,
    ],
    [
      'no label names its pods',
      { dns: [nameless], services: [{ ...coredns.service, selector: hashed }] },
      /kube-system\/kube-dns .*kube-system\/coredns \(/,
    ],
    [
      'it is on its nodes’ network and does not run',
      { dns: [onNodes()] },
      /none of its pods runs; give nodeCIDRs/,
    ],
    [
      'its target port is a name',
      { dns: [coredns.workload], services: [named] },
      /nobody is known to have the port/,
    ],
    [
      'its own nameserver is a Service of nobody',
      {
        dns: [coredns.workload],
        services: [
          coredns.service,
          service('shop/resolver', { clusterIps: ips('10.96.5.5'), ports: coredns.service.ports }),
        ],
        own: workloadInfo('shop/web', { dnsPolicy: 'None', nameservers: ips('10.96.5.5') }),
      },
      /shop\/resolver .*no workload/,
    ],
  ])('%s', (_, world, expected) => {
    const draft = draftWith(world);
    expect(draft.rules).toEqual([]);
    expect(sentenceOf(draft, 'dns-not-drafted')).toMatch(expected);
  });

  test('one of two that answer', () => {
    const other = { ...onNodes(), ref: { ...coredns.workload.ref, name: 'coredns-on-nodes' } };
    const draft = draftWith({ dns: [coredns.workload, other] });
    expect(draft.rules.map(({ title }) => title)).toEqual(['DNS']);
    expect(sentenceOf(draft, 'dns-not-drafted')).toContain('kube-system/coredns-on-nodes');
  });

  test('the cluster’s, beside nameservers of its own', () => {
    const own = workloadInfo('shop/web', { nameservers: ips('10.1.1.1') });
    const draft = draftWith({ own, services: [] });
    expect(blocksOf(draft)).toEqual(['10.1.1.1/32']);
    expect(sentenceOf(draft, 'dns-not-drafted')).toContain('DNS of the cluster');
  });

  test('nothing of what is gone while another answers', () => {
    const gone = {
      ...onNodes(),
      ref: { ...coredns.workload.ref, name: 'kube-dns' },
      selector: null,
      templateLabels: null,
    };
    const pods = coredns.workload.pods.map((pod) => ({ ...pod, hostNetwork: true, ended: true }));
    const draft = draftWith({ dns: [coredns.workload, { ...gone, pods }], nodeCidrs: ['192.168.100.0/24'] });
    expect(sentenceOf(draft, 'dns-not-drafted')).toBeUndefined();
    expect(blocksOf(draft)).toEqual([undefined]);
  });
});

describe('DNS on its nodes’ network', () => {
  test('is where it runs today, with a caveat, unless nodeCIDRs say where it may', () => {
    const today = draftWith({ dns: [onNodes('192.168.100.1')] });
    expect(blocksOf(today)).toEqual(['192.168.100.1/32']);
    expect(sentenceOf(today, 'node-addresses')).toContain('give nodeCIDRs');
    const dns = ['192.168.100.1', '192.168.100.2'].map((address) =>
      draftWith({ dns: [onNodes(address)], nodeCidrs: ['192.168.100.0/24'] }),
    );
    expect(dns.map(blocksOf)).toEqual([['192.168.100.0/24'], ['192.168.100.0/24']]);
    expect(dns.flatMap(({ caveats }) => caveats).map(({ code }) => code)).not.toContain('node-addresses');
    expect(blocksOf(draftWith({ dns: [onNodes()], nodeCidrs: ['192.168.100.0/24'] }))).toEqual([
      '192.168.100.0/24',
    ]);
  });

  test('is added where nodeCIDRs do not hold it', () => {
    const draft = draftWith({ dns: [onNodes('192.168.200.1')], nodeCidrs: ['192.168.100.0/24'] });
    expect(blocksOf(draft)).toEqual(['192.168.100.0/24', '192.168.200.1/32']);
    expect(sentenceOf(draft, 'node-addresses')).toContain('give nodeCIDRs');
  });

  test('covers a connection to where it was, so no observed rule repeats the convention', () => {
    const draft = draftWith({
      dns: [onNodes('192.168.100.1')],
      nodeCidrs: ['192.168.100.0/24'],
      edges: [edge('shop/web -> node:node-b@192.168.100.2:53/udp')],
    });
    expect(draft.rules.map(({ basis }) => basis)).toEqual(['convention']);
  });
});

describe('the baseline', () => {
  test('opens the nameserver of one workload to that one alone', () => {
    const own = workloadInfo('shop/web', { dnsPolicy: 'None', nameservers: [ip('198.51.100.53')] });
    const result = drafted([own, workloadInfo('shop/db')], [], { options: { baseline: 'default-deny' } });
    expect(rulesOf(result, 'shop/default-deny')).toEqual([DNS_RULE]);
    expect(rulesOf(result, 'shop/web').join()).toContain('198.51.100.53/32');
  });

  test('says what of DNS it lacks', () => {
    const { outcomes } = recommend({
      cluster: { ...cluster([]), workloads: [web], services: [coredns.service] },
      edges: [],
      window: { start: 0, end: 1 },
      known: { nodeCidrs: [], controlPlaneCidrs: [] },
      options: { baseline: 'default-deny' },
    });
    const lacking = outcomes.filter(
      (each) => each.kind === 'draft' && sentenceOf(each, 'dns-not-drafted') !== undefined,
    );
    expect(lacking.map(({ workload }) => workload.name)).toEqual(['default-deny', 'web']);
  });
});

test('what must be known of the selector of who answers is said where DNS is allowed too', () => {
  const labels = { 'k8s-app': 'kube-dns', canary: 'yes' };
  const canary = workloadInfo('kube-system/coredns-canary', { labels, dnsPolicy: 'Default' });
  const draft = draftWith({ dns: [coredns.workload, canary] });
  expect(sentenceOf(draft, 'selector-fragile')).toContain('kube-system/coredns');
  expect(draft.rules.map(({ title }) => title)).toEqual(['DNS']);
});
