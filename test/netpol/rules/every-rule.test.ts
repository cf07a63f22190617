/** That no rule of NETPOL 1.1 and no row of its table 1.2 is without a test: the names of the tests here say which they are for. */
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';

const RULES = Array.from({ length: 31 }, (_, index) => index + 1);

/** Rules that say nothing which a judge of single connections could get right or wrong. */
const NOT_TESTABLE = new Map([
  [
    27,
    'what happens to established connections when policies change is the plugin’s choice; only new connections are judged',
  ],
  [31, 'whether a plugin enforces policies cannot be known from the objects, which are all that is judged'],
]);

const ROWS = [
  'spec: {}',
  'spec: {podSelector: {}, egress: []} no policyTypes',
  'policyTypes: [Egress], no egress',
  'ingress: null vs [] vs [{}]',
  'from: null vs [] vs [{}]',
  'from: [{podSelector: {}}]',
  'from: [{namespaceSelector: {}}]',
  'from: [{namespaceSelector: {matchLabels: {}}}]',
  'ports: [] vs [{}]',
  'ipBlock 0.0.0.0/0',
  'NotIn on absent key',
  'matchLabels + matchExpressions',
  'SCTP-only policy',
];

const source = readdirSync(import.meta.dirname)
  .filter((file) => file.endsWith('.test.ts') && file !== path.basename(import.meta.filename))
  .map((file) => readFileSync(path.join(import.meta.dirname, file), 'utf8'))
  .join('\n');

/** Test names are string literals that begin with `rule N: `. */
const tested = new Set([...source.matchAll(/['`]rule (\d+): \S/g)].map(([, number]) => Number(number)));

describe('NETPOL', () => {
  test.each(RULES)('rule %i has a test of its own, or a reason why it cannot', (rule) => {
    expect(tested.has(rule) !== NOT_TESTABLE.has(rule)).toBe(true);
  });

  test.each(ROWS)('the row %j has a test of its own', (row) => {
    expect(source).toContain(`'row: ${row}'`);
  });

  test('no test is for a rule that there is not', () => {
    expect([...tested].filter((rule) => !RULES.includes(rule))).toEqual([]);
  });
});
