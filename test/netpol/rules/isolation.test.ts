/** NETPOL rules 1 to 8: what isolates a pod, and that policies only ever add. */
import { test } from 'vitest';
import { egress, holds, ingress } from '../small-cluster.ts';
import type { PolicyCase } from '../small-cluster.ts';

const toDb = 'shop/web-1 -> shop/db-1:5432';
const toWeb = 'shop/db-1 -> shop/web-1:8080';
const toCache = 'shop/web-1 -> data/cache-1:6379';
const fromOutside = '203.0.113.9 -> shop/web-1:8080';
const toOutside = 'shop/web-1 -> 203.0.113.9:443';

const cases: PolicyCase[] = [
  {
    promise: 'rule 1: allowing a connection does not allow one the other way',
    policies: { 'shop/p': ingress({ from: [{ podSelector: { matchLabels: { app: 'web' } } }] }) },
    allows: [toDb],
    denies: [toWeb],
  },
  {
    promise: 'rule 1: a server that may dial nobody still answers',
    policies: { 'shop/p': { podSelector: { matchLabels: { app: 'db' } }, policyTypes: ['Egress'] } },
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
    promise: 'rule 2: an empty podSelector selects all pods of the namespace',
    policies: { 'shop/p': { podSelector: {} } },
    denies: [toDb, toWeb],
    allows: [toCache],
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
    allows: [toOutside],
  },
  {
    promise: 'rule 3: egress isolation leaves ingress alone',
    policies: { 'shop/p': egress() },
    denies: [toOutside],
    allows: [fromOutside],
  },
  {
    promise: 'rule 3: two policies may isolate a pod in one direction each',
    policies: { 'shop/in': ingress(), 'shop/out': egress() },
    denies: [fromOutside, toOutside],
  },
  {
    promise: 'rule 4: without policyTypes, ingress is isolated',
    policies: { 'shop/p': { ingress: [{ ports: [{ port: 8080 }] }] } },
    denies: [toDb],
    allows: [fromOutside, toOutside],
  },
  {
    promise: 'rule 4: without policyTypes, egress rules isolate both directions',
    policies: { 'shop/p': { egress: [{}] } },
    denies: [fromOutside],
    allows: [toOutside],
  },
  {
    promise: 'rule 4: without policyTypes, an empty egress list does not isolate egress',
    policies: { 'shop/p': { egress: [] } },
    denies: [fromOutside],
    allows: [toOutside],
  },
  {
    promise: 'rule 4: without policyTypes, null egress does not isolate egress',
    policies: { 'shop/p': { egress: null } },
    denies: [fromOutside],
    allows: [toOutside],
  },
  {
    promise: 'rule 4: empty policyTypes count as unset',
    policies: { 'shop/p': { policyTypes: [], egress: [{ to: [{ podSelector: {} }] }] } },
    denies: [fromOutside, toCache],
  },
  {
    promise: 'rule 4: empty policyTypes count as unset, also where egress is an empty list',
    policies: { 'shop/p': { policyTypes: [], egress: [] } },
    denies: [fromOutside],
    allows: [toOutside],
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
    promise: 'rule 6: a pod that nothing isolates may dial and be dialled by anyone',
    policies: {},
    allows: [toDb, toWeb, toCache, fromOutside, toOutside],
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
    allows: [fromOutside, toOutside, '198.51.100.1 -> 203.0.113.9:443'],
  },
  ...[undefined, null, []].map((rules) => ({
    promise: `rule 8: ${JSON.stringify(rules) ?? 'absent'} is no rule, and denies where the type is present`,
    policies: { 'shop/p': { policyTypes: ['Ingress', 'Egress'], ingress: rules, egress: rules } as const },
    denies: [toDb, toCache, fromOutside, toOutside],
  })),
  {
    promise: 'rule 8: one empty rule allows everything',
    policies: { 'shop/in': ingress({}), 'shop/out': egress({}) },
    allows: [toDb, toCache, fromOutside, toOutside, 'shop/web-1 -> shop/db-1:53/udp'],
  },
];

test.each(cases)('$promise', holds);
