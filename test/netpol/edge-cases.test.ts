/** The table of NETPOL section 1.2, row by row. */
import { test } from 'vitest';
import { egress, holds, ingress } from './small-cluster.ts';
import type { PolicyCase } from './small-cluster.ts';

const inside = 'shop/web-1 -> shop/db-1:5432';
const across = 'data/web-1 -> shop/db-1:5432';
const outside = '203.0.113.9 -> shop/db-1:5432';
const outsideV6 = '2001:db8::9 -> shop/db-1:5432';
const inbound = [inside, across, outside, outsideV6];
const outbound = ['shop/db-1 -> data/web-1:8081', 'shop/db-1 -> 203.0.113.9:443'];
const dns = 'shop/db-1 -> 10.96.0.10:53/udp';

const cases: PolicyCase[] = [
  {
    promise: 'spec {} denies all ingress of every pod of the namespace',
    policies: { 'shop/p': {} },
    denies: inbound,
    allows: outbound,
  },
  {
    promise: 'egress [] without policyTypes denies ingress only',
    policies: { 'shop/p': { podSelector: {}, egress: [] } },
    denies: inbound,
    allows: outbound,
  },
  {
    promise: 'policyTypes Egress without rules denies all egress, DNS too',
    policies: { 'shop/p': { policyTypes: ['Egress'] } },
    denies: [...outbound, dns],
    allows: [across, outside, outsideV6],
  },
  { promise: 'ingress null denies', policies: { 'shop/p': { ingress: null } }, denies: inbound },
  { promise: 'ingress [] denies', policies: { 'shop/p': { ingress: [] } }, denies: inbound },
  { promise: 'ingress [{}] allows all', policies: { 'shop/p': { ingress: [{}] } }, allows: inbound },
  { promise: 'from null is any peer', policies: { 'shop/p': ingress({ from: null }) }, allows: inbound },
  { promise: 'from [] is any peer', policies: { 'shop/p': ingress({ from: [] }) }, allows: inbound },
  {
    promise: 'from [{}] is invalid and matches nothing',
    policies: { 'shop/p': ingress({ from: [{}] }) },
    denies: inbound,
  },
  {
    promise: 'from podSelector {} is all pods of the namespace',
    policies: { 'shop/p': ingress({ from: [{ podSelector: {} }] }) },
    allows: [inside],
    denies: [across, outside],
  },
  {
    promise: 'from namespaceSelector {} is all pods of all namespaces',
    policies: { 'shop/p': ingress({ from: [{ namespaceSelector: {} }] }) },
    allows: [inside, across],
    denies: [outside, outsideV6],
  },
  {
    promise: 'from namespaceSelector with empty matchLabels is the same',
    policies: { 'shop/p': ingress({ from: [{ namespaceSelector: { matchLabels: {} } }] }) },
    allows: [inside, across],
    denies: [outside, outsideV6],
  },
  {
    promise: 'ports [] is all ports of all protocols',
    policies: { 'shop/p': ingress({ ports: [] }) },
    allows: [...inbound, `${inside}/udp`, `${inside}/sctp`],
  },
  {
    promise: 'ports [{}] is all of TCP',
    policies: { 'shop/p': ingress({ ports: [{}] }) },
    allows: inbound,
    denies: [`${inside}/udp`, `${inside}/sctp`],
  },
  {
    promise: 'ipBlock 0.0.0.0/0 is every IPv4 address, pods too, and no IPv6 address',
    policies: { 'shop/p': ingress({ from: [{ ipBlock: { cidr: '0.0.0.0/0' } }] }) },
    allows: [inside, across, outside],
    denies: [outsideV6],
  },
  {
    promise: 'NotIn on an absent key matches',
    policies: {
      'shop/p': ingress({
        from: [{ podSelector: { matchExpressions: [{ key: 'zone', operator: 'NotIn', values: ['a'] }] } }],
      }),
    },
    allows: [inside],
  },
  {
    promise: 'matchLabels and matchExpressions must both match',
    policies: {
      'shop/p': ingress({
        from: [
          {
            podSelector: {
              matchLabels: { app: 'web' },
              matchExpressions: [{ key: 'tier', operator: 'In', values: ['back'] }],
            },
          },
        ],
      }),
    },
    denies: [inside],
  },
  {
    promise: 'a policy that allows only SCTP isolates TCP',
    policies: { 'shop/p': ingress({ ports: [{ protocol: 'SCTP' }] }) },
    denies: inbound,
    allows: [`${inside}/sctp`],
  },
  {
    promise: 'at egress too',
    policies: { 'shop/p': egress({ ports: [{ protocol: 'SCTP' }] }) },
    denies: [...outbound, dns],
  },
];

test.each(cases)('$promise', holds);
