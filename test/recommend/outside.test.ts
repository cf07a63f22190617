/** Peers that are no pods: nodes, the API server, probes, named ranges and the outside, each as wide as was chosen. */
import { describe, expect, test } from 'vitest';
import { cidr } from '../../src/domain/cidr.ts';
import type { Edge } from '../../src/domain/edge.ts';
import { ip } from '../../src/domain/ip.ts';
import type { Recommendation } from '../../src/recommend/recommend.ts';
import { edge, identity, ips, service, workloadInfo } from '../world.ts';
import { codesOf, DNS_RULE, drafted, draftOf, rulesOf } from './drafted.ts';
import type { DraftedDetail } from './drafted.ts';

const web = workloadInfo('shop/web');

/** Edges from this many nodes, 192.168.7.1 and up. */
function fromNodes(count: number): Edge[] {
  return Array.from({ length: count }, (_, index) =>
    edge(`node:node-${index}@192.168.7.${index + 1} -> shop/web:8080/tcp`),
  );
}

/** CIDRs of the rule of this title; null when it allows any peer. */
function blocks(result: Recommendation, title: string): (string | undefined)[] | null | undefined {
  return draftOf(result, 'shop/web')
    .rules.find((rule) => rule.title === title)
    ?.peers?.map((peer) => peer.ipBlock?.cidr);
}

describe('nodes', () => {
  test('up to 8 are exact, more are the smallest prefix', () => {
    expect(blocks(drafted([web], fromNodes(8)), 'nodes')).toHaveLength(8);
    expect(blocks(drafted([web], fromNodes(12)), 'nodes')).toEqual(['192.168.7.0/28']);
  });

  test('among the addresses of pods no prefix holds them alone: each address stands by itself, and says so', () => {
    const detail = { nodes: [{ name: 'node-0', addresses: [], podCidrs: [cidr('192.168.7.8/29')] }] };
    const result = drafted([web], fromNodes(12), { detail });
    expect(blocks(result, 'nodes')).toHaveLength(12);
    expect(codesOf(result, 'shop/web')).toEqual(['node-addresses']);
  });

  test('a pod elsewhere in the same network opens no port, whatever a person prefers', () => {
    const other = workloadInfo('shop/other', { podLabels: [{ app: 'other' }] });
    const near = { ...other, pods: other.pods.map((pod) => ({ ...pod, ips: ips('192.168.7.200') })) };
    for (const nodes of ['any-source', 'leave-out'] as const) {
      const result = drafted([web, near], fromNodes(12), { options: { nodes } });
      expect(blocks(result, 'nodes')).toHaveLength(12);
    }
  });

  test('or the port is open to any source where a person prefers that, and says so', () => {
    const detail = { nodes: [{ name: 'node-0', addresses: [], podCidrs: [cidr('192.168.7.8/29')] }] };
    const edges = [...fromNodes(12), edge('shop/db -> shop/web:8080/tcp')];
    const result = drafted([web, workloadInfo('shop/db')], edges, {
      detail,
      options: { nodes: 'any-source' },
    });
    expect(rulesOf(result, 'shop/web', 'ingress')).toEqual(['ingress observed: any source: any 8080/TCP']);
    expect(codesOf(result, 'shop/web')).toEqual(['nodes-any-source']);
    expect(draftOf(result, 'shop/web').rules[0]?.edges).toHaveLength(13);
  });

  test('or are left out where a person prefers that, each by name', () => {
    const detail = { nodes: [{ name: 'node-0', addresses: [], podCidrs: [cidr('192.168.7.8/29')] }] };
    const edges = [...fromNodes(12), edge('shop/db -> shop/web:8080/tcp')];
    const result = drafted([web, workloadInfo('shop/db')], edges, {
      detail,
      options: { nodes: 'leave-out' },
    });
    expect(rulesOf(result, 'shop/web', 'ingress')).toEqual([
      'ingress observed: shop/db: {"podSelector":{"matchLabels":{"app":"db"}}} 8080/TCP',
    ]);
    const { leftOut, caveats } = draftOf(result, 'shop/web');
    expect(leftOut).toHaveLength(12);
    expect(leftOut[0]).toEqual({
      edge: 'node:node-0@192.168.7.1 -> workload:shop/Deployment/web:8080/tcp',
      reason: 'nodes',
      option: 'nodes=leave-out',
    });
    expect(caveats.find(({ code }) => code === 'left-out')?.sentence).toContain('nodes=leave-out');
  });

  test('that pods connect to are drafted alike', () => {
    const edges = fromNodes(12).map(({ client }) => ({
      ...edge('shop/web -> external@1.1.1.1:9100/tcp'),
      server: client,
    }));
    const detail = { nodes: [{ name: 'node-0', addresses: [], podCidrs: [cidr('192.168.7.8/29')] }] };
    expect(blocks(drafted([web], edges), 'nodes')).toEqual(['192.168.7.0/28']);
    expect(blocks(drafted([web], edges, { detail }), 'nodes')).toHaveLength(12);
  });
});

describe('the API server', () => {
  const call = edge('shop/web -> apiserver@172.16.0.4:6443/tcp');
  const endpoints = (...addresses: string[]) => ({
    apiServers: addresses.map((address) => ({ ip: ip(address), port: 6443 })),
  });

  test('is allowed at every endpoint, because the next connection may go to another', () => {
    const detail = endpoints('172.16.0.4', '172.16.0.5', '172.16.0.6');
    expect(blocks(drafted([web], [call], { detail }), 'API server')).toEqual(['172.16.0.4/30']);
  });

  test('is one address where there is one, and two where they are far apart', () => {
    expect(blocks(drafted([web], [call], { detail: endpoints('172.16.0.4') }), 'API server')).toEqual([
      '172.16.0.4/32',
    ]);
    const detail = endpoints('172.16.0.4', '172.16.9.4');
    expect(blocks(drafted([web], [call], { detail }), 'API server')).toEqual([
      '172.16.0.4/32',
      '172.16.9.4/32',
    ]);
    expect(codesOf(drafted([web], [call], { detail }), 'shop/web')).toEqual(['api-server-addresses']);
  });

  test('among pods stays exact', () => {
    const nodes = [{ name: 'node-a', addresses: [], podCidrs: [cidr('172.16.0.4/31')] }];
    const detail = { ...endpoints('172.16.0.4', '172.16.0.7'), nodes };
    expect(blocks(drafted([web], [call], { detail }), 'API server')).toEqual([
      '172.16.0.4/32',
      '172.16.0.7/32',
    ]);
  });
});

describe('probes and meshes', () => {
  test('a probe through the ambient mesh is a rule of its own', () => {
    const result = drafted([web], [edge('external@169.254.7.127 -> shop/web:8080/tcp')]);
    expect(rulesOf(result, 'shop/web', 'ingress')).toEqual([
      'ingress observed: probes through the ambient mesh: {"ipBlock":{"cidr":"169.254.7.127/32"}} 8080/TCP',
    ]);
  });

  test('a probe of the own node needs none', () => {
    const view = { seen: identity('node:node-a@192.168.100.1'), ownNode: true };
    const result = drafted(
      [web],
      [edge('node:node-a@192.168.100.1 -> shop/web:8080/tcp', { views: [view] })],
    );
    expect(rulesOf(result, 'shop/web', 'ingress')).toEqual([]);
  });

  test('the tunnel port of a mesh is said to carry any port', () => {
    const result = drafted([web, workloadInfo('shop/db')], [edge('shop/web -> shop/db:15008/tcp')]);
    expect(rulesOf(result, 'shop/db', 'ingress')).toEqual([
      'ingress observed: shop/web (any port, by mesh): {"podSelector":{"matchLabels":{"app":"web"}}} 15008/TCP',
    ]);
    expect(codesOf(result, 'shop/db')).toEqual(['mesh-any-port']);
  });
});

describe('outside addresses', () => {
  const many = Array.from({ length: 10 }, (_, index) =>
    edge(`shop/web -> external@93.184.215.${index + 1}:443/tcp`),
  );
  const outside = (
    edges: readonly Edge[],
    detail: DraftedDetail,
  ): (string | undefined)[] | null | undefined => blocks(drafted([web], edges, detail), 'outside addresses');

  test('exact: every one by itself, however many', () => {
    expect(outside(many, { options: { outside: 'exact' } })).toHaveLength(10);
  });

  test('prefix: public ones too become the smallest prefix over more than 8', () => {
    expect(outside(many.slice(0, 8), { options: { outside: 'prefix' } })).toHaveLength(8);
    expect(outside(many, { options: { outside: 'prefix' } })).toEqual(['93.184.215.0/28']);
  });

  test('public, as usual: any address but private ones', () => {
    expect(blocks(drafted([web], many), 'public addresses')).toEqual(['0.0.0.0/0']);
  });

  test('a named range stands for an address in it, whole and by its name', () => {
    const named = { payments: ['93.184.215.0/24', '198.18.0.0/15'], office: ['93.184.215.8/29'] };
    const result = drafted([web], [edge('shop/web -> external@93.184.215.1:443/tcp')], { known: { named } });
    expect(rulesOf(result, 'shop/web', 'egress')).toEqual([
      DNS_RULE,
      'egress observed: payments: {"ipBlock":{"cidr":"93.184.215.0/24"}} {"ipBlock":{"cidr":"198.18.0.0/15"}} 443/TCP',
    ]);
    const narrow = drafted([web], [edge('shop/web -> external@93.184.215.9:443/tcp')], { known: { named } });
    expect(blocks(narrow, 'office')).toEqual(['93.184.215.8/29']);
  });

  test('a named range that another rule of the port holds anyway is not repeated', () => {
    const named = { payments: ['93.184.215.0/24'] };
    const edges = [
      edge('shop/web -> external@93.184.215.1:443/tcp'),
      edge('shop/web -> external@151.101.1.1:443/tcp'),
    ];
    const result = drafted([web], edges, { known: { named } });
    const rules = draftOf(result, 'shop/web').rules.filter(({ basis }) => basis === 'observed');
    expect(rules.map(({ title }) => title)).toEqual(['public addresses']);
    expect(rules[0]?.edges).toHaveLength(2);
  });

  test('no prefix reaches into a named range', () => {
    const seen = Array.from({ length: 9 }, (_, index) =>
      edge(`shop/web -> external@172.16.5.${index + 1}:5432/tcp`),
    );
    expect(outside(seen, { known: { named: { mainframe: ['172.16.5.12/30'] } } })).toHaveLength(9);
  });

  test('health checks of Google’s load balancers are known by name, at ingress', () => {
    const result = drafted([web], [edge('external@35.191.3.4 -> shop/web:8080/tcp')]);
    expect(rulesOf(result, 'shop/web', 'ingress')).toEqual([
      'ingress observed: Google Cloud health checks: {"ipBlock":{"cidr":"35.191.0.0/16"}} {"ipBlock":{"cidr":"130.211.0.0/22"}} 8080/TCP',
    ]);
  });

  test('addresses of both families stand in one rule', () => {
    const edges = [
      edge('shop/web -> external@172.16.5.5:5432/tcp'),
      edge('shop/web -> external@fd12::5:5432/tcp'),
    ];
    expect(outside(edges, {})).toEqual(['172.16.5.5/32', 'fd12::5/128']);
  });

  test('who came from outside to an exposed port is told beside the evidence, never in plain YAML', () => {
    const detail = { services: [service('shop/web', { type: 'LoadBalancer' })] };
    const view = { seen: identity('node:node-b@192.168.100.2'), ownNode: false };
    const edges = [edge('external@198.51.100.7 -> shop/web:8080/tcp', { views: [view] })];
    const result = drafted([web], edges, { detail });
    const seen = draftOf(result, 'shop/web').caveats.find(({ code }) => code === 'outside-clients');
    expect(seen?.names).toEqual(['198.51.100.7', 'node node-b (192.168.100.2)']);
    expect(codesOf(result, 'shop/web')).toEqual(['open-to-any-source']);
  });
});

describe('ports', () => {
  const calls = (from: number, count: number, step = 1, protocol = 'udp'): Edge[] =>
    Array.from({ length: count }, (_, index) =>
      edge(`shop/web -> external@172.16.5.5:${from + index * step}/${protocol}`),
    );
  const ports = (edges: readonly Edge[]): string =>
    rulesOf(drafted([web], edges), 'shop/web', 'egress').join();

  test('up to 16 stand one by one', () => {
    expect(ports(calls(50_000, 16))).toContain('50000/UDP,50001/UDP');
    expect(codesOf(drafted([web], calls(50_000, 16)), 'shop/web')).toEqual([]);
  });

  test('more are one range for each pool, with a caveat', () => {
    const many = [
      ...calls(50_000, 17),
      ...calls(60_000, 2, 2),
      ...calls(443, 1),
      ...calls(50_017, 1, 1, 'tcp'),
    ];
    expect(ports(many)).toContain('50017/TCP,443/UDP,49152-65535/UDP');
    expect(codesOf(drafted([web], many), 'shop/web')).toEqual(['port-range']);
  });

  test('of SCTP are drafted as such, with a caveat', () => {
    const result = drafted([web], calls(3868, 1, 1, 'sctp'));
    expect(rulesOf(result, 'shop/web', 'egress').join()).toContain('3868/SCTP');
    expect(codesOf(result, 'shop/web')).toEqual(['sctp-support']);
  });
});

test('clients are drafted in the family that they were seen with, though pods have both', () => {
  const dual = { ...web, pods: web.pods.map((pod) => ({ ...pod, ips: ips('10.244.1.7', 'fd00:10::7') })) };
  const result = drafted([dual], [edge('external@93.184.215.14 -> shop/web:8080/tcp')]);
  expect(rulesOf(result, 'shop/web', 'ingress').join()).not.toContain('::');
});

test('a pod of both families may be reached over either', () => {
  const dual = { ...web, pods: web.pods.map((pod) => ({ ...pod, ips: ips('10.244.1.2', 'fd00::2') })) };
  const edges = [
    edge('external@172.16.5.5 -> shop/web:8080/tcp'),
    edge('external@fd12::5 -> shop/web:8080/tcp'),
  ];
  expect(rulesOf(drafted([dual], edges), 'shop/web', 'ingress')).toHaveLength(1);
});
