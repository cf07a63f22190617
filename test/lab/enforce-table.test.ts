/** The table by which a node enforces policies, as text that nft reads. */
import { expect, it } from 'vitest';
import type { EnforcedPod } from '../../e2e/lab/enforce-pods.ts';
import { sidesOf } from '../../e2e/lab/enforce-sides.ts';
import { changedSides, policyTable } from '../../e2e/lab/enforce-table.ts';
import type { NetworkPolicy } from '../../src/netpol/policy.ts';

function pod(app: string, last: number): EnforcedPod {
  return {
    namespace: 'shop',
    name: `${app}-x1`,
    workload: `shop/${app}`,
    labels: { app },
    addresses: [`10.244.1.${last}`, `fd00:244:1::${last}`],
    node: 'node-a',
    ports: [],
  };
}

const web = pod('web', 2);
const db = pod('db', 3);
const policy: NetworkPolicy = {
  apiVersion: 'networking.k8s.io/v1',
  kind: 'NetworkPolicy',
  metadata: { namespace: 'shop', name: 'web' },
  spec: {
    podSelector: { matchLabels: { app: 'web' } },
    policyTypes: ['Egress'],
    egress: [
      {
        to: [{ podSelector: { matchLabels: { app: 'db' } } }],
        ports: [{ port: 5432 }, { protocol: 'UDP', port: 8000, endPort: 8009 }],
      },
      {
        to: [{ ipBlock: { cidr: '0.0.0.0/0', except: ['10.0.0.0/8'] } }, { ipBlock: { cidr: '2000::/3' } }],
        ports: [{ port: 443 }],
      },
      { ports: [{ protocol: 'UDP', port: 53 }] },
    ],
  },
};
const sides = sidesOf([policy], { pods: [web, db], namespaces: new Map() });

/** The rules of a chain. */
function chainOf(table: string, name: string): string[] {
  const found = new RegExp(`  chain ${name} \\{\\n(?<rules>(?:    .*\\n)*)  \\}`).exec(table)?.groups?.[
    'rules'
  ];
  return (found ?? '')
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean);
}

it('lets through what the rules name, family by family, then notes and drops', () => {
  const table = policyTable(
    sides,
    new Map([
      [web.name, 'v0'],
      [db.name, 'pods0'],
    ]),
  );
  expect(chainOf(table, 'egress_web_x1')).toEqual([
    'ip daddr { 10.244.1.3 } meta l4proto { tcp } th dport 5432 accept comment "shop/web 0"',
    'ip6 daddr { fd00:244:1::3 } meta l4proto { tcp } th dport 5432 accept comment "shop/web 0"',
    'ip daddr { 10.244.1.3 } meta l4proto { udp } th dport 8000-8009 accept comment "shop/web 0"',
    'ip6 daddr { fd00:244:1::3 } meta l4proto { udp } th dport 8000-8009 accept comment "shop/web 0"',
    'meta nfproto ipv4 ip daddr != 10.0.0.0/8 meta l4proto { tcp } th dport 443 accept comment "shop/web 1"',
    'ip6 daddr 2000::/3 meta l4proto { tcp } th dport 443 accept comment "shop/web 1"',
    'meta l4proto { udp } th dport 53 accept comment "shop/web 2"',
    'add @dropped_egress_ip { ip saddr . ip daddr . meta l4proto . th dport }',
    'add @dropped_egress_ip6 { ip6 saddr . ip6 daddr . meta l4proto . th dport }',
    'drop',
  ]);
});

it('drops nothing on a side that no policy isolates, and never a pod’s own node', () => {
  const table = policyTable(
    sides,
    new Map([
      [web.name, 'v0'],
      [db.name, 'pods0'],
    ]),
  );
  expect(chainOf(table, 'ingress_web_x1').slice(-2)).toEqual(['fib saddr type local accept', 'accept']);
  expect(chainOf(table, 'egress_db_x1')).toEqual(['accept']);
});

it('guards each pod where its packets pass the node, after addresses were rewritten, and lets answers through', () => {
  const table = policyTable(
    sides,
    new Map([
      [web.name, 'v0'],
      [db.name, 'pods0'],
    ]),
  );
  expect(chainOf(table, 'postrouting')[0]).toBe('type filter hook postrouting priority 150');
  expect(chainOf(table, 'ingress').slice(0, 3)).toEqual([
    'ct state established,related return',
    'meta l4proto != { tcp, udp, sctp } return',
    'oifname . ip daddr vmap { "v0" . 10.244.1.2 : goto ingress_web_x1, "pods0" . 10.244.1.3 : goto ingress_db_x1 }',
  ]);
  expect(() => policyTable(sides, new Map())).toThrow('web-x1 has no interface on its node');
});

it('replaces a side and forgets what was noted, in one text', () => {
  const [ingress] = sides;
  const text = changedSides(ingress === undefined ? [] : [ingress]);
  expect(text.match(/^flush set /gm)).toHaveLength(6);
  expect(text.match(/^flush chain .*$/gm)).toEqual(['flush chain inet policies ingress_web_x1']);
  expect(chainOf(text, 'ingress_web_x1')).toContain('accept');
});
