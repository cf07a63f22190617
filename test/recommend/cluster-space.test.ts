/** Bytes that must not move while pods, Services and nodes come and go, where no range of theirs is declared (DESIGN section 6, "Stable"). */
import { describe, expect, test } from 'vitest';
import { cidr } from '../../src/domain/cidr.ts';
import type { Edge } from '../../src/domain/edge.ts';
import type { ClusterInfo, WorkloadInfo } from '../../src/recommend/cluster.ts';
import { printPolicies } from '../../src/recommend/print-yaml.ts';
import { edge, ips, service, workloadInfo } from '../world.ts';
import { codesOf, drafted, draftOf } from './drafted.ts';
import type { DraftedDetail } from './drafted.ts';

/** A workload with one pod for each list of addresses. */
function at(text: string, ...addresses: readonly (readonly string[])[]): WorkloadInfo {
  const info = workloadInfo(text, { podLabels: addresses.map(() => ({ app: text.replace(/.*\//, '') })) });
  return {
    ...info,
    pods: info.pods.map((pod, index) => ({ ...pod, ips: ips(...(addresses[index] ?? [])) })),
  };
}

const web = workloadInfo('shop/web');
const PUBLIC_V4 = [edge('shop/web -> external@93.184.215.14:443/tcp')];

/** What `shop/web` gets, to the byte. */
function yamlOf(
  workloads: readonly WorkloadInfo[],
  edges: readonly Edge[],
  detail: DraftedDetail = {},
): string {
  const { outcomes } = drafted(workloads, edges, detail);
  return printPolicies(
    outcomes.filter(({ workload }) => workload.name === 'web'),
    { withEvidence: false },
  );
}

const nodesAt = (...addresses: readonly string[]): ClusterInfo['nodes'] =>
  addresses.map((address, index) => ({ name: `n-${index}`, addresses: ips(address), podCidrs: [] }));

const servicesAt = (...addresses: readonly string[]): ClusterInfo['services'] =>
  addresses.map((address, index) => service(`shop/s-${index}`, { clusterIps: ips(address) }));

/** What the rules for public addresses leave out, without what nobody has. */
function leftOutOf(edges: readonly Edge[], detail: Partial<ClusterInfo>, workloads = [web]): string[] {
  const except = (given: DraftedDetail): string[] =>
    draftOf(drafted(workloads, edges, given), 'shop/web')
      .rules.filter(({ title }) => title === 'public addresses')
      .flatMap(({ peers }) => (peers ?? []).flatMap((peer) => peer.ipBlock?.except ?? []));
  const usual = new Set(except({ detail: { nodes: [] } }));
  return except({ detail }).filter((block) => !usual.has(block));
}

describe('the rule for public addresses stays the same', () => {
  test('while pods with public addresses come and go', () => {
    const own = at('shop/web', ['2a05:d018:1::a0'], ['2a05:d018:1::a1']);
    const edges = [edge('shop/web -> external@2606:2800:220:1::5:443/tcp')];
    const scaled = (count: number): string => {
      const others = Array.from({ length: count }, (_, index) => [`2a05:d018:1:${index}::${index + 1}`]);
      return yamlOf([own, at('shop/other', ...others)], edges);
    };
    expect(scaled(40)).toBe(scaled(1));
    expect(scaled(1)).toContain('- 2a05:d018:1::/56');
  });

  test('while Services get addresses in Google’s public range for them', () => {
    const first = { detail: { services: servicesAt('34.118.224.10') } };
    const more = { detail: { services: servicesAt('34.118.224.10', '34.118.225.77', '34.118.239.1') } };
    expect(yamlOf([web], PUBLIC_V4, more)).toBe(yamlOf([web], PUBLIC_V4, first));
    expect(leftOutOf(PUBLIC_V4, first.detail)).toEqual(['34.118.224.0/20']);
  });

  test('while nodes with public addresses come and go within their network, or within nodeCIDRs', () => {
    const few = { detail: { nodes: nodesAt('35.200.1.1') } };
    const more = { detail: { nodes: nodesAt('35.200.1.1', '35.200.1.99') } };
    expect(yamlOf([web], PUBLIC_V4, more)).toBe(yamlOf([web], PUBLIC_V4, few));
    const known = { nodeCidrs: ['35.200.0.0/20'] };
    const far = { detail: { nodes: nodesAt('35.200.1.1', '35.200.7.7') } };
    expect(yamlOf([web], PUBLIC_V4, { ...far, known })).toBe(yamlOf([web], PUBLIC_V4, { ...few, known }));
  });

  test('while nodes bring ranges of public IPv6 for their pods', () => {
    const podCidrs = (count: number): DraftedDetail => ({
      detail: {
        nodes: Array.from({ length: count }, (_, index) => ({
          name: `n-${index}`,
          addresses: [],
          podCidrs: [cidr(`2a05:d018:1:${index}::/64`)],
        })),
      },
    });
    expect(yamlOf([web], PUBLIC_V4, podCidrs(12))).toBe(yamlOf([web], PUBLIC_V4, podCidrs(1)));
  });

  test('while a workload of two families is scaled to none', () => {
    const other = at('shop/other', ['10.244.0.9', 'fd00::9']);
    const two = at('shop/web', ['10.244.0.1', 'fd00::1'], ['10.244.0.2', 'fd00::2']);
    expect(yamlOf([at('shop/web'), other], PUBLIC_V4)).toBe(yamlOf([two, other], PUBLIC_V4));
  });
});

describe('what is left out with the room around it', () => {
  const detail = { nodes: nodesAt('35.200.1.1') };

  test('is said, and only where there is such', () => {
    expect(leftOutOf(PUBLIC_V4, detail)).toEqual(['35.200.1.0/24']);
    expect(codesOf(drafted([web], PUBLIC_V4, { detail }), 'shop/web')).toEqual(['own-public-ranges']);
    expect(codesOf(drafted([web], PUBLIC_V4), 'shop/web')).toEqual([]);
    const v4 = at('shop/web', ['10.244.0.1']);
    const nodes = nodesAt('2a05:d018:1::1');
    expect(codesOf(drafted([v4], PUBLIC_V4, { detail: { nodes } }), 'shop/web')).toEqual([]);
  });

  test('is allowed by itself where it was seen', () => {
    const edges = [...PUBLIC_V4, edge('shop/web -> external@35.200.1.77:443/tcp')];
    const rules = draftOf(drafted([web], edges, { detail }), 'shop/web').rules;
    expect(rules.filter(({ basis }) => basis === 'observed').map(({ title }) => title)).toEqual([
      'outside addresses',
      'public addresses',
    ]);
    expect(rules.find(({ title }) => title === 'outside addresses')?.peers).toEqual([
      { ipBlock: { cidr: '35.200.1.77/32' } },
    ]);
  });

  test('is no more than a person told of nodes', () => {
    const known = { nodeCidrs: ['35.200.1.0/28'] };
    const edges = [edge('shop/web -> external@35.200.1.77:443/tcp')];
    expect(codesOf(drafted([web], PUBLIC_V4, { detail, known }), 'shop/web')).toEqual([]);
    const titles = draftOf(drafted([web], edges, { detail, known }), 'shop/web').rules.map(
      ({ title }) => title,
    );
    expect(titles).toEqual(['DNS', 'public addresses']);
  });

  test('is nothing of what nodes declare for pods', () => {
    const nodes = [{ name: 'n-0', addresses: [], podCidrs: [cidr('44.0.0.0/16')] }];
    expect(leftOutOf(PUBLIC_V4, { nodes })).toEqual(['44.0.0.0/16']);
    expect(codesOf(drafted([web], PUBLIC_V4, { detail: { nodes } }), 'shop/web')).toEqual([]);
  });

  test('is nothing where an address of the API server is public: it alone is left out', () => {
    const [address] = ips('20.50.1.2');
    const apiServers = address === undefined ? [] : [{ ip: address, port: 443 }];
    expect(leftOutOf(PUBLIC_V4, { nodes: [], apiServers })).toEqual(['20.50.1.2/32']);
    expect(codesOf(drafted([web], PUBLIC_V4, { detail: { apiServers } }), 'shop/web')).toEqual([]);
  });
});

describe('a pod that no node declares a range for changes nothing wherever in its network it restarts', () => {
  const other = (address: string): WorkloadInfo => at('shop/other', [address]);
  const hosts = (prefix: string): string[] =>
    Array.from({ length: 9 }, (_, index) => `${prefix}${16 + 2 * index}`);

  test('of nodes: they stand by themselves, and never open a port to any source', () => {
    const nodes = nodesAt(...hosts('10.0.1.'));
    const edges = hosts('10.0.1.').map((address, index) =>
      edge(`node:n-${index}@${address} -> shop/web:9100/tcp`),
    );
    const beside = yamlOf([web, other('10.0.1.250')], edges, { detail: { nodes } });
    expect(yamlOf([web, other('10.0.1.21')], edges, { detail: { nodes } })).toBe(beside);
    expect(beside).toContain('cidr: 10.0.1.32/32');
    expect(codesOf(drafted([web, other('10.0.1.21')], edges, { detail: { nodes } }), 'shop/web')).toEqual([
      'node-addresses',
    ]);
  });

  test('of private addresses: they stand by themselves', () => {
    const edges = hosts('10.0.5.').map((address) => edge(`shop/web -> external@${address}:5432/tcp`));
    const beside = yamlOf([web, other('10.0.5.250')], edges);
    expect(yamlOf([web, other('10.0.5.21')], edges)).toBe(beside);
    expect(beside).toContain('cidr: 10.0.5.32/32');
  });

  test('nor does a node more between private addresses', () => {
    const edges = hosts('10.0.5.').map((address) => edge(`shop/web -> external@${address}:5432/tcp`));
    const one = { detail: { nodes: nodesAt('10.0.5.200') } };
    const two = { detail: { nodes: nodesAt('10.0.5.200', '10.0.5.21') } };
    expect(yamlOf([web], edges, two)).toBe(yamlOf([web], edges, one));
  });

  test('in another network prefixes are drafted as ever', () => {
    const edges = hosts('10.0.5.').map((address) => edge(`shop/web -> external@${address}:5432/tcp`));
    expect(yamlOf([web, other('10.0.3.9')], edges)).toContain('cidr: 10.0.5.0/26');
  });
});
