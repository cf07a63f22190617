/** NETPOL rules 15 to 18, and the ports of rule 9: which server ports a rule matches. */
import { expect, test } from 'vitest';
import { compilePolicies } from '../../../src/netpol/compile.ts';
import { evaluate } from '../../../src/netpol/evaluate.ts';
import type { NetworkPolicyPort } from '../../../src/netpol/policy.ts';
import { connection, egress, holds, ingress, policy, WORLD } from '../small-cluster.ts';
import type { PolicyCase } from '../small-cluster.ts';

const db = (port: number, protocol = 'tcp'): string => `shop/web-1 -> shop/db-1:${port}/${protocol}`;
const invalid = 'is invalid and matches nothing';

const cases: PolicyCase[] = [
  ports('rule 9: absent ports are every port of every protocol', undefined, {
    allows: [db(1), db(65_535, 'udp'), db(9, 'sctp')],
  }),
  ports('rule 9: null ports are every port of every protocol', null, {
    allows: [db(1), db(65_535, 'udp'), db(9, 'sctp')],
  }),
  ports('rule 9: empty ports are every port of every protocol', [], {
    allows: [db(1), db(65_535, 'udp'), db(9, 'sctp')],
  }),
  ports('rule 15: the protocol is TCP unless told', [{ port: 80 }], {
    allows: [db(80)],
    denies: [db(80, 'udp'), db(80, 'sctp'), db(81)],
  }),
  ports('rule 15: a null protocol is TCP', [{ port: 80, protocol: null }], {
    allows: [db(80)],
    denies: [db(80, 'udp')],
  }),
  ports('rule 15: an element without a port is all of TCP', [{}], {
    allows: [db(1), db(65_535)],
    denies: [db(53, 'udp')],
  }),
  ports('rule 15: a protocol without a port is all of that protocol', [{ protocol: 'UDP', port: null }], {
    allows: [db(1, 'udp'), db(65_535, 'udp')],
    denies: [db(53)],
  }),
  ports(`rule 15: a protocol in lower case ${invalid}`, [{ protocol: 'tcp' as 'TCP', port: 80 }], {
    denies: [db(80)],
  }),
  ports('rule 15: SCTP is a protocol of its own', [{ protocol: 'SCTP', port: 80 }], {
    allows: [db(80, 'sctp')],
    denies: [db(80), db(80, 'udp')],
  }),
  ports('rule 9: ports are alternatives', [{ port: 80 }, { port: 53, protocol: 'UDP' }], {
    allows: [db(80), db(53, 'udp')],
    denies: [db(53), db(80, 'udp')],
  }),
  ports('rule 16: a number matches that server port alone', [{ port: 80 }], {
    allows: [db(80)],
    denies: [db(79), db(81)],
  }),
  ports('rule 16: endPort is inclusive', [{ port: 80, endPort: 90 }], {
    allows: [db(80), db(85), db(90)],
    denies: [db(79), db(91), db(85, 'udp')],
  }),
  ports('rule 16: endPort may equal port', [{ port: 80, endPort: 80 }], {
    allows: [db(80)],
    denies: [db(81)],
  }),
  ports(`rule 16: endPort before port ${invalid}`, [{ port: 90, endPort: 80 }], {
    denies: [db(80), db(85), db(90)],
  }),
  ports(`rule 16: endPort without port ${invalid}`, [{ endPort: 80 }], { denies: [db(1), db(80)] }),
  ports(`rule 16: endPort with a named port ${invalid}`, [{ port: 'sql', endPort: 6000 }], {
    denies: [db(5432), db(6000)],
  }),
  ports(`rule 16: endPort above 65535 ${invalid}`, [{ port: 80, endPort: 65_537 }], { denies: [db(80)] }),
  ports(`rule 16: port 0 ${invalid}`, [{ port: 0, endPort: 80 }], { denies: [db(80)] }),
  ports('rule 16: an element that is invalid leaves the others alone', [{ port: 0 }, { port: 80 }], {
    allows: [db(80)],
    denies: [db(81)],
  }),
  ports('rule 17: a name is the number that the server declares for it', [{ port: 'sql' }], {
    allows: [db(5432)],
    denies: [db(5433), db(5432, 'udp')],
  }),
  ports('rule 17: one name may stand for a number per protocol, TCP here', [{ port: 'dns' }], {
    allows: [db(5353)],
    denies: [db(53), db(53, 'udp')],
  }),
  ports(
    'rule 17: one name may stand for a number per protocol, UDP here',
    [{ port: 'dns', protocol: 'UDP' }],
    { allows: [db(53, 'udp')], denies: [db(5353, 'udp'), db(5353)] },
  ),
  ports('rule 17: a name that the server does not declare matches nothing', [{ port: 'metrics' }], {
    denies: [db(1), db(5432)],
  }),
  ports('rule 17: a number in quotes is not a number', [{ port: '5432' }], { denies: [db(5432)] }),
  ports('rule 18: a number need not be declared by the server', [{ port: 9999 }], { allows: [db(9999)] }),
  {
    promise: 'rule 17: at ingress each selected pod resolves a name by itself',
    policies: { 'shop/p': ingress({ ports: [{ port: 'http' }] }) },
    allows: ['shop/db-1 -> shop/web-1:8080', 'shop/db-1 -> shop/web-2:80', '203.0.113.9 -> shop/web-2:80'],
    denies: ['shop/db-1 -> shop/web-1:80', 'shop/db-1 -> shop/web-2:8080'],
  },
  {
    promise: 'rule 17: at egress the server resolves a name, in any namespace',
    policies: { 'shop/p': egress({ ports: [{ port: 'http' }] }) },
    allows: ['shop/web-1 -> shop/web-2:80', 'shop/web-1 -> data/web-1:8081'],
    denies: ['shop/web-1 -> shop/web-2:8080', 'shop/web-1 -> data/web-1:8080'],
  },
  {
    promise: 'rule 17: at egress a name means nothing on an address, nor on a host-network pod',
    policies: { 'shop/p': egress({ ports: [{ port: 'http' }] }) },
    denies: ['shop/web-1 -> 203.0.113.9:8080', 'shop/db-1 -> shop/host-1:8080'],
  },
  {
    promise: 'rule 17: at egress a name means nothing on an ipBlock, even where it holds a pod',
    policies: { 'shop/p': egress({ to: [{ ipBlock: { cidr: '0.0.0.0/0' } }], ports: [{ port: 'http' }] }) },
    denies: ['shop/web-1 -> shop/web-2:80', 'shop/web-1 -> 203.0.113.9:80'],
  },
  {
    promise: 'rule 17: beside an ipBlock, a selector that matches still lends a name its meaning',
    policies: {
      'shop/p': egress({
        to: [{ ipBlock: { cidr: '0.0.0.0/0' } }, { podSelector: {} }],
        ports: [{ port: 'http' }],
      }),
    },
    allows: ['shop/web-1 -> shop/web-2:80'],
    denies: ['shop/web-1 -> data/web-1:8081'],
  },
  {
    promise: 'rule 17: at ingress a name works with an ipBlock, as the server is the pod',
    policies: {
      'shop/p': ingress({ from: [{ ipBlock: { cidr: '203.0.113.0/24' } }], ports: [{ port: 'http' }] }),
    },
    allows: ['203.0.113.9 -> shop/web-1:8080'],
    denies: ['203.0.113.9 -> shop/web-1:80', '198.51.100.1 -> shop/web-1:8080'],
  },
];

test.each(cases)('$promise', holds);

test.each([
  ['sql', true],
  ['a', true],
  ['fifteen-letters', true],
  ['sixteen-letters-', false],
  ['sixteen-letters0', false],
  ['5432', false],
  ['Sql', false],
  ['s--l', false],
  ['-sql', false],
  ['sql-', false],
  ['my_sql', false],
  ['', false],
])('rule 17: %j may be the name of a port: %s', (name, expected) => {
  const ends = connection(db(5432));
  if (ends.server.kind !== 'pod') throw new Error('the server is a pod');
  const pod = { ...ends.server.pod, ports: [{ name, protocol: 'tcp', port: 5432 } as const] };
  const set = compilePolicies([policy('shop/p', ingress({ ports: [{ port: name }] }))], WORLD);
  expect(evaluate(set, { ...ends, server: { kind: 'pod', pod } }).allowed).toBe(expected);
});

function ports(
  promise: string,
  list: readonly NetworkPolicyPort[] | null | undefined,
  outcome: Pick<PolicyCase, 'allows' | 'denies'>,
): PolicyCase {
  return { promise, policies: { 'shop/p': ingress(list === undefined ? {} : { ports: list }) }, ...outcome };
}
