/** The table of NETPOL section 1.2, row by row; a row that compares several inputs has a case for each. */
import { describe, test } from 'vitest';
import { egress, holds, ingress } from '../small-cluster.ts';
import type { PolicyCase } from '../small-cluster.ts';

const inside = 'shop/web-1 -> shop/db-1:5432';
const across = 'data/web-1 -> shop/db-1:5432';
const outside = '203.0.113.9 -> shop/db-1:5432';
const outsideV6 = '2001:db8::9 -> shop/db-1:5432';
const inbound = [inside, across, outside, outsideV6];
const outbound = ['shop/db-1 -> data/web-1:8081', 'shop/db-1 -> 203.0.113.9:443'];
const dns = 'shop/db-1 -> 10.96.0.10:53/udp';
const otherProtocols = [`${inside}/udp`, `${inside}/sctp`];

const rows: Readonly<Record<string, readonly PolicyCase[]>> = {
  'row: spec: {}': [
    {
      promise: 'ingress deny-all for every pod in the namespace',
      policies: { 'shop/p': {} },
      denies: [...inbound, 'shop/db-1 -> shop/web-1:8080'],
      allows: outbound,
    },
  ],
  'row: spec: {podSelector: {}, egress: []} no policyTypes': [
    {
      promise: 'ingress deny only',
      policies: { 'shop/p': { podSelector: {}, egress: [] } },
      denies: inbound,
      allows: [...outbound, dns],
    },
  ],
  'row: policyTypes: [Egress], no egress': [
    {
      promise: 'egress deny-all, DNS too',
      policies: { 'shop/p': { policyTypes: ['Egress'] } },
      denies: [...outbound, dns],
      allows: [across, outside, outsideV6],
    },
  ],
  'row: ingress: null vs [] vs [{}]': [
    { promise: 'null denies', policies: { 'shop/p': { ingress: null } }, denies: inbound },
    { promise: '[] denies', policies: { 'shop/p': { ingress: [] } }, denies: inbound },
    {
      promise: '[{}] allows all',
      policies: { 'shop/p': { ingress: [{}] } },
      allows: [...inbound, ...otherProtocols],
    },
  ],
  'row: from: null vs [] vs [{}]': [
    { promise: 'null is any peer', policies: { 'shop/p': ingress({ from: null }) }, allows: inbound },
    { promise: '[] is any peer', policies: { 'shop/p': ingress({ from: [] }) }, allows: inbound },
    {
      promise: '[{}] is invalid and matches nothing',
      policies: { 'shop/p': ingress({ from: [{}] }) },
      denies: inbound,
    },
  ],
  'row: from: [{podSelector: {}}]': [
    {
      promise: 'all pods of the same namespace only',
      policies: { 'shop/p': ingress({ from: [{ podSelector: {} }] }) },
      allows: [inside],
      denies: [across, outside, outsideV6],
    },
  ],
  'row: from: [{namespaceSelector: {}}]': [
    {
      promise: 'all pods of all namespaces, nothing external',
      policies: { 'shop/p': ingress({ from: [{ namespaceSelector: {} }] }) },
      allows: [inside, across],
      denies: [outside, outsideV6],
    },
  ],
  'row: from: [{namespaceSelector: {matchLabels: {}}}]': [
    {
      promise: 'the same',
      policies: { 'shop/p': ingress({ from: [{ namespaceSelector: { matchLabels: {} } }] }) },
      allows: [inside, across],
      denies: [outside, outsideV6],
    },
  ],
  'row: ports: [] vs [{}]': [
    {
      promise: '[] is all ports of all protocols',
      policies: { 'shop/p': ingress({ ports: [] }) },
      allows: [...inbound, ...otherProtocols],
    },
    {
      promise: '[{}] is all of TCP',
      policies: { 'shop/p': ingress({ ports: [{}] }) },
      allows: inbound,
      denies: otherProtocols,
    },
  ],
  'row: ipBlock 0.0.0.0/0': [
    {
      promise: 'every IPv4 address, pods too, no IPv6',
      policies: { 'shop/p': ingress({ from: [{ ipBlock: { cidr: '0.0.0.0/0' } }] }) },
      allows: [inside, across, outside],
      denies: [outsideV6],
    },
    {
      promise: 'no pods where blocks do not match pods',
      policies: { 'shop/p': ingress({ from: [{ ipBlock: { cidr: '0.0.0.0/0' } }] }) },
      options: { ipBlockMatchesPods: false },
      allows: [outside],
      denies: [inside, across, outsideV6],
    },
  ],
  'row: NotIn on absent key': [
    {
      promise: 'matches',
      policies: {
        'shop/p': ingress({
          from: [{ podSelector: { matchExpressions: [{ key: 'zone', operator: 'NotIn', values: ['a'] }] } }],
        }),
      },
      allows: [inside],
    },
  ],
  'row: matchLabels + matchExpressions': [
    {
      promise: 'AND',
      policies: {
        'shop/p': ingress({
          from: [
            {
              podSelector: {
                matchLabels: { app: 'web' },
                matchExpressions: [{ key: 'tier', operator: 'In', values: ['front'] }],
              },
              namespaceSelector: {},
            },
          ],
        }),
      },
      allows: [inside],
      denies: [across, 'shop/dual-1 -> shop/db-1:5432'],
    },
  ],
  'row: SCTP-only policy': [
    {
      promise: 'still isolates TCP',
      policies: { 'shop/p': ingress({ ports: [{ protocol: 'SCTP' }] }) },
      allows: [`${inside}/sctp`],
      denies: inbound,
    },
    {
      promise: 'at egress too',
      policies: { 'shop/p': egress({ ports: [{ protocol: 'SCTP' }] }) },
      allows: ['shop/db-1 -> 203.0.113.9:443/sctp'],
      denies: [...outbound, dns],
    },
  ],
};

describe.each(Object.entries(rows))('%s', (_, cases) => {
  test.each(cases)('$promise', holds);
});
