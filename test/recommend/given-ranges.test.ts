/** Ranges that a person gave for nodes and the API server: used where they hold nodes alone, and never instead of what was seen. */
import { describe, expect, test } from 'vitest';
import { cidr } from '../../src/domain/cidr.ts';
import type { Edge } from '../../src/domain/edge.ts';
import { ProblemError } from '../../src/domain/problem.ts';
import { parseExclusion } from '../../src/recommend/exclusion.ts';
import type { KnownRanges } from '../../src/recommend/outside-peers.ts';
import type { Recommendation } from '../../src/recommend/recommend.ts';
import { edge, ips, service, workloadInfo } from '../world.ts';
import { codesOf, drafted, draftOf, rulesOf } from './drafted.ts';
import type { DraftedDetail } from './drafted.ts';

type Detail = NonNullable<DraftedDetail['detail']>;

const web = workloadInfo('shop/web');

/** A workload whose pods have these addresses. */
function withPods(title: string, ...addresses: readonly string[]) {
  const plain = workloadInfo(title, { podLabels: addresses.map(() => ({ app: 'other' })) });
  return { ...plain, pods: plain.pods.map((pod, at) => ({ ...pod, ips: ips(addresses[at] ?? '') })) };
}

/** `10.0.2.5/32` and so on of the rule of this title. */
function blocks(result: Recommendation, title: string): string[] {
  const rule = draftOf(result, 'shop/web').rules.find((each) => each.title === title);
  return (rule?.peers ?? []).map((peer) => peer.ipBlock?.cidr ?? 'no block');
}

function sentenceOf(result: Recommendation, code: string): string | undefined {
  return draftOf(result, 'shop/web').caveats.find((caveat) => caveat.code === code)?.sentence;
}

describe('a range for nodes (DESIGN section 6)', () => {
  const fromNode = edge('node:node-b@10.0.2.5 -> shop/web:9100/tcp');
  const nodes = [{ name: 'node-b', addresses: ips('10.0.2.5'), podCidrs: [] }];
  const known = { nodeCidrs: ['10.0.0.0/16', '10.9.0.0/24'] };

  test.each<[string, Detail, ReturnType<typeof withPods>[]]>([
    ['a pod', { nodes }, [withPods('shop/other', '10.0.1.20')]],
    ['a Service', { nodes, services: [service('shop/db', { clusterIps: ips('10.0.1.20') })] }, []],
    ['a range of pods', { nodes: nodes.map((each) => ({ ...each, podCidrs: [cidr('10.0.64.0/24')] })) }, []],
  ])('that holds %s is refused, and the draft names it', (_, detail, others) => {
    const result = drafted([web, ...others], [fromNode], { detail, known });
    expect(blocks(result, 'nodes')).toEqual(['10.9.0.0/24', '10.0.2.5/32']);
    expect(codesOf(result, 'shop/web')).toEqual(['node-addresses', 'node-range-refused']);
    expect(sentenceOf(result, 'node-range-refused')).toContain('10.0.0.0/16 of nodeCIDRs');
  });

  test('is not refused for a pod that has ended, and stands once however often it is given', () => {
    const other = withPods('shop/other', '10.0.1.20');
    const gone = { ...other, pods: other.pods.map((pod) => ({ ...pod, ended: true })) };
    const twice = { nodeCidrs: ['10.0.0.0/16', '10.0.0.0/16'] };
    const result = drafted([web, gone], [fromNode], { detail: { nodes }, known: twice });
    expect(blocks(result, 'nodes')).toEqual(['10.0.0.0/16']);
    expect(codesOf(result, 'shop/web')).toEqual([]);
  });

  test('that is refused is none: only what was seen is allowed', () => {
    const only = { nodeCidrs: ['10.0.0.0/16'] };
    const result = drafted([web, withPods('shop/other', '10.0.1.20')], [fromNode], {
      detail: { nodes },
      known: only,
    });
    expect(blocks(result, 'nodes')).toEqual(['10.0.2.5/32']);
    expect(sentenceOf(result, 'node-addresses')).toContain('only node addresses that were seen');
  });

  test('is told to be refused where the port is open to any source instead', () => {
    const many = Array.from({ length: 12 }, (_, at) =>
      edge(`node:n${at}@10.0.2.${at * 2} -> shop/web:9100/tcp`),
    );
    const result = drafted([web, withPods('shop/other', '10.0.2.5')], many, {
      known: { nodeCidrs: ['10.0.0.0/16'] },
      options: { nodes: 'any-source' },
    });
    expect(codesOf(result, 'shop/web')).toEqual(['node-range-refused', 'nodes-any-source']);
  });

  test('that is one address may be the bridge or the tunnel of a node, among its pods', () => {
    const flannel = [
      { name: 'node-b', addresses: [], podCidrs: [cidr('10.244.2.0/24')], tunnels: ips('10.244.2.0') },
    ];
    const result = drafted([web], [edge('node:node-b@10.244.2.0 -> shop/web:9100/tcp')], {
      detail: { nodes: flannel },
      known: { nodeCidrs: ['10.244.2.0/32', '10.244.2.1/32', '192.168.7.0/24'] },
    });
    expect(blocks(result, 'nodes')).toEqual(['10.244.2.0/32', '10.244.2.1/32', '192.168.7.0/24']);
    expect(codesOf(result, 'shop/web')).toEqual([]);
  });

  test('that does not hold all nodes that were seen stands beside their addresses', () => {
    const seen = [
      edge('node:node-b@10.244.2.0 -> shop/web:9100/tcp'),
      edge('node:node-b@fd00:1::2 -> shop/web:9100/tcp'),
    ];
    const result = drafted([web], [...seen, edge('node:node-a@192.168.7.1 -> shop/web:9100/tcp')], {
      known: { nodeCidrs: ['192.168.7.0/24'] },
    });
    expect(blocks(result, 'nodes')).toEqual(['192.168.7.0/24', '10.244.2.0/32', 'fd00:1::2/128']);
    expect(sentenceOf(result, 'node-addresses')).toContain('outside nodeCIDRs');
  });

  test('is drafted where those outside of it are left out', () => {
    const many = Array.from({ length: 12 }, (_, at) =>
      edge(`node:n${at}@10.0.2.${at * 2} -> shop/web:9100/tcp`),
    );
    const result = drafted(
      [web, withPods('shop/other', '10.0.2.5')],
      [...many, edge('node:node-a@192.168.7.1 -> shop/web:9100/tcp')],
      { known: { nodeCidrs: ['192.168.7.0/24'] }, options: { nodes: 'leave-out' } },
    );
    expect(blocks(result, 'nodes')).toEqual(['192.168.7.0/24']);
    expect(draftOf(result, 'shop/web').leftOut).toHaveLength(12);
  });
});

describe('a range for the API server', () => {
  const call = edge('shop/web -> apiserver@172.16.0.4:6443/tcp');

  test('stands beside what was seen outside of it', () => {
    const result = drafted([web], [call], { known: { controlPlaneCidrs: ['172.16.9.0/28'] } });
    expect(blocks(result, 'API server')).toEqual(['172.16.9.0/28', '172.16.0.4/32']);
    expect(sentenceOf(result, 'api-server-addresses')).toContain('outside controlPlaneCIDRs');
  });

  test('that holds pods is used, because control planes move in it, and the draft says so', () => {
    const result = drafted([web, withPods('shop/other', '172.16.0.9')], [call], {
      known: { controlPlaneCidrs: ['172.16.0.0/24'] },
    });
    expect(blocks(result, 'API server')).toEqual(['172.16.0.0/24']);
    expect(codesOf(result, 'shop/web')).toEqual(['range-holds-pods']);
    expect(sentenceOf(result, 'range-holds-pods')).toContain('172.16.0.0/24 of controlPlaneCIDRs');
  });
});

test('a range by name that holds pods is said to let them in', () => {
  const edges = [edge('shop/web -> external@10.200.0.4:443/tcp')];
  const result = drafted([web, withPods('shop/other', '10.0.1.20')], edges, {
    known: { named: { office: ['10.0.0.0/8'] } },
  });
  expect(blocks(result, 'office')).toEqual(['10.0.0.0/8']);
  expect(codesOf(result, 'shop/web')).toEqual(['range-holds-pods']);
});

test.each<[string, Partial<KnownRanges>]>([
  ['nodeCIDRs', { nodeCidrs: ['10.0.0.0/16', 'nonsense'] }],
  ['controlPlaneCIDRs', { controlPlaneCidrs: ['10.0.0.0'] }],
])('text in %s that is no CIDR is an error, never a rule for anyone', (name, known) => {
  const edges: Edge[] = [edge('node:node-b@10.0.2.5 -> shop/web:9100/tcp')];
  expect(() => drafted([web], edges, { known })).toThrow(ProblemError);
  expect(() => drafted([web], edges, { known })).toThrow(name);
});

describe('nodes that pods dial', () => {
  /** Every other address, with a pod between two of them. */
  const dialled = Array.from({ length: 9 }, (_, at) =>
    edge(`shop/web -> node:n${at}@10.0.1.${at * 2 + 1}:443/tcp`),
  );
  const between = withPods('shop/other', '10.0.1.6');

  test.each(['exact', 'any-source'] as const)(
    'among pods are each address by itself with nodes=%s, never any destination',
    (nodes) => {
      const result = drafted([web, between], dialled, { options: { nodes } });
      expect(blocks(result, 'nodes')).toEqual(dialled.map((_, at) => `10.0.1.${at * 2 + 1}/32`));
      expect(codesOf(result, 'shop/web')).toEqual(['node-addresses']);
    },
  );

  test('are left out where a person prefers that', () => {
    const result = drafted([web, between], dialled, { options: { nodes: 'leave-out' } });
    expect(blocks(result, 'nodes')).toEqual([]);
    expect(draftOf(result, 'shop/web').leftOut).toHaveLength(9);
  });
});

test('bridges and tunnels of nodes among their pods are drafted alone: no block holds anything else', () => {
  const nodes = Array.from({ length: 9 }, (_, at) => ({
    name: `n${at}`,
    addresses: ips(`192.168.100.${at + 1}`),
    podCidrs: [cidr(`10.244.${at}.0/24`)],
    tunnels: ips(`10.244.${at}.0`),
  }));
  const edges = nodes.flatMap(({ name }, at) =>
    [0, 1].map((last) => edge(`node:${name}@10.244.${at}.${last} -> shop/web:8080/tcp`)),
  );
  const result = drafted([web], edges, { detail: { nodes }, options: { nodes: 'any-source' } });
  expect(blocks(result, 'nodes')).toEqual(nodes.map((_, at) => `10.244.${at}.0/31`));
  expect(rulesOf(result, 'shop/web', 'ingress')).toHaveLength(1);
});

describe('an address of the API server on another port', () => {
  const detail = { apiServers: ips('34.1.2.3', '34.1.2.4').map((each) => ({ ip: each, port: 443 })) };
  const tunnel = edge('shop/web -> external@34.1.2.3:8132/tcp');

  test('is allowed exactly, though public addresses leave it out', () => {
    const api = edge('shop/web -> apiserver@34.1.2.3:443/tcp');
    const result = drafted([web], [tunnel, api], { detail });
    const rules = rulesOf(result, 'shop/web', 'egress').filter((rule) => rule.includes('observed'));
    expect(rules).toContain('egress observed: API server: {"ipBlock":{"cidr":"34.1.2.3/32"}} 8132/TCP');
    expect(rules).toHaveLength(2);
    expect(codesOf(result, 'shop/web')).toContain('api-server-addresses');
  });

  test('is in the ranges that were given for it', () => {
    const known = { controlPlaneCidrs: ['34.1.2.0/28'] };
    const result = drafted([web], [tunnel], { detail, known });
    expect(blocks(result, 'API server')).toEqual(['34.1.2.0/28']);
  });
});

test('a public address of a node that was no node then is allowed exactly', () => {
  const nodes = [{ name: 'node-a', addresses: ips('34.9.9.9'), podCidrs: [] }];
  const result = drafted([web], [edge('shop/web -> external@34.9.9.9:443/tcp')], { detail: { nodes } });
  expect(blocks(result, 'outside addresses')).toEqual(['34.9.9.9/32']);
});

describe('an address that a pod or a Service has today (NETPOL rule 21)', () => {
  const edges = [
    edge('node:gone@10.0.1.5 -> shop/web:9100/tcp'),
    edge('shop/web -> external@10.0.1.5:5432/tcp'),
    edge('shop/web -> external@10.0.1.6:5432/tcp'),
  ];

  test('is drafted, and the draft names the pod and how to leave it out', () => {
    const result = drafted([web, withPods('shop/other', '10.0.1.5')], edges);
    // Beside the evidence, as pods come and go.
    expect(codesOf(result, 'shop/web')).toEqual(['node-addresses']);
    expect(sentenceOf(result, 'address-of-a-pod')).toContain('10.0.1.5 (shop/other)');
    const exclusion = parseExclusion('cidr=10.0.1.5/32');
    if ('problem' in exclusion) throw new Error(exclusion.problem);
    expect(sentenceOf(result, 'address-of-a-pod')).toContain(`exclude=${exclusion.text}`);
    const without = drafted([web, withPods('shop/other', '10.0.1.5')], edges, {
      options: { exclude: [exclusion] },
    });
    expect(codesOf(without, 'shop/web')).toEqual(['left-out']);
    expect(blocks(without, 'outside addresses')).toEqual(['10.0.1.6/32']);
  });

  test('of a Service alike; not of a pod that ended or that is on its node’s network', () => {
    const services = [service('shop/db', { clusterIps: ips('10.0.1.6') })];
    expect(sentenceOf(drafted([web], edges, { detail: { services } }), 'address-of-a-pod')).toContain(
      '10.0.1.6 (Service shop/db)',
    );
    const ended = withPods('shop/other', '10.0.1.5');
    for (const detail of [{ ended: true }, { hostNetwork: true }]) {
      const pods = ended.pods.map((pod) => ({ ...pod, ...detail }));
      expect(codesOf(drafted([web, { ...ended, pods }], edges), 'shop/web')).toEqual(['node-addresses']);
    }
  });
});
