import { describe, expect, test } from 'vitest';
import { formatAddressRange } from '../../src/domain/address-range.ts';
import { ip } from '../../src/domain/ip.ts';
import type { PortRange } from '../../src/domain/port-range.ts';
import { compareReach } from '../../src/netpol/compare.ts';
import { compilePolicies } from '../../src/netpol/compile.ts';
import type { NetworkPolicySpec } from '../../src/netpol/policy.ts';
import { reachOf, reachablePorts } from '../../src/netpol/reach.ts';
import type { ReachEnd } from '../../src/netpol/reach.ts';
import type { PolicyPod } from '../../src/netpol/world.ts';
import { WORLD, egress, ingress, policy } from './small-cluster.ts';

function pod(name: string, address: string, more: Partial<PolicyPod> = {}): PolicyPod {
  const labels = { app: name.split('-')[0] ?? '' };
  const rest = { node: 'node-b', hostNetwork: false, ports: [] };
  return { namespace: 'shop', name, labels, ips: [ip(address)], ...rest, ...more };
}

const web = [pod('web-1', '10.244.2.10'), pod('web-2', '10.244.2.11')];
const db = [pod('db-1', '10.244.2.20')];
const GROUPS = [
  { title: 'shop/web', pods: web },
  { title: 'shop/db', pods: db },
];

type Policies = Readonly<Record<string, NetworkPolicySpec>>;

function setOf(policies: Policies) {
  return compilePolicies(
    Object.entries(policies).map(([key, spec]) => policy(key, spec)),
    WORLD,
  );
}

/** TCP rows, as `client -> server: ports`; `(some)` where not every pair may. */
function reach(policies: Policies, groups = GROUPS): string[] {
  return reachOf(setOf(policies), groups)
    .filter(({ protocol }) => protocol === 'tcp')
    .map(({ client, server, ports, pods }) => {
      const share = pods === 'all' ? '' : ' (some)';
      return `${endText(client)} -> ${endText(server)}: ${portsText(ports)}${share}`;
    });
}

function endText(end: ReachEnd): string {
  return end.kind === 'group' ? end.title : end.ranges.map(formatAddressRange).join(' ');
}

function portsText(ports: readonly PortRange[]): string {
  return ports.map(({ from, to }) => (from === to ? `${from}` : `${from}-${to}`)).join(',');
}

const EVERYWHERE = '0.0.0.0-255.255.255.255 ::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff';
const dbOnly = { podSelector: { matchLabels: { app: 'db' } } };

describe('reachOf', () => {
  test('without policies everything reaches everything; a group of one pod is not listed with itself', () => {
    expect(reach({})).toEqual([
      'shop/db -> shop/web: 1-65535',
      `shop/db -> ${EVERYWHERE}: 1-65535`,
      'shop/web -> shop/db: 1-65535',
      'shop/web -> shop/web: 1-65535',
      `shop/web -> ${EVERYWHERE}: 1-65535`,
      `${EVERYWHERE} -> shop/db: 1-65535`,
      `${EVERYWHERE} -> shop/web: 1-65535`,
    ]);
  });

  test('lists merged ports, and what the own node may do', () => {
    const rules = [
      { from: [{ podSelector: { matchLabels: { app: 'web' } } }], ports: [{ port: 5432 }, { port: 5433 }] },
      { from: [{ podSelector: {} }], ports: [{ port: 9000, endPort: 9100 }] },
    ];
    const rows = reach({ 'shop/db': { ...ingress(...rules), ...dbOnly } });
    expect(rows.filter((row) => row.includes('-> shop/db'))).toEqual([
      'shop/web -> shop/db: 5432-5433,9000-9100',
      '10.244.2.1 192.168.0.2 fd00:2::1 -> shop/db: 1-65535',
    ]);
  });

  test('outside addresses come as the ranges that blocks and exceptions leave', () => {
    const to = [{ ipBlock: { cidr: '203.0.113.0/24', except: ['203.0.113.64/26'] } }];
    const rows = reach({ 'shop/db': { ...egress({ to, ports: [{ port: 443 }] }), ...dbOnly } });
    expect(rows.filter((row) => row.startsWith('shop/db'))).toEqual([
      'shop/db -> 203.0.113.0-203.0.113.63 203.0.113.128-203.0.113.255: 443',
    ]);
  });

  test('a range of outside addresses runs on across the addresses of pods', () => {
    const from = [{ ipBlock: { cidr: '10.244.2.0/28' } }];
    const rows = reach({ 'shop/db': { ...ingress({ from, ports: [{ port: 80 }] }), ...dbOnly } });
    expect(rows).toContain('10.244.2.0 10.244.2.2-10.244.2.15 -> shop/db: 80');
    expect(rows).toContain('shop/web -> shop/db: 80');
  });

  test('a named port that replicas map to different numbers is open on some pairs only', () => {
    const named = (port: number) => ({ ports: [{ name: 'http', protocol: 'tcp', port }] as const });
    const mixed = [pod('web-1', '10.244.2.10', named(80)), pod('web-2', '10.244.2.11', named(8080))];
    const groups = [{ title: 'shop/web', pods: mixed }, GROUPS[1] ?? { title: '', pods: [] }];
    const rows = reach(
      {
        'shop/web': {
          ...ingress({ ports: [{ port: 'http' }, { port: 9090 }] }),
          podSelector: { matchLabels: { app: 'web' } },
        },
      },
      groups,
    );
    expect(rows.filter((row) => row.startsWith('shop/db -> shop/web'))).toEqual([
      'shop/db -> shop/web: 9090',
      'shop/db -> shop/web: 80,8080 (some)',
    ]);
  });

  test('pods on the host network are their node: no selector opens to them, and the own node always may', () => {
    const host = pod('proxy-1', '192.168.0.2', { hostNetwork: true });
    const elsewhere = pod('proxy-2', '192.168.0.1', { hostNetwork: true, node: 'node-a' });
    const groups = [...GROUPS, { title: 'shop/proxy', pods: [host, elsewhere] }];
    const rows = reach({ 'shop/db': { ...ingress({ from: [{ podSelector: {} }] }), ...dbOnly } }, groups);
    expect(rows.filter((row) => row.startsWith('shop/proxy'))).toEqual([
      'shop/proxy -> shop/db: 1-65535 (some)',
      'shop/proxy -> shop/proxy: 1-65535',
      'shop/proxy -> shop/web: 1-65535',
      `shop/proxy -> ${EVERYWHERE}: 1-65535`,
    ]);
  });

  test('a pod that is in two groups is not judged against itself', () => {
    const both = [...GROUPS, { title: 'shop/all', pods: [...web, ...db] }];
    const rows = reach({ 'shop/db': { ...ingress({ from: [dbOnly] }), ...dbOnly } }, both);
    expect(rows).not.toContain('shop/db -> shop/db: 1-65535');
    expect(rows).not.toContain('shop/all -> shop/db: 1-65535 (some)');
  });
});

describe('reachablePorts', () => {
  test('counts ordered pairs of distinct pods times ports of three protocols', () => {
    expect(reachablePorts(setOf({}), [...web, ...db])).toBe(6 * 3 * 65_535);
    const closed = {
      'shop/db': {
        ...ingress({ from: [{ podSelector: {} }], ports: [{ port: 1, endPort: 10 }] }),
        ...dbOnly,
      },
    };
    expect(reachablePorts(setOf(closed), [...web, ...db])).toBe(4 * 3 * 65_535 + 2 * 10);
  });
});

describe('compareReach', () => {
  test('policies in other words that mean the same do not differ', () => {
    const one = { 'shop/db': { ...ingress({ ports: [{ port: 80 }, { port: 81 }] }), ...dbOnly } };
    const two = {
      'shop/a': { ...ingress({ ports: [{ port: 80, endPort: 81 }] }), ...dbOnly },
      'shop/b': {
        podSelector: { matchExpressions: [{ key: 'app', operator: 'In', values: ['db'] }] as const },
      },
    };
    expect(compareReach(setOf(one), setOf(two), GROUPS)).toEqual([]);
  });

  test('names what was allowed only before and what is only after', () => {
    const at = (port: number) => ({
      'shop/db': { ...ingress({ from: [{ podSelector: {} }], ports: [{ port }] }), ...dbOnly },
    });
    expect(compareReach(setOf(at(80)), setOf(at(81)), GROUPS)).toEqual([
      {
        client: { kind: 'group', title: 'shop/web' },
        server: { kind: 'group', title: 'shop/db' },
        protocol: 'tcp',
        pods: 'all',
        allowedOnlyBefore: [{ from: 80, to: 80 }],
        allowedOnlyAfter: [{ from: 81, to: 81 }],
      },
    ]);
  });

  test('worlds may differ: a label of a namespace decides', () => {
    const from = [{ namespaceSelector: { matchLabels: { team: 'sales' } }, podSelector: {} }];
    const written = [policy('shop/db', { ...ingress({ from, ports: [{ port: 80 }] }), ...dbOnly })];
    const before = compilePolicies(written, WORLD);
    const after = compilePolicies(written, { ...WORLD, namespaces: new Map() });
    expect(
      compareReach(before, after, GROUPS).map(({ allowedOnlyBefore }) => portsText(allowedOnlyBefore)),
    ).toEqual(['80']);
  });
});
