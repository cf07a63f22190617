/** NETPOL rules 13 and 14: how selectors read labels, and the label that every namespace has. */
import { expect, test } from 'vitest';
import { compilePolicies } from '../../../src/netpol/compile.ts';
import { evaluate } from '../../../src/netpol/evaluate.ts';
import type { LabelSelector, LabelSelectorRequirement } from '../../../src/netpol/policy.ts';
import { selectorMatches } from '../../../src/netpol/selector.ts';
import { connection, holds, ingress, policy, WORLD } from '../small-cluster.ts';
import type { PolicyCase } from '../small-cluster.ts';

const shop = 'shop/web-1 -> shop/db-1:5432';
const data = 'data/cache-1 -> shop/db-1:5432';
const lone = 'lone/job-1 -> shop/db-1:5432';

const NAME = 'kubernetes.io/metadata.name';

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
  ['In, value not among them', { matchExpressions: [{ key: 'app', operator: 'In', values: ['db'] }] }, false],
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
  ['In without values is invalid', { matchExpressions: [{ key: 'app', operator: 'In', values: [] }] }, false],
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
] as const)('rule 13: %s', (_, selector, expected) => {
  expect(selectorMatches(selector, labels)).toBe(expected);
});

/** Namespaces shop {team: sales}, data {team: storage} and lone, which has no object. */
const cases: PolicyCase[] = [
  expression(
    'In',
    { key: 'team', operator: 'In', values: ['storage', 'none'] },
    { allows: [data], denies: [shop, lone] },
  ),
  expression(
    'NotIn',
    { key: 'team', operator: 'NotIn', values: ['storage'] },
    { allows: [shop, lone], denies: [data] },
  ),
  expression('Exists', { key: 'team', operator: 'Exists' }, { allows: [shop, data], denies: [lone] }),
  expression(
    'DoesNotExist',
    { key: 'team', operator: 'DoesNotExist' },
    { allows: [lone], denies: [shop, data] },
  ),
  {
    promise: 'rule 13: expressions in spec.podSelector choose what is isolated',
    policies: {
      'shop/p': {
        podSelector: { matchExpressions: [{ key: 'tier', operator: 'NotIn', values: ['front'] }] },
      },
    },
    allows: ['shop/db-1 -> shop/web-1:8080'],
    denies: [shop, 'shop/web-1 -> shop/dual-1:80'],
  },
  named(
    'rule 14: every namespace has its name as a label',
    { matchLabels: { [NAME]: 'shop' } },
    {
      allows: [shop],
      denies: [data, lone],
    },
  ),
  named(
    'rule 14: so has a namespace without an object',
    { matchLabels: { [NAME]: 'lone' } },
    {
      allows: [lone],
      denies: [shop, data],
    },
  ),
  named(
    'rule 14: so no namespace is without that label',
    { matchExpressions: [{ key: NAME, operator: 'DoesNotExist' }] },
    { denies: [shop, data, lone] },
  ),
];

test.each(cases)('$promise', holds);

test('rule 14: a namespace cannot carry another’s name as that label', () => {
  const from = [{ namespaceSelector: { matchLabels: { [NAME]: 'data' } } }];
  const world = { ...WORLD, namespaces: new Map([['lone', { [NAME]: 'data' }]]) };
  const set = compilePolicies([policy('shop/p', ingress({ from }))], world);
  expect([lone, data].map((line) => evaluate(set, connection(line)).allowed)).toEqual([false, true]);
});

function expression(
  operator: string,
  requirement: LabelSelectorRequirement,
  outcome: Pick<PolicyCase, 'allows' | 'denies'>,
): PolicyCase {
  return named(`rule 13: ${operator} in a namespaceSelector`, { matchExpressions: [requirement] }, outcome);
}

function named(
  promise: string,
  namespaceSelector: LabelSelector,
  outcome: Pick<PolicyCase, 'allows' | 'denies'>,
): PolicyCase {
  return { promise, policies: { 'shop/p': ingress({ from: [{ namespaceSelector }] }) }, ...outcome };
}
