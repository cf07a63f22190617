/** Edges of the widths: which block may hold an address, which may not, and which list of several names it. */
import { describe, expect, test } from 'vitest';
import { cidr } from '../../src/domain/cidr.ts';
import type { Edge } from '../../src/domain/edge.ts';
import { ip } from '../../src/domain/ip.ts';
import { anyButPrivate, prefixBlocks } from '../../src/recommend/addresses.ts';
import { RangeIndex } from '../../src/recommend/range-index.ts';
import type { Recommendation } from '../../src/recommend/recommend.ts';
import { edge, identity, ips, service, workloadInfo } from '../world.ts';
import { codesOf, drafted, draftOf, rulesOf } from './drafted.ts';
import type { DraftedDetail } from './drafted.ts';

type Detail = NonNullable<DraftedDetail['detail']>;

const web = workloadInfo('shop/web');

const nodes = (count: number, port = 8080): Edge[] =>
  Array.from({ length: count }, (_, index) =>
    edge(`node:n-${index}@192.168.7.${index + 1} -> shop/web:${port}/tcp`),
  );

const to = (...addresses: readonly string[]): Edge[] =>
  addresses.map((address) => edge(`shop/web -> external@${address}:443/tcp`));

const ninth = (prefix: string): string[] => Array.from({ length: 9 }, (_, index) => `${prefix}${index + 1}`);

/** CIDRs of the observed rules, without those of public addresses. */
function blocks(edges: readonly Edge[], detail: DraftedDetail = {}): string[] {
  const observed = draftOf(drafted([web], edges, detail), 'shop/web').rules.filter(
    ({ basis, title }) => basis === 'observed' && title !== 'public addresses',
  );
  return observed.flatMap(({ peers }) => (peers ?? []).map((peer) => peer.ipBlock?.cidr ?? 'no block'));
}

const titles = (result: Recommendation): string[] =>
  draftOf(result, 'shop/web')
    .rules.filter(({ basis }) => basis === 'observed')
    .map(({ title }) => title);

/** A node with these ranges of pods. */
const podRange = (...podCidrs: readonly string[]): Detail => ({
  nodes: [{ name: 'n-0', addresses: [], podCidrs: podCidrs.map(cidr) }],
});

describe('a prefix', () => {
  test('is no wider than /24, and /64', () => {
    expect(blocks(to(...ninth('172.16.4.'), '172.16.5.1'))).toEqual(['172.16.4.0/28', '172.16.5.1/32']);
    expect(blocks(to(...ninth('fd12:0:0:1::'), 'fd12:0:0:2::1'))).toEqual([
      'fd12:0:0:1::/124',
      'fd12:0:0:2::1/128',
    ]);
  });

  const exact = ninth('172.16.5.').map((each) => `${each}/32`);
  const pod = { ...web, pods: web.pods.map((each) => ({ ...each, ips: ips('172.16.5.12') })) };

  test.each<[string, Detail]>([
    ['a Service', { services: [service('shop/db', { clusterIps: ips('172.16.5.12') })] }],
    ['a pod', { workloads: [pod] }],
    ['a node', { nodes: [{ name: 'n-0', addresses: ips('172.16.5.12'), podCidrs: [] }] }],
    ['the API server', { apiServers: [{ ip: ip('172.16.5.12'), port: 6443 }] }],
    ['a range that holds all of it', podRange('172.16.0.0/16')],
  ])('that would reach %s is none', (_, detail) => {
    expect(blocks(to(...ninth('172.16.5.')), { detail })).toEqual(exact);
  });

  test('of nodes may hold other nodes, which are no pods', () => {
    const detail = { nodes: [{ name: 'x', addresses: ips('192.168.7.12'), podCidrs: [] }] };
    expect(blocks(nodes(9), { detail })).toEqual(['192.168.7.0/28']);
  });

  test('of nodes on which pods of the host network run is theirs', () => {
    const agent = workloadInfo('kube-system/agent', { hostNetwork: true });
    const onNodes = { ...agent, pods: agent.pods.map((each) => ({ ...each, ips: ips('192.168.7.12') })) };
    expect(
      rulesOf(drafted([web, onNodes], nodes(9)), 'shop/web', 'ingress').map((rule) => rule.split('{')[0]),
    ).toEqual(['ingress observed: nodes: ']);
  });

  test('may hold the API servers it is for', () => {
    const detail = { apiServers: ips('172.16.0.4', '172.16.0.5').map((each) => ({ ip: each, port: 6443 })) };
    expect(blocks([edge('shop/web -> apiserver@172.16.0.4:6443/tcp')], { detail })).toEqual([
      '172.16.0.4/31',
    ]);
  });
});

test('a prefix may hold an address of a pod that was itself seen', () => {
  const taken = new RangeIndex([cidr('172.16.5.3/32')]);
  expect(prefixBlocks(ips(...ninth('172.16.5.')), taken)).toEqual([{ cidr: '172.16.5.0/28' }]);
});

test('a cluster that calls every address its own has public addresses still', () => {
  const all = new RangeIndex([cidr('0.0.0.0/0')]);
  expect(anyButPrivate([4], all)).toEqual(anyButPrivate([4], new RangeIndex([])));
});

describe('nodes among pods', () => {
  const detail = podRange('192.168.7.8/29');

  test('are each allowed by themselves where the range that a person gave holds pods too', () => {
    const known = { nodeCidrs: ['192.168.7.0/24'] };
    const result = drafted([web], nodes(12), { detail, known });
    expect(titles(result)).toEqual(['nodes']);
    expect(codesOf(result, 'shop/web')).toEqual(['node-addresses', 'node-range-refused']);
  });

  test('need nothing of their own on an exposed port that was reached from outside', () => {
    const services = [service('shop/web', { type: 'NodePort' })];
    const edges = [...nodes(12), edge('external@172.16.5.5 -> shop/web:8080/tcp')];
    const result = drafted([web], edges, { detail: { ...detail, services } });
    expect(codesOf(result, 'shop/web')).toEqual(['open-to-any-source']);
  });

  test('are left out alone, and on that port alone', () => {
    const edges = [...nodes(12), ...nodes(2, 9100), edge('external@172.16.5.5 -> shop/web:8080/tcp')];
    const result = drafted([web], edges, { detail, options: { nodes: 'leave-out' } });
    expect(draftOf(result, 'shop/web').leftOut).toHaveLength(12);
    expect(titles(result)).toEqual(['nodes', 'outside addresses']);
  });
});

test('ranges of the control plane that a person gave stand without a caveat', () => {
  const known = { controlPlaneCidrs: ['172.16.0.0/28'] };
  const result = drafted([web], [edge('shop/web -> apiserver@172.16.0.4:6443/tcp')], { known });
  expect(codesOf(result, 'shop/web')).toEqual([]);
});

describe('names', () => {
  const named = { payments: ['93.184.215.0/24', '10.9.0.0/16'] };

  test('stay beside the rule for public addresses while that does not hold all that was seen of them', () => {
    const result = drafted([web], to('93.184.215.1', '10.9.0.1', '151.101.1.1'), { known: { named } });
    expect(titles(result)).toEqual(['payments', 'public addresses']);
  });

  test('of a person win over those that are built in, which are for clients only', () => {
    const checks = [edge('external@35.191.3.4 -> shop/web:8080/tcp')];
    const own = { named: { ours: ['35.0.0.0/8'] } };
    expect(titles(drafted([web], checks, { known: own }))).toEqual(['ours']);
    expect(titles(drafted([web], to('35.191.3.4')))).toEqual(['public addresses']);
  });

  test('the address of ambient probes is one like any other for those who dial it', () => {
    expect(titles(drafted([web], to('169.254.7.127')))).toEqual(['outside addresses']);
  });
});

describe('what opens a port', () => {
  const outside = [edge('external@198.51.100.7 -> shop/web:8080/tcp')];
  const ingress = (detail: Detail, workload = web): string[] =>
    rulesOf(drafted([workload], outside, { detail }), 'shop/web', 'ingress');
  const ANY = ['ingress observed: any source: any 8080/TCP'];

  test('is an external IP of a Service, and a hostPort', () => {
    expect(ingress({ services: [service('shop/web', { externalIps: ips('198.51.100.1') })] })).toEqual(ANY);
    expect(ingress({}, { ...web, hostPorts: [{ protocol: 'tcp', port: 8080 }] })).toEqual(ANY);
    expect(ingress({}, { ...web, hostPorts: [{ protocol: 'udp', port: 8080 }] })).not.toEqual(ANY);
  });

  test('is no Service that selects by nothing', () => {
    expect(ingress({ services: [service('shop/all', { type: 'NodePort', selector: {} })] })).not.toEqual(ANY);
  });

  test('is a Service that selects one pod by its own name, of that workload only', () => {
    const key = 'statefulset.kubernetes.io/pod-name';
    const first = workloadInfo('shop/web', { podLabels: [{ app: 'web', [key]: 'web-0' }] });
    const services = [
      service('shop/web-0', { type: 'NodePort', selector: { app: 'web', [key]: 'web-0' } }),
      service('shop/web-9', { type: 'NodePort', selector: { app: 'web', [key]: 'web-9' } }),
    ];
    expect(ingress({ services: services.slice(0, 1) }, first)).toEqual(ANY);
    expect(ingress({ services: services.slice(1) }, first)).not.toEqual(ANY);
  });
});

test('pods that reach a pod are named even where only its own node saw them', () => {
  const views = [{ seen: identity('shop/web'), ownNode: true }];
  const result = drafted([web, workloadInfo('shop/db')], [edge('shop/web -> shop/db:5432/tcp', { views })]);
  expect(rulesOf(result, 'shop/db', 'ingress')).toHaveLength(1);
});

test('whoever asks the cluster’s DNS from outside is no pod and needs a rule', () => {
  const result = drafted([], [edge('external@172.16.5.5 -> kube-system/coredns:53/udp')]);
  expect(rulesOf(result, 'kube-system/coredns', 'ingress')).toContain(
    'ingress observed: outside addresses: {"ipBlock":{"cidr":"172.16.5.5/32"}} 53/UDP',
  );
});

test('the port of a mesh is one of TCP', () => {
  const result = drafted([web, workloadInfo('shop/db')], [edge('shop/web -> shop/db:15008/udp')]);
  expect(codesOf(result, 'shop/db')).toEqual([]);
});
