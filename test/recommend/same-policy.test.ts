/** Two policies that are written to mean the same, and two that are not: `unchanged` is said of the first only. */
import { describe, expect, test } from 'vitest';
import type { NetworkPolicySpec } from '../../src/netpol/policy.ts';
import { isSamePolicy } from '../../src/recommend/same-policy.ts';

const app = (name: string) => ({ matchLabels: { app: name } });
const from = (name: string) => ({ from: [{ podSelector: app(name) }], ports: [{ port: 80 }] });
type Case = readonly [name: string, a: NetworkPolicySpec, b: NetworkPolicySpec];

describe('the same', () => {
  test.each<Case>([
    ['no selector and an empty one', {}, { podSelector: {} }],
    [
      'types that follow from the rules',
      { egress: [{}] },
      { policyTypes: ['Egress', 'Ingress'], egress: [{}] },
    ],
    ['no ingress and none of it', { policyTypes: ['Ingress'] }, { policyTypes: ['Ingress'], ingress: [] }],
    [
      'egress rules that mean nothing',
      { policyTypes: ['Ingress'] },
      { policyTypes: ['Ingress'], egress: [{}] },
    ],
    ['rules in another order', { ingress: [from('a'), from('b')] }, { ingress: [from('b'), from('a')] }],
    ['a rule that is there twice', { ingress: [from('a'), from('a')] }, { ingress: [from('a')] }],
    [
      'TCP and the protocol left out',
      { ingress: [{ ports: [{ port: 80 }] }] },
      { ingress: [{ ports: [{ port: 80, protocol: 'TCP', endPort: null }] }] },
    ],
    [
      'a label and In with that one value',
      { podSelector: app('web') },
      { podSelector: { matchExpressions: [{ key: 'app', operator: 'In', values: ['web'] }] } },
    ],
    [
      'the fields of a peer in another order',
      { ingress: [{ from: [{ podSelector: {}, namespaceSelector: app('a') }] }] },
      { ingress: [{ from: [{ namespaceSelector: app('a'), podSelector: {} }] }] },
    ],
  ])('%s', (_, a, b) => {
    expect([isSamePolicy(a, b), isSamePolicy(b, a)]).toEqual([true, true]);
  });
});

describe('not the same', () => {
  test.each<Case>([
    ['other pods', { podSelector: app('web') }, { podSelector: app('db') }],
    ['every pod and some', { podSelector: {} }, { podSelector: app('db') }],
    ['a direction more', { policyTypes: ['Ingress'] }, { policyTypes: ['Ingress', 'Egress'] }],
    ['any peer and one', { ingress: [{}] }, { ingress: [{ from: [{ podSelector: {} }] }] }],
    ['any port and one', { ingress: [{}] }, { ingress: [{ ports: [{ port: 80 }] }] }],
    ['a rule more', { ingress: [from('a')] }, { ingress: [from('a'), from('b')] }],
    [
      'a namespace by selector and the own one',
      { ingress: [{ from: [{ podSelector: app('a') }] }] },
      { ingress: [{ from: [{ podSelector: app('a'), namespaceSelector: {} }] }] },
    ],
    [
      'pods and namespaces of the same labels',
      { ingress: [{ from: [{ podSelector: app('a') }] }] },
      { ingress: [{ from: [{ namespaceSelector: app('a') }] }] },
    ],
    [
      'a range without some of it',
      { egress: [{ to: [{ ipBlock: { cidr: '10.0.0.0/8' } }] }] },
      { egress: [{ to: [{ ipBlock: { cidr: '10.0.0.0/8', except: ['10.1.0.0/16'] } }] }] },
    ],
    [
      'a port and a range from it',
      { ingress: [{ ports: [{ port: 80 }] }] },
      { ingress: [{ ports: [{ port: 80, endPort: 90 }] }] },
    ],
    [
      'a port by number and by name',
      { ingress: [{ ports: [{ port: 80 }] }] },
      { ingress: [{ ports: [{ port: '80' }] }] },
    ],
    [
      'two labels and their names in one',
      { podSelector: { matchLabels: { a: 'b', c: 'd' } } },
      { podSelector: { matchLabels: { a: 'b, c: d' } } },
    ],
  ])('%s', (_, a, b) => {
    expect([isSamePolicy(a, b), isSamePolicy(b, a)]).toEqual([false, false]);
  });
});
