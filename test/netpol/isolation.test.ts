/** NETPOL rules 1 to 8: what isolates a pod, and that policies only ever add. */
import { describe, expect, test } from 'vitest';
import { compilePolicies } from '../../src/netpol/compile.ts';
import { evaluate } from '../../src/netpol/evaluate.ts';
import { connection, egress, holds, ingress, judge, policy, WORLD } from './small-cluster.ts';
import type { PolicyCase } from './small-cluster.ts';

const toDb = 'shop/web-1 -> shop/db-1:5432';
const toWeb = 'shop/db-1 -> shop/web-1:8080';
const toCache = 'shop/web-1 -> data/cache-1:6379';
const fromOutside = '203.0.113.9 -> shop/web-1:8080';

const cases: PolicyCase[] = [
  {
    promise: 'without policies everything is allowed',
    policies: {},
    allows: [toDb, toWeb, toCache, fromOutside],
  },
  {
    promise: 'rule 1: allowing a connection does not allow one the other way',
    policies: { 'shop/p': ingress({ from: [{ podSelector: { matchLabels: { app: 'web' } } }] }) },
    allows: [toDb],
    denies: [toWeb],
  },
  {
    promise: 'rule 2: a policy selects pods of its own namespace only',
    policies: { 'shop/p': ingress() },
    denies: [toDb],
    allows: [toCache],
  },
  {
    promise: 'rule 2: an absent podSelector selects all pods of the namespace',
    policies: { 'shop/p': {} },
    denies: [toDb, toWeb],
  },
  {
    promise: 'rule 2: a null podSelector selects all pods of the namespace',
    policies: { 'shop/p': { podSelector: null } },
    denies: [toDb, toWeb],
  },
  {
    promise: 'rule 2: a podSelector with null matchLabels selects all pods of the namespace',
    policies: { 'shop/p': { podSelector: { matchLabels: null } } },
    denies: [toDb, toWeb],
  },
  {
    promise: 'rule 2: a podSelector selects the pods that it matches',
    policies: { 'shop/p': { podSelector: { matchLabels: { app: 'db' } } } },
    denies: [toDb],
    allows: [toWeb, fromOutside],
  },
  {
    promise: 'rule 3: ingress isolation leaves egress alone',
    policies: { 'shop/p': ingress() },
    denies: [fromOutside],
    allows: ['shop/web-1 -> 203.0.113.9:443'],
  },
  {
    promise: 'rule 3: egress isolation leaves ingress alone',
    policies: { 'shop/p': egress() },
    denies: ['shop/web-1 -> 203.0.113.9:443'],
    allows: [fromOutside],
  },
  {
    promise: 'rule 4: without policyTypes, egress rules isolate both directions',
    policies: { 'shop/p': { egress: [{}] } },
    denies: [fromOutside],
    allows: ['shop/web-1 -> 203.0.113.9:443'],
  },
  {
    promise: 'rule 4: without policyTypes, an empty egress list does not isolate egress',
    policies: { 'shop/p': { egress: [] } },
    denies: [fromOutside],
    allows: ['shop/web-1 -> 203.0.113.9:443'],
  },
  {
    promise: 'rule 4: empty policyTypes count as unset',
    policies: { 'shop/p': { policyTypes: [], egress: [{ to: [{ podSelector: {} }] }] } },
    denies: [fromOutside, toCache],
  },
  {
    promise: 'rule 4: null policyTypes count as unset',
    policies: { 'shop/p': { policyTypes: null, egress: [{ to: [{ podSelector: {} }] }] } },
    denies: [fromOutside, toCache],
  },
  {
    promise: 'rule 5: ingress rules under policyTypes Egress are inert',
    policies: { 'shop/p': { policyTypes: ['Egress'], ingress: [], egress: [{}] } },
    allows: [toDb, fromOutside],
  },
  {
    promise: 'rule 5: ingress rules under policyTypes Egress allow nothing that another policy isolates',
    policies: { 'shop/a': { policyTypes: ['Egress'], ingress: [{}], egress: [{}] }, 'shop/b': ingress() },
    denies: [toDb, fromOutside],
  },
  {
    promise: 'rule 5: egress rules under policyTypes Ingress are inert',
    policies: {
      'shop/p': { policyTypes: ['Ingress'], ingress: [{}], egress: [{ to: [{ podSelector: {} }] }] },
    },
    allows: [toCache],
  },
  {
    promise: 'rule 6: one matching rule of one policy is enough',
    policies: {
      'shop/deny': ingress(),
      'shop/allow': ingress({ ports: [{ port: 1 }] }, { ports: [{ port: 5432 }] }),
    },
    allows: [toDb],
    denies: [toWeb],
  },
  {
    promise: 'rule 7: the client may not dial what its own egress denies, whatever the server allows',
    policies: { 'shop/p': egress(), 'data/p': ingress({}) },
    denies: [toCache],
  },
  {
    promise: 'rule 7: the server may refuse what the client may dial',
    policies: { 'shop/p': egress({}), 'data/p': ingress() },
    denies: [toCache],
  },
  {
    promise: 'rule 7: where one end is an address, only the pod is judged',
    policies: { 'shop/p': { policyTypes: ['Ingress', 'Egress'], ingress: [{}], egress: [{}] } },
    allows: [fromOutside, 'shop/web-1 -> 203.0.113.9:443', '198.51.100.1 -> 203.0.113.9:443'],
  },
  {
    promise: 'rule 8: absent rules deny',
    policies: { 'shop/p': { policyTypes: ['Ingress'] } },
    denies: [toDb, fromOutside],
  },
  {
    promise: 'rule 8: one empty rule allows everything',
    policies: { 'shop/p': ingress({}) },
    allows: [toDb, fromOutside],
  },
];

test.each(cases)('$promise', holds);

describe('verdicts', () => {
  test('rule 6: the order of policies changes neither verdict nor reasons', () => {
    const objects = ['shop/c', 'shop/a', 'shop/b'].map((key) =>
      policy(key, ingress({ ports: [{ port: 5432 }] })),
    );
    const forward = evaluate(compilePolicies(objects, WORLD), connection(toDb));
    const backward = evaluate(compilePolicies(objects.toReversed(), WORLD), connection(toDb));
    expect(forward).toEqual(backward);
    expect(forward.ingress.isolatedBy).toEqual(['shop/a', 'shop/b', 'shop/c']);
  });

  test('a verdict names every rule that matches, by policy and index', () => {
    const db = { port: 5432 };
    const verdict = judge(
      {
        'shop/b': ingress({}, { ports: [db] }),
        'shop/a': ingress({ ports: [{ port: 1 }] }, { ports: [db] }),
      },
      toDb,
    );
    expect(verdict.ingress).toEqual({
      allowed: true,
      reason: 'allowed-by-rule',
      isolatedBy: ['shop/a', 'shop/b'],
      allowedBy: [
        { policy: 'shop/a', rule: 1 },
        { policy: 'shop/b', rule: 0 },
        { policy: 'shop/b', rule: 1 },
      ],
    });
    expect(verdict.egress).toEqual({ allowed: true, reason: 'not-isolated', isolatedBy: [], allowedBy: [] });
  });

  test('a denial names the policies that isolate and no rule', () => {
    const verdict = judge({ 'shop/p': egress() }, toDb);
    expect(verdict).toMatchObject({ allowed: false, ingress: { allowed: true, reason: 'not-isolated' } });
    expect(verdict.egress).toEqual({
      allowed: false,
      reason: 'no-rule-matches',
      isolatedBy: ['shop/p'],
      allowedBy: [],
    });
  });

  test('rule 7: an end that is no pod says so', () => {
    expect(judge({ 'shop/p': ingress({}) }, fromOutside)).toMatchObject({
      egress: { allowed: true, reason: 'not-a-pod' },
      ingress: { allowed: true, reason: 'allowed-by-rule' },
    });
  });

  test('rule 30: a pod with other labels is judged by them, though its name is the same', () => {
    const set = compilePolicies(
      [policy('shop/p', ingress({ from: [{ podSelector: { matchLabels: { app: 'web' } } }] }))],
      WORLD,
    );
    const before = connection(toDb);
    expect(evaluate(set, before).allowed).toBe(true);
    if (before.client.kind !== 'pod') throw new Error('the client is a pod');
    const relabelled = { ...before.client.pod, labels: { app: 'other' } };
    expect(evaluate(set, { ...before, client: { kind: 'pod', pod: relabelled } }).allowed).toBe(false);
  });
});
