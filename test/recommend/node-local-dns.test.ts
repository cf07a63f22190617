/** Node-local DNS caches (DESIGN section 6, DNS): never seen in traffic, so known by what the cluster says of them. */
import { describe, expect, test } from 'vitest';
import type { WorkloadInfo } from '../../src/recommend/cluster.ts';
import { coredns, ips, workloadInfo } from '../world.ts';
import { codesOf, DNS_RULE, draftOf, drafted, rulesOf } from './drafted.ts';

const web = workloadInfo('shop/web');

function told(...addresses: readonly string[]): Pick<WorkloadInfo, 'hostNetwork' | 'localDns'> {
  return { hostNetwork: true, localDns: { addresses: ips(...addresses), isWhole: true } };
}

const at = (...cidrs: readonly string[]): string =>
  `egress convention: DNS: ${cidrs.map((cidr) => `{"ipBlock":{"cidr":"${cidr}"}}`).join(' ')} 53/TCP,53/UDP`;

const egressBeside = (cache: WorkloadInfo): string[] => rulesOf(drafted([web, cache]), 'shop/web', 'egress');

describe('a cache is allowed at the addresses that it is told, and at the DNS Service’s', () => {
  test.each<[string, WorkloadInfo]>([
    ['as Kubespray names it', workloadInfo('kube-system/DaemonSet/nodelocaldns', told('169.254.25.10'))],
    [
      'as kubernetes/dns does',
      workloadInfo('kube-system/DaemonSet/node-local-dns', told('169.254.25.10', '10.96.0.10')),
    ],
    [
      'by its label',
      workloadInfo('kube-system/DaemonSet/dns-cache', {
        ...told('169.254.25.10'),
        labels: { 'k8s-app': 'node-local-dns' },
      }),
    ],
    ['by its argument alone', workloadInfo('kube-system/DaemonSet/dns-cache', told('169.254.25.10'))],
    [
      'an address of its own pod left out',
      workloadInfo('kube-system/DaemonSet/nodelocaldns', told('127.0.0.1', '169.254.25.10')),
    ],
  ])('%s', (_, cache) => {
    const result = drafted([web, cache]);
    expect(rulesOf(result, 'shop/web', 'egress')).toEqual([
      at('10.96.0.10/32', '169.254.25.10/32'),
      DNS_RULE,
    ]);
    expect(codesOf(result, 'shop/web')).toEqual([]);
  });
});

describe('no cache', () => {
  test.each<[string, WorkloadInfo]>([
    ['a tenant’s namesake', workloadInfo('evil/DaemonSet/node-local-dns', told('203.0.113.7'))],
    [
      'a tenant’s label',
      workloadInfo('evil/DaemonSet/x', { ...told('203.0.113.7'), labels: { 'k8s-app': 'node-local-dns' } }),
    ],
    ['a Deployment of that name', workloadInfo('kube-system/node-local-dns', told('203.0.113.7'))],
    [
      'one that is gone',
      {
        ...workloadInfo('kube-system/DaemonSet/node-local-dns', told('203.0.113.7')),
        selector: null,
        templateLabels: null,
        pods: [],
      },
    ],
  ])('%s', (_, other) => {
    expect(egressBeside(other)).toEqual([DNS_RULE]);
  });
});

test.each<[string, Partial<WorkloadInfo>, readonly string[]]>([
  ['no argument', {}, ['10.96.0.10/32', '169.254.20.10/32']],
  [
    'one that cannot be read',
    { localDns: { addresses: [], isWhole: false } },
    ['10.96.0.10/32', '169.254.20.10/32'],
  ],
  [
    'one read in part',
    { localDns: { addresses: ips('169.254.25.10'), isWhole: false } },
    ['10.96.0.10/32', '169.254.25.10/32'],
  ],
])(
  'of an address that nobody knows the usual one stands in, and the draft says so: %s',
  (_, detail, expected) => {
    const cache = workloadInfo('kube-system/DaemonSet/node-local-dns', { hostNetwork: true, ...detail });
    const result = drafted([
      web,
      cache,
      workloadInfo('shop/own', { dnsPolicy: 'None', nameservers: ips('10.1.1.1') }),
    ]);
    expect(rulesOf(result, 'shop/web', 'egress')).toEqual([at(...expected), DNS_RULE]);
    expect(codesOf(result, 'shop/web')).toEqual(['dns-cache-address']);
    expect(codesOf(result, 'shop/own')).toEqual([]);
  },
);

test('a cache on the pod network, to which a plugin redirects, is named as pods and never by address', () => {
  const labels = { 'k8s-app': 'node-local-dns' };
  const cache = workloadInfo('kube-system/DaemonSet/node-local-dns', {
    labels,
    ...told('169.254.20.10'),
    hostNetwork: false,
  });
  expect(egressBeside(cache)).toEqual([
    DNS_RULE,
    DNS_RULE.replace('"k8s-app":"kube-dns"', '"k8s-app":"node-local-dns"'),
  ]);
  expect(rulesOf(drafted([web, cache]), 'kube-system/node-local-dns', 'ingress')).toEqual([
    'ingress convention: DNS for every pod: {"namespaceSelector":{}} 53/TCP,53/UDP',
  ]);
});

test('also where no DNS Service is known', () => {
  const cache = workloadInfo('kube-system/DaemonSet/node-local-dns', told('169.254.20.10'));
  const result = drafted([web, cache], [], { detail: { workloads: [web, cache, coredns.workload] } });
  expect(draftOf(result, 'shop/web').rules.length).toBe(2);
});
