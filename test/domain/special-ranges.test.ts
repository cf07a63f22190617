import * as fc from 'fast-check';
import ipaddr from 'ipaddr.js';
import { describe, expect, test } from 'vitest';
import { cidrContains, cidrCovers, formatCidr, lastOf } from '../../src/domain/cidr.ts';
import { familyOf, formatIp, ip } from '../../src/domain/ip.ts';
import type { IpAddress } from '../../src/domain/ip.ts';
import { publicSpace, scopeOf } from '../../src/domain/special-ranges.ts';

describe('scopeOf', () => {
  test.each([
    ['127.0.0.1', 'loopback'],
    ['127.255.255.255', 'loopback'],
    ['::1', 'loopback'],
    ['169.254.169.254', 'link-local'],
    ['169.254.20.10', 'link-local'],
    ['fe80::1', 'link-local'],
    ['224.0.0.251', 'group'],
    ['255.255.255.255', 'group'],
    ['ff02::1', 'group'],
    ['10.0.0.1', 'local-network'],
    ['172.16.0.1', 'local-network'],
    ['172.31.255.255', 'local-network'],
    ['192.168.1.1', 'local-network'],
    ['fd00:ec2::254', 'local-network'],
    ['0.0.0.0', 'special'],
    ['100.64.0.1', 'special'],
    ['100.100.100.200', 'special'],
    ['192.0.0.192', 'special'],
    ['192.0.2.1', 'special'],
    ['198.18.0.1', 'special'],
    ['198.51.100.7', 'special'],
    ['203.0.113.7', 'special'],
    ['240.0.0.1', 'special'],
    ['168.63.129.16', 'special'],
    ['::', 'special'],
    ['64:ff9b::808:808', 'special'],
    ['2001:db8::1', 'special'],
    ['2001::1', 'special'],
    ['2002:a00:1::', 'special'],
    ['3fff::1', 'special'],
    ['5f00::1', 'special'],
    ['8.8.8.8', 'public'],
    ['172.15.255.255', 'public'],
    ['172.32.0.0', 'public'],
    ['100.63.255.255', 'public'],
    ['100.128.0.0', 'public'],
    ['168.63.129.15', 'public'],
    ['168.63.129.17', 'public'],
    ['2606:4700::1111', 'public'],
    ['2001:4860:4860::8888', 'public'],
  ])('%s is %s', (text, scope) => {
    expect(scopeOf(ip(text))).toBe(scope);
  });

  test('a mapped address has the scope of its IPv4 address', () => {
    expect(scopeOf(ip('::ffff:169.254.169.254'))).toBe('link-local');
  });

  test('never calls public what ipaddr.js knows as special', () => {
    fc.assert(
      fc.property(nearRangeEdges(), (address) => {
        const { range } = describeByOracle(address);
        if (range !== 'unicast') expect(scopeOf(address)).not.toBe('public');
      }),
      { seed: 1, numRuns: 2000 },
    );
  });

  test("calls special nothing in IPv4 that ipaddr.js knows as plain unicast, except the address of Azure's node services", () => {
    fc.assert(
      fc.property(nearRangeEdges(), (address) => {
        const { family, range } = describeByOracle(address);
        if (family === 4 && range === 'unicast' && address !== '168.63.129.16') {
          expect(scopeOf(address)).toBe('public');
        }
      }),
      { seed: 1, numRuns: 2000 },
    );
  });
});

describe('publicSpace', () => {
  test.each([4, 6] as const)(
    'for IPv%i, block less exceptions is exactly what scopeOf calls public',
    (family) => {
      const { block, except } = publicSpace(family);
      fc.assert(
        fc.property(nearRangeEdges(), (address) => {
          fc.pre(familyOf(address) === family);
          const inside = cidrContains(block, address) && !except.some((cut) => cidrContains(cut, address));
          expect(inside).toBe(scopeOf(address) === 'public');
        }),
        { seed: 1, numRuns: 1000 },
      );
    },
  );

  test.each([4, 6] as const)(
    'for IPv%i, every exception is a strict subset, as a NetworkPolicy requires',
    (family) => {
      const { block, except } = publicSpace(family);
      expect(except.length).toBeGreaterThan(0);
      for (const cut of except) {
        expect(cidrCovers(block, cut) && cut.length > block.length, formatCidr(cut)).toBe(true);
      }
    },
  );
});

/** The first and last addresses of every range, their neighbours, and addresses anywhere. */
function nearRangeEdges(): fc.Arbitrary<IpAddress> {
  const edges: IpAddress[] = [];
  for (const family of [4, 6] as const) {
    const top = family === 4 ? 2n ** 32n - 1n : 2n ** 128n - 1n;
    const { block, except } = publicSpace(family);
    for (const cut of [block, ...except]) {
      for (const bits of [cut.first - 1n, cut.first, lastOf(cut), lastOf(cut) + 1n]) {
        if (bits >= 0n && bits <= top) edges.push(formatIp(family, bits));
      }
    }
  }
  return fc.oneof(
    fc.constantFrom(...edges),
    fc.ipV4().map((text) => ip(text)),
    fc.ipV6().map((text) => ip(text)),
  );
}

function describeByOracle(address: IpAddress): { family: 4 | 6; range: string } {
  return { family: familyOf(address), range: ipaddr.parse(address).range() };
}
