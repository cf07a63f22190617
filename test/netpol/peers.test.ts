/** NETPOL rules 9 to 14: which peers a rule matches. */
import { describe, expect, test } from 'vitest';
import type { NetworkPolicyPeer } from '../../src/netpol/policy.ts';
import { selectorMatches } from '../../src/netpol/selector.ts';
import { egress, holds, ingress } from './small-cluster.ts';
import type { PolicyCase } from './small-cluster.ts';

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
  from('rule 12: an empty namespaceSelector is all pods, not all addresses', [{ namespaceSelector: {} }], {
    allows: [sameNamespace, otherNamespace, cache, lone],
    denies: [outside, otherNode, 'shop/host-1 -> shop/db-1:5432'],
  }),
  from(
    'rule 14: every namespace has its name as a label',
    [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'shop' } } }],
    {
      allows: [sameNamespace],
      denies: [cache],
    },
  ),
  from(
    'rule 14: so has a namespace without an object',
    [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'lone' } } }],
    {
      allows: [lone],
      denies: [sameNamespace],
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

describe('rule 13: label selectors', () => {
  const labels = { app: 'web', tier: '' };
  test.each([
    ['null matches all', null, true],
    ['absent matches all', undefined, true],
    ['empty matches all', {}, true],
    ['null fields match all', { matchLabels: null, matchExpressions: null }, true],
    ['equal label', { matchLabels: { app: 'web' } }, true],
    ['values are case-sensitive', { matchLabels: { app: 'Web' } }, false],
    ['every label must match', { matchLabels: { app: 'web', tier: 'front' } }, false],
    ['the empty string is a value', { matchLabels: { tier: '' } }, true],
    ['the empty string is not absence', { matchLabels: { zone: '' } }, false],
    [
      'In, value among them',
      { matchExpressions: [{ key: 'app', operator: 'In', values: ['db', 'web'] }] },
      true,
    ],
    [
      'In, value not among them',
      { matchExpressions: [{ key: 'app', operator: 'In', values: ['db'] }] },
      false,
    ],
    ['In, key absent', { matchExpressions: [{ key: 'zone', operator: 'In', values: ['a'] }] }, false],
    [
      'NotIn, value among them',
      { matchExpressions: [{ key: 'app', operator: 'NotIn', values: ['web'] }] },
      false,
    ],
    [
      'NotIn, value not among them',
      { matchExpressions: [{ key: 'app', operator: 'NotIn', values: ['db'] }] },
      true,
    ],
    ['NotIn, key absent', { matchExpressions: [{ key: 'zone', operator: 'NotIn', values: ['a'] }] }, true],
    ['Exists', { matchExpressions: [{ key: 'tier', operator: 'Exists' }] }, true],
    ['Exists, key absent', { matchExpressions: [{ key: 'zone', operator: 'Exists', values: [] }] }, false],
    ['DoesNotExist', { matchExpressions: [{ key: 'app', operator: 'DoesNotExist' }] }, false],
    [
      'DoesNotExist, key absent',
      { matchExpressions: [{ key: 'zone', operator: 'DoesNotExist', values: null }] },
      true,
    ],
    [
      'labels and expressions must both match',
      { matchLabels: { app: 'web' }, matchExpressions: [{ key: 'tier', operator: 'DoesNotExist' }] },
      false,
    ],
    [
      'expressions must all match',
      {
        matchExpressions: [
          { key: 'app', operator: 'Exists' },
          { key: 'zone', operator: 'Exists' },
        ],
      },
      false,
    ],
    [
      'In without values is invalid',
      { matchExpressions: [{ key: 'app', operator: 'In', values: [] }] },
      false,
    ],
    ['NotIn without values is invalid', { matchExpressions: [{ key: 'zone', operator: 'NotIn' }] }, false],
    [
      'Exists with values is invalid',
      { matchExpressions: [{ key: 'app', operator: 'Exists', values: ['web'] }] },
      false,
    ],
    [
      'DoesNotExist with values is invalid',
      { matchExpressions: [{ key: 'zone', operator: 'DoesNotExist', values: ['a'] }] },
      false,
    ],
    [
      'a key that every object inherits is not a label',
      { matchExpressions: [{ key: 'constructor', operator: 'Exists' }] },
      false,
    ],
  ] as const)('%s', (_, selector, expected) => {
    expect(selectorMatches(selector, labels)).toBe(expected);
  });
});

function from(
  promise: string,
  peers: readonly NetworkPolicyPeer[],
  outcome: Pick<PolicyCase, 'allows' | 'denies'>,
): PolicyCase {
  return { promise, policies: { 'shop/p': ingress({ from: peers }) }, ...outcome };
}
