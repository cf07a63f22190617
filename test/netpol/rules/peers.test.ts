/** NETPOL rules 9 to 12: which peers a rule matches. */
import { test } from 'vitest';
import type { NetworkPolicyPeer } from '../../../src/netpol/policy.ts';
import { egress, holds, ingress } from '../small-cluster.ts';
import type { PolicyCase } from '../small-cluster.ts';

const sameNamespace = 'shop/web-1 -> shop/db-1:5432';
const otherNamespace = 'data/web-1 -> shop/db-1:5432';
const cache = 'data/cache-1 -> shop/db-1:5432';
const lone = 'lone/job-1 -> shop/db-1:5432';
const outside = '203.0.113.9 -> shop/db-1:5432';
const otherNode = '192.168.0.1 -> shop/db-1:5432';
const everyone = [sameNamespace, otherNamespace, cache, lone, outside, otherNode];

const web = { matchLabels: { app: 'web' } };
const storage = { matchLabels: { team: 'storage' } };
const invalid = 'is invalid and matches nothing';

const cases: PolicyCase[] = [
  from('rule 9: from, empty, is any peer', [], { allows: everyone }),
  {
    promise: 'rule 9: from, null, is any peer',
    policies: { 'shop/p': ingress({ from: null }) },
    allows: everyone,
  },
  {
    promise: 'rule 9: to, empty, is any peer',
    policies: { 'shop/p': egress({ to: [] }) },
    allows: [
      'shop/web-1 -> data/cache-1:6379',
      'shop/web-1 -> 203.0.113.9:443',
      'shop/web-1 -> 192.168.0.2:10250',
    ],
  },
  {
    promise: 'rule 9: a rule needs both a peer and a port that match',
    policies: { 'shop/p': ingress({ from: [{ podSelector: web }], ports: [{ port: 5432 }] }) },
    allows: [sameNamespace],
    denies: ['shop/web-1 -> shop/db-1:5433', cache, outside],
  },
  {
    promise: 'rule 9: the peer of one rule does not lend itself to the ports of another',
    policies: {
      'shop/p': ingress(
        { from: [{ podSelector: web }], ports: [{ port: 1 }] },
        { from: [{ podSelector: storage }], ports: [{ port: 5432 }] },
      ),
    },
    denies: [sameNamespace],
  },
  from('rule 10: peers are alternatives', [{ podSelector: web }, { ipBlock: { cidr: '203.0.113.0/24' } }], {
    allows: [sameNamespace, outside],
    denies: [otherNamespace],
  }),
  from(`rule 10: a peer that names nothing ${invalid}`, [{}], { denies: everyone }),
  from(
    `rule 10: ipBlock with a selector ${invalid}`,
    [{ podSelector: web, ipBlock: { cidr: '0.0.0.0/0' } }],
    { denies: everyone },
  ),
  from(
    `rule 10: ipBlock with a namespaceSelector, even an empty one, ${invalid}`,
    [{ namespaceSelector: {}, ipBlock: { cidr: '0.0.0.0/0' } }],
    { denies: everyone },
  ),
  from('rule 11: podSelector alone names pods of the policy’s namespace', [{ podSelector: web }], {
    allows: [sameNamespace],
    denies: [otherNamespace, outside],
  }),
  from(
    'rule 11: namespaceSelector alone names all pods of matching namespaces',
    [{ namespaceSelector: storage }],
    {
      allows: [otherNamespace, cache],
      denies: [sameNamespace, lone, outside],
    },
  ),
  from('rule 11: both in one element must both match', [{ podSelector: web, namespaceSelector: storage }], {
    allows: [otherNamespace],
    denies: [sameNamespace, cache],
  }),
  from('rule 11: in two elements either may match', [{ podSelector: web }, { namespaceSelector: storage }], {
    allows: [sameNamespace, otherNamespace, cache],
    denies: [lone],
  }),
  from('rule 11: an empty podSelector is all pods of the policy’s namespace', [{ podSelector: {} }], {
    allows: [sameNamespace],
    denies: [otherNamespace, lone, outside],
  }),
  from('rule 11: a null podSelector is no podSelector', [{ podSelector: null, namespaceSelector: storage }], {
    allows: [cache],
  }),
  from(
    'rule 11: a null namespaceSelector is no namespaceSelector',
    [{ podSelector: {}, namespaceSelector: null }],
    {
      allows: [sameNamespace],
      denies: [otherNamespace],
    },
  ),
  from(
    'rule 11: an empty namespaceSelector beside a podSelector is every namespace',
    [{ podSelector: web, namespaceSelector: {} }],
    {
      allows: [sameNamespace, otherNamespace],
      denies: [cache, lone, outside],
    },
  ),
  from('rule 12: an empty namespaceSelector is all pods, not all addresses', [{ namespaceSelector: {} }], {
    allows: [sameNamespace, otherNamespace, cache, lone],
    denies: [outside, otherNode, 'shop/host-1 -> shop/db-1:5432'],
  }),
  {
    promise: 'rule 12: nor all addresses at egress',
    policies: { 'shop/p': egress({ to: [{ namespaceSelector: {} }] }) },
    allows: ['shop/web-1 -> data/cache-1:6379'],
    denies: [
      'shop/web-1 -> 203.0.113.9:443',
      'shop/web-1 -> 192.168.0.2:10250',
      'shop/web-1 -> data/host-2:80',
    ],
  },
  from(
    'rule 12: an empty peer list and an ipBlock are what names other than pods',
    [{ ipBlock: { cidr: '192.168.0.0/16' } }],
    {
      allows: [otherNode, 'shop/host-1 -> shop/db-1:5432'],
      denies: [outside],
    },
  ),
  {
    promise: 'rule 11: at egress the peer is the server',
    policies: { 'shop/p': egress({ to: [{ podSelector: web, namespaceSelector: storage }] }) },
    allows: ['shop/db-1 -> data/web-1:8081'],
    denies: ['shop/db-1 -> data/cache-1:6379', 'shop/db-1 -> shop/web-1:8080'],
  },
];

test.each(cases)('$promise', holds);

function from(
  promise: string,
  peers: readonly NetworkPolicyPeer[],
  outcome: Pick<PolicyCase, 'allows' | 'denies'>,
): PolicyCase {
  return { promise, policies: { 'shop/p': ingress({ from: peers }) }, ...outcome };
}
