import { describe, expect, test } from 'vitest';
import { compilePolicies } from '../../src/netpol/compile.ts';
import { explainVerdict } from '../../src/netpol/explain.ts';
import type { NetworkPolicySpec } from '../../src/netpol/policy.ts';
import { WORLD, connection, egress, ingress, policy } from './small-cluster.ts';

/** The story of `shop/web-1 -> shop/db-1:5432` and the like, by line. */
function story(policies: Readonly<Record<string, NetworkPolicySpec>>, line: string): string[] {
  const objects = Object.entries(policies).map(([key, spec]) => policy(key, spec));
  const [client = '', server = ''] = line.split(' -> ');
  const titles = { client: client.split(' as ')[0] ?? '', server: server.replace(/:\d+(\/\w+)?$/, '') };
  return explainVerdict(compilePolicies(objects, WORLD), connection(line), titles).split('\n');
}

const web = { podSelector: { matchLabels: { app: 'web' } } };
const toDb = { podSelector: { matchLabels: { app: 'db' } } };

describe('explainVerdict', () => {
  test('says of each side who isolates and which rules allow', () => {
    const policies = {
      'shop/db': { ...ingress({ from: [toDb] }, { from: [web], ports: [{ port: 5432 }] }), ...toDb },
      'shop/db-too': { ...ingress({ from: [{ podSelector: {} }] }), ...toDb },
    };
    expect(story(policies, 'shop/web-1 -> shop/db-1:5432')).toEqual([
      'shop/web-1 -> shop/db-1 on TCP 5432 is allowed.',
      'Egress from shop/web-1: allowed. No policy isolates it in this direction.',
      'Ingress to shop/db-1: allowed. It is isolated by shop/db, shop/db-too; rule 1 of shop/db and rule 0 of shop/db-too allow it.',
    ]);
  });

  test('says of every policy that isolates how near it comes', () => {
    const policies = {
      'shop/a-deny': ingress(),
      'shop/b-port': ingress({ from: [web], ports: [{ port: 5433 }, { protocol: 'UDP' }, { port: 'http' }] }),
      'shop/c-peer': ingress({ ports: [{ port: 80 }], from: [] }, { from: [toDb], ports: [{ port: 5432 }] }),
      'shop/d-else': ingress({ from: [{ ipBlock: { cidr: '10.0.0.0/30' } }], ports: [{ port: 1 }] }),
      'shop/e-elsewhere': ingress({
        from: [
          { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'data' } } },
          { ipBlock: { cidr: '203.0.113.0/24', except: ['203.0.113.0/25'] } },
        ],
      }),
    };
    expect(story(policies, 'shop/web-1 -> shop/db-1:5432')).toEqual([
      'shop/web-1 -> shop/db-1 on TCP 5432 is denied.',
      'Egress from shop/web-1: allowed. No policy isolates it in this direction.',
      'Ingress to shop/db-1: denied. It is isolated by shop/a-deny, shop/b-port, shop/c-peer, shop/d-else, shop/e-elsewhere, and no rule allows it:',
      '  shop/a-deny: it has no ingress rule, so it allows nothing.',
      '  shop/b-port: rule 0 allows this peer, but not TCP 5432: it allows TCP 5433, every UDP port, TCP port "http", which the server does not declare.',
      '  shop/c-peer: rule 0 allows this peer, but not TCP 5432: it allows TCP 80.',
      '  shop/d-else: no rule names this peer, and none allows this port.',
      '  shop/e-elsewhere: no rule names this peer; rule 0 allows TCP 5432 only from all pods of namespace data or 203.0.113.0/24 except 203.0.113.0/25.',
    ]);
  });

  test.each([
    [
      '203.0.113.9 -> shop/db-1:5432',
      'Egress from 203.0.113.9: allowed. It is no pod, so no policy governs this side.',
    ],
    [
      'shop/host-1 -> data/web-1:80',
      "Egress from shop/host-1: allowed. It is on its node's network, where no policy selects it.",
    ],
    [
      'shop/db-1 -> shop/db-1:80',
      'Ingress to shop/db-1: allowed. A pod always reaches itself, whatever shop/deny says.',
    ],
    [
      'data/host-2 -> shop/db-1:80',
      'Ingress to shop/db-1: allowed. A pod is always reached from its own node, whatever shop/deny says.',
    ],
    [
      'shop/host-1 -> shop/db-1:80',
      "  shop/host-1 is on its node's network: it is seen here as 192.168.0.1, and no pod selector matches it.",
    ],
    [
      'shop/web-1 as 192.168.0.1 -> shop/db-1:80',
      '  shop/web-1 is seen here as 192.168.0.1, and no pod selector matches that.',
    ],
    ['203.0.113.9 as 192.168.0.1 -> shop/db-1:80', '  203.0.113.9 is seen here as 192.168.0.1.'],
  ])('%s: %s', (line, sentence) => {
    expect(story({ 'shop/deny': ingress() }, line)).toContain(sentence);
  });

  test('an egress to a named port of a block misses, for an address declares no names', () => {
    const to = [{ ipBlock: { cidr: '203.0.113.0/24' } }];
    const lines = story(
      { 'shop/out': egress({ to, ports: [{ port: 'http' }] }) },
      'shop/web-1 -> 203.0.113.9:8080',
    );
    expect(lines).toContain(
      '  shop/out: rule 0 allows this peer, but not TCP 8080: it allows TCP port "http", which the server does not declare.',
    );
  });

  test('writes selectors as kubectl does', () => {
    const podSelector = {
      matchLabels: { app: 'x' },
      matchExpressions: [
        { key: 'tier', operator: 'In', values: ['a', 'b'] },
        { key: 'zone', operator: 'NotIn', values: ['c'] },
        { key: 'live', operator: 'Exists' },
        { key: 'canary', operator: 'DoesNotExist' },
      ],
    } as const;
    const namespaceSelector = { matchLabels: { team: 'storage' } };
    const lines = story(
      { 'shop/in': ingress({ from: [{ podSelector, namespaceSelector }] }) },
      'shop/web-1 -> shop/db-1:5432',
    );
    expect(lines.at(-1)).toBe(
      '  shop/in: no rule names this peer; rule 0 allows TCP 5432 only from pods with app=x, tier in (a, b), zone not in (c), live, !canary in namespaces with team=storage.',
    );
  });
});
