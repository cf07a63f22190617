/** NETPOL rules 19 to 21: what an ipBlock matches. */
import { test } from 'vitest';
import type { IpBlock } from '../../../src/netpol/policy.ts';
import { egress, holds, ingress } from '../small-cluster.ts';
import type { PolicyCase } from '../small-cluster.ts';

const from = (address: string): string => `${address} -> shop/web-1:8080`;
const invalid = 'is invalid and matches nothing';
const podsAreNotBlocks = { ipBlockMatchesPods: false };

const cases: PolicyCase[] = [
  block(
    'rule 19: a block matches its first to its last address',
    { cidr: '203.0.113.64/26' },
    {
      allows: [from('203.0.113.64'), from('203.0.113.127')],
      denies: [from('203.0.113.63'), from('203.0.113.128')],
    },
  ),
  block(
    'rule 19: except takes addresses away',
    { cidr: '203.0.113.0/24', except: ['203.0.113.16/28', '203.0.113.1/32'] },
    {
      allows: [from('203.0.113.0'), from('203.0.113.15'), from('203.0.113.32')],
      denies: [from('203.0.113.16'), from('203.0.113.31'), from('203.0.113.1')],
    },
  ),
  block(
    'rule 19: host bits count for nothing',
    { cidr: '203.0.113.77/24', except: ['203.0.113.21/28'] },
    {
      allows: [from('203.0.113.1')],
      denies: [from('203.0.113.16')],
    },
  ),
  block(
    'rule 19: an IPv4 block holds no IPv6 address',
    { cidr: '0.0.0.0/0' },
    { allows: [from('203.0.113.9')], denies: [from('2001:db8::9')] },
  ),
  block(
    'rule 19: an IPv6 block holds no IPv4 address',
    { cidr: '::/0' },
    { allows: [from('2001:db8::9')], denies: [from('203.0.113.9')] },
  ),
  {
    promise: 'rule 19: any address of both families needs both blocks',
    policies: {
      'shop/p': ingress({ from: [{ ipBlock: { cidr: '0.0.0.0/0' } }, { ipBlock: { cidr: '::/0' } }] }),
    },
    allows: [from('203.0.113.9'), from('2001:db8::9')],
  },
  block(
    'rule 19: except cuts out of an IPv6 block',
    { cidr: '2001:db8::/32', except: ['2001:db8:1::/48'] },
    {
      allows: [from('2001:db8::9'), from('2001:db8:2::')],
      denies: [from('2001:db8:1::9'), from('2001:db9::')],
    },
  ),
  block(
    `rule 19: except of the other family ${invalid}, block and all`,
    { cidr: '0.0.0.0/0', except: ['2001:db8::/32'] },
    { denies: [from('203.0.113.9')] },
  ),
  block(
    'rule 19: a mapped address is the IPv4 address',
    { cidr: '203.0.113.0/24' },
    { allows: [from('::ffff:203.0.113.9')] },
  ),
  block(
    'rule 19: a mapped block is the IPv4 block',
    { cidr: '::ffff:203.0.113.0/120' },
    { allows: [from('203.0.113.9')], denies: [from('203.0.114.9')] },
  ),
  block(
    `rule 19: a CIDR that is none ${invalid}`,
    { cidr: '203.0.113.9' },
    { denies: [from('203.0.113.9')] },
  ),
  block(
    `rule 19: except that is no CIDR ${invalid}, block and all`,
    { cidr: '203.0.113.0/24', except: ['nonsense'] },
    { denies: [from('203.0.113.9')] },
  ),
  block(
    `rule 19: except outside the block ${invalid}, block and all`,
    { cidr: '203.0.113.0/24', except: ['198.51.100.0/28'] },
    { denies: [from('203.0.113.9')] },
  ),
  block(
    `rule 19: except as wide as the block ${invalid}, block and all`,
    { cidr: '203.0.113.0/24', except: ['203.0.113.0/24'] },
    { denies: [from('203.0.113.9')] },
  ),
  {
    promise: 'rule 20: except takes nothing from other blocks of the rule',
    policies: {
      'shop/p': ingress({
        from: [
          { ipBlock: { cidr: '203.0.113.0/24', except: ['203.0.113.9/32'] } },
          { ipBlock: { cidr: '203.0.113.8/31' } },
        ],
      }),
    },
    allows: [from('203.0.113.9')],
  },
  {
    promise: 'rule 20: except takes nothing from other policies',
    policies: {
      'shop/a': ingress({ from: [{ ipBlock: { cidr: '203.0.113.0/24', except: ['203.0.113.9/32'] } }] }),
      'shop/b': ingress({ from: [{ ipBlock: { cidr: '203.0.113.9/32' } }] }),
    },
    allows: [from('203.0.113.9')],
  },
  block(
    'rule 21: a block matches pod addresses',
    { cidr: '10.244.2.11/32' },
    { allows: ['shop/db-1 -> shop/web-1:8080'], denies: ['shop/web-2 -> shop/web-1:8080'] },
  ),
  {
    promise: 'rule 21: at egress too',
    policies: { 'shop/p': egress({ to: [{ ipBlock: { cidr: '10.244.2.11/32' } }] }) },
    allows: ['shop/web-1 -> shop/db-1:5432'],
    denies: ['shop/web-1 -> shop/web-2:80'],
  },
  {
    promise: 'rule 21: with ipBlockMatchesPods off, blocks match no pods but every other address',
    policies: { 'shop/p': ingress({ from: [{ ipBlock: { cidr: '0.0.0.0/0' } }] }) },
    options: podsAreNotBlocks,
    allows: [
      from('203.0.113.9'),
      from('192.168.0.2'),
      'data/host-2 -> shop/web-1:8080',
      'shop/db-1 as 192.168.0.2 -> shop/web-1:8080',
    ],
    denies: ['shop/db-1 -> shop/web-1:8080'],
  },
  {
    promise: 'rule 21: with ipBlockMatchesPods off, selectors match pods as ever',
    policies: { 'shop/p': ingress({ from: [{ ipBlock: { cidr: '0.0.0.0/0' } }, { podSelector: {} }] }) },
    options: podsAreNotBlocks,
    allows: ['shop/db-1 -> shop/web-1:8080'],
    denies: ['data/cache-1 -> shop/web-1:8080'],
  },
  block(
    'rule 21: two dual-stack pods meet over the family of the server’s first address',
    { cidr: '10.244.0.0/16' },
    { allows: ['data/dual-1 -> shop/dual-1:80'] },
  ),
  block(
    'rule 21: two dual-stack pods do not meet over the other family',
    { cidr: 'fd00::/16' },
    { denies: ['data/dual-1 -> shop/dual-1:80'] },
  ),
  {
    promise: 'rule 21: between pods, the server’s first address counts only if the client has that family',
    policies: { 'shop/p': egress({ to: [{ ipBlock: { cidr: '10.244.2.21/32' } }] }) },
    allows: ['shop/web-1 -> data/dual-1:80'],
    denies: ['shop/dual-1 -> data/dual-1:80'],
  },
];

test.each(cases)('$promise', holds);

function block(
  promise: string,
  ipBlock: IpBlock,
  outcome: Pick<PolicyCase, 'allows' | 'denies'>,
): PolicyCase {
  return { promise, policies: { 'shop/p': ingress({ from: [{ ipBlock }] }) }, ...outcome };
}
