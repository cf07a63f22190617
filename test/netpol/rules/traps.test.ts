/** The traps of NETPOL section 1.3: what other evaluators get wrong, by their names, is right here. */
import { describe, expect, test } from 'vitest';
import { compareReach } from '../../../src/netpol/compare.ts';
import { compilePolicies } from '../../../src/netpol/compile.ts';
import type { LabelSelector, NetworkPolicyPeer } from '../../../src/netpol/policy.ts';
import { reachOf } from '../../../src/netpol/reach.ts';
import type { ReachEnd } from '../../../src/netpol/reach.ts';
import type { PolicyPod } from '../../../src/netpol/world.ts';
import { connection, egress, holds, ingress, policy, WORLD } from '../small-cluster.ts';
import type { PolicyCase } from '../small-cluster.ts';

const toDb = 'shop/web-1 -> shop/db-1:5432';
const fromOutside = '203.0.113.9 -> shop/db-1:5432';
const web = { matchLabels: { app: 'web' } };

/** Passes the compiler but not the API server. */
const unknownOperator = { matchExpressions: [{ key: 'app', operator: 'Gt', values: ['a'] }] } as unknown;

const traps: Readonly<Record<string, readonly PolicyCase[]>> = {
  'kube-network-policies': [
    {
      promise: 'an empty ingress list denies, and overrides nothing',
      policies: { 'shop/a': { policyTypes: ['Ingress'], ingress: [] }, 'shop/b': ingress() },
      denies: [toDb, fromOutside],
    },
    {
      promise: 'endPort 65537 is invalid and matches nothing',
      policies: { 'shop/p': ingress({ ports: [{ port: 1, endPort: 65_537 }] }) },
      denies: [toDb],
    },
    {
      promise: 'a port without a protocol, as files have it, is TCP',
      policies: { 'shop/p': ingress({ ports: [{ port: 5432 }] }) },
      allows: [toDb],
      denies: [`${toDb}/udp`],
    },
    fromPeer('a CIDR that is none lets nobody in', { ipBlock: { cidr: '203.0.113.0/33' } }),
    fromPeer('an except that is none lets nobody in', { ipBlock: { cidr: '0.0.0.0/0', except: ['all'] } }),
    fromPeer('an operator that is none lets nobody in', {
      podSelector: unknownOperator as LabelSelector,
    }),
  ],
  'netpol-analyzer': [
    {
      promise: 'the own node is let in',
      policies: { 'shop/p': ingress() },
      allows: ['192.168.0.2 -> shop/db-1:5432'],
      denies: ['192.168.0.1 -> shop/db-1:5432'],
    },
    {
      promise: 'an ipBlock matches pods',
      policies: { 'shop/p': ingress({ from: [{ ipBlock: { cidr: '10.244.1.0/24' } }] }) },
      allows: [toDb],
      denies: ['data/web-1 -> shop/db-1:5432'],
    },
    {
      promise: 'the pods of one workload reach each other only if a rule allows it',
      policies: {
        'shop/p': {
          ...ingress({ from: [{ podSelector: { matchLabels: { app: 'db' } } }] }),
          podSelector: web,
        },
      },
      allows: ['shop/db-1 -> shop/web-1:8080'],
      denies: ['shop/web-1 -> shop/web-2:80', 'shop/web-2 -> shop/web-1:8080'],
    },
    {
      promise: 'IPv6 addresses outside the cluster count',
      policies: { 'shop/p': egress({ to: [{ ipBlock: { cidr: '2001:db8::/32' } }] }) },
      allows: ['shop/dual-1 -> [2001:db8::1]:443'],
      denies: ['shop/dual-1 -> [2001:db9::1]:443', 'shop/dual-1 -> 203.0.113.9:443'],
    },
    {
      promise: 'pods of one application with different labels are judged one by one',
      policies: {
        'shop/p': ingress({
          from: [{ podSelector: { matchLabels: { app: 'web', tier: 'front' } }, namespaceSelector: {} }],
        }),
      },
      allows: [toDb],
      denies: ['data/web-1 -> shop/db-1:5432'],
    },
  ],
  NCA: [
    fromPeer(
      'Exists beside a namespaceSelector looks at the matching namespaces, not at the policy’s own',
      {
        podSelector: { matchExpressions: [{ key: 'app', operator: 'Exists' }] },
        namespaceSelector: { matchLabels: { team: 'storage' } },
      },
      { allows: ['data/web-1 -> shop/db-1:5432', 'data/cache-1 -> shop/db-1:5432'] },
    ),
    fromPeer(
      'so does DoesNotExist',
      {
        podSelector: { matchExpressions: [{ key: 'app', operator: 'DoesNotExist' }] },
        namespaceSelector: {},
      },
      { allows: ['lone/job-1 -> shop/db-1:5432'] },
    ),
    {
      promise: 'an empty egress list without policyTypes isolates no egress',
      policies: { 'shop/p': { egress: [] } },
      allows: ['shop/web-1 -> 203.0.113.9:443'],
    },
    {
      promise: 'a DNS server that is not there is not made up',
      policies: {
        'shop/p': egress({
          to: [{ namespaceSelector: {}, podSelector: { matchLabels: { 'k8s-app': 'kube-dns' } } }],
          ports: [{ protocol: 'UDP', port: 53 }],
        }),
      },
      denies: ['shop/web-1 -> 10.96.0.10:53/udp', 'shop/web-1 -> 10.244.2.99:53/udp'],
    },
  ],
  cyclonus: [
    {
      promise: 'a port’s name is what the server declares, whatever others call that number',
      policies: { 'shop/p': ingress({ ports: [{ port: 'http' }] }) },
      allows: ['shop/db-1 -> shop/web-1:8080', 'shop/db-1 -> shop/web-2:80'],
      denies: ['shop/db-1 -> shop/web-2:8080', 'shop/web-1 -> shop/db-1:8080'],
    },
    {
      promise: 'empty policyTypes are judged like absent ones',
      policies: { 'shop/p': { policyTypes: [] } },
      allows: ['shop/web-1 -> 203.0.113.9:443'],
      denies: [toDb],
    },
  ],
};

describe.each(Object.entries(traps))('trap of %s', (_, cases) => {
  test.each(cases)('$promise', holds);
});

const podsOf = (...names: readonly string[]): PolicyPod[] =>
  names.map((name) => {
    const { client } = connection(`${name} -> 203.0.113.9:1`);
    if (client.kind !== 'pod') throw new Error(`no pod ${name}`);
    return client.pod;
  });

test('trap of netpol-analyzer: what a workload’s pods may say to each other is listed, and where they differ it is said', () => {
  const groups = [
    { title: 'web', pods: podsOf('shop/web-1', 'shop/web-2') },
    { title: 'mixed', pods: podsOf('shop/db-1', 'data/web-1') },
  ];
  const front = { podSelector: { matchLabels: { tier: 'front' } }, namespaceSelector: {} };
  const set = compilePolicies([policy('shop/p', ingress({ from: [front], ports: [{ port: 80 }] }))], WORLD);
  const rows = reachOf(set, groups)
    .filter(({ client, server }) => client.kind === 'group' && server.kind === 'group')
    .filter(({ protocol }) => protocol === 'tcp')
    .map(
      ({ client, server, ports, pods }) =>
        `${titleOf(client)} -> ${titleOf(server)} ${ports.map(({ from, to }) => `${from}-${to}`).join()} ${pods}`,
    );
  expect(rows).toContain('web -> web 80-80 all');
  expect(rows).toContain('web -> mixed 80-80 all');
  expect(rows).toContain('web -> mixed 1-79,81-65535 some');
});

test('trap of kubescape: policies that differ at egress alone are told apart', () => {
  const groups = [
    { title: 'web', pods: podsOf('shop/web-1') },
    { title: 'db', pods: podsOf('shop/db-1') },
  ];
  const sets = [80, 81].map((port) =>
    compilePolicies([policy('shop/p', egress({ ports: [{ port }] }))], WORLD),
  );
  const [one, other] = sets;
  if (one === undefined || other === undefined) throw new Error('there are two sets');
  expect(compareReach(one, one, groups)).toEqual([]);
  expect(compareReach(one, other, groups)).not.toEqual([]);
});

function titleOf(end: ReachEnd): string {
  return end.kind === 'group' ? end.title : 'outside';
}

/** A policy of shop with one rule for this peer, by which web-1 and an address outside may not come in. */
function fromPeer(
  promise: string,
  peer: NetworkPolicyPeer,
  more: Pick<PolicyCase, 'allows'> = {},
): PolicyCase {
  return { promise, policies: { 'shop/p': ingress({ from: [peer] }) }, denies: [toDb, fromOutside], ...more };
}
