/** Which Service is the cluster's DNS and which is not, and what the convention covers: that, and no other port. */
import { expect, test } from 'vitest';
import type { ServiceInfo, WorkloadInfo } from '../../src/recommend/cluster.ts';
import type { Edge } from '../../src/domain/edge.ts';
import { recommend } from '../../src/recommend/recommend.ts';
import type { Recommendation } from '../../src/recommend/recommend.ts';
import { cluster, coredns, edge, ips, service, workloadInfo } from '../world.ts';
import { DNS_RULE, draftOf, drafted, rulesOf } from './drafted.ts';

const web = workloadInfo('shop/web');
const own = (...nameservers: string[]): WorkloadInfo =>
  workloadInfo('shop/web', { nameservers: ips(...nameservers) });

/** Only these Services and workloads, without the usual DNS. */
function run(
  services: readonly ServiceInfo[],
  workloads: readonly WorkloadInfo[],
  edges: readonly Edge[] = [],
): Recommendation {
  return recommend({
    cluster: { ...cluster([]), workloads, services },
    edges,
    window: { start: 0, end: 1 },
    known: { nodeCidrs: [], controlPlaneCidrs: [] },
  });
}

test('another port of the DNS pods is a connection like any other', () => {
  const result = drafted([web], [edge('shop/web -> kube-system/coredns:9153/tcp')]);
  expect(rulesOf(result, 'shop/web', 'egress').at(-1)).toMatch(
    /observed: kube-system\/coredns: .* 9153\/TCP$/,
  );
});

test('metrics behind the DNS Service are no DNS', () => {
  const ports = [
    ...coredns.service.ports,
    { protocol: 'tcp' as const, port: 9153, targetPort: 9153, nodePort: null },
  ];
  const result = run([{ ...coredns.service, ports }], [web, coredns.workload]);
  expect(rulesOf(result, 'shop/web')).toEqual([DNS_RULE]);
});

test('a Service of another name is DNS by its label, where administrators write', () => {
  const labels = { 'k8s-app': 'kube-dns' };
  const renamed = { ...coredns.service, name: 'dns', labels };
  expect(rulesOf(run([renamed], [web, coredns.workload]), 'shop/web')).toEqual([DNS_RULE]);
  expect(rulesOf(run([{ ...renamed, labels: {} }], [web, coredns.workload]), 'shop/web')).toEqual([]);
  const forged = { ...service('shop/web', { clusterIps: ips('10.96.6.6') }), labels, ports: renamed.ports };
  expect(rulesOf(run([forged], [web]), 'shop/web')).toEqual([]);
});

test('a DNS Service without pods opens nothing', () => {
  const result = run([coredns.service], [web]);
  expect(rulesOf(result, 'shop/web')).toEqual([]);
  expect(draftOf(result, 'shop/web').caveats.map(({ code }) => code)).toContain('dns-not-drafted');
});

test('a node-local cache is a DaemonSet, not whatever has its name', () => {
  const namesake = workloadInfo('shop/node-local-dns');
  expect(rulesOf(drafted([web, namesake]), 'shop/web')).toEqual([DNS_RULE]);
});

test('a nameserver that the node-local cache answers for is allowed at its address, whoever is given it', () => {
  const cache = workloadInfo('kube-system/DaemonSet/node-local-dns', { hostNetwork: true });
  const alone = { ...own('10.96.0.10'), dnsPolicy: 'None' as const };
  expect(rulesOf(drafted([alone, cache]), 'shop/web').join()).toContain('10.96.0.10/32');
  expect(rulesOf(drafted([alone]), 'shop/web').join()).not.toContain('10.96.0.10/32');
});

test('a resolver of its own in the cluster is allowed beside the cluster’s', () => {
  const resolver = workloadInfo('shop/resolver');
  const front = service('shop/resolver', { clusterIps: ips('10.96.5.5'), ports: coredns.service.ports });
  const result = drafted([own('10.96.5.5'), resolver], [], { detail: { services: [front] } });
  expect(new Set(rulesOf(result, 'shop/web'))).toEqual(
    new Set([
      'egress convention: DNS: {"podSelector":{"matchLabels":{"app":"resolver"}}} 53/TCP,53/UDP',
      DNS_RULE,
    ]),
  );
});

test('DNS on the host network is where its pods are, not where they were', () => {
  const pods = coredns.workload.pods.map((pod, index) => ({
    ...pod,
    hostNetwork: true,
    ended: index > 0,
    ips: ips(`192.168.100.${index + 1}`),
  }));
  const result = run([coredns.service], [web, { ...coredns.workload, hostNetwork: true, pods }]);
  expect(draftOf(result, 'shop/web').rules.flatMap(({ peers }) => peers)).toEqual([
    { ipBlock: { cidr: '192.168.100.1/32' } },
  ]);
});

test('workloads that share a policy get the resolvers, and the calls, of every one', () => {
  const job = (name: string, nameserver: string): WorkloadInfo =>
    workloadInfo(`shop/Job/${name}`, {
      selector: null,
      labels: { app: 'job' },
      dnsPolicy: 'None',
      nameservers: ips(nameserver),
    });
  const front = service('shop/job', {
    ports: [{ protocol: 'tcp', port: 443, targetPort: 8443, nodePort: null }],
  });
  const webhooks = ['a', 'b'].map((name) => ({
    kind: 'APIService' as const,
    name,
    service: { namespace: 'shop', name: 'job', port: 443 },
  }));
  const result = drafted([job('a', '10.1.1.1'), job('b', '10.1.1.2')], [], {
    detail: { services: [front], webhooks },
  });
  expect(rulesOf(result, 'shop/app=job')).toEqual([
    'ingress configuration: any source: any 8443/TCP',
    'egress convention: DNS: {"ipBlock":{"cidr":"10.1.1.1/32"}} {"ipBlock":{"cidr":"10.1.1.2/32"}} 53/TCP,53/UDP',
  ]);
});
