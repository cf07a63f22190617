import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { CidrSet } from '../../src/domain/cidr-set.ts';
import { cidr, cidrContains, formatCidr } from '../../src/domain/cidr.ts';
import { formatIp, ip, ipToBits, ipv4Bits } from '../../src/domain/ip.ts';

const v4 = fc.integer({ min: 0, max: 2 ** 32 - 1 }).map((bits) => formatIp(4, BigInt(bits)));
const v6 = fc.bigInt({ min: 0n, max: 2n ** 128n - 1n }).map((bits) => formatIp(6, bits));

test('ipv4Bits agrees with ipToBits and tells IPv6 apart', () => {
  fc.assert(
    fc.property(v4, (address) => {
      expect(BigInt(ipv4Bits(address))).toBe(ipToBits(address));
    }),
    { seed: 6, numRuns: 500 },
  );
  expect(['::1', 'fd00::1', '1::2', '2001:db8::10'].map((each) => ipv4Bits(ip(each)))).toEqual([
    -1, -1, -1, -1,
  ]);
});

test('a set holds an address if and only if one of its blocks does', () => {
  const block4 = fc
    .tuple(v4, fc.integer({ min: 0, max: 32 }))
    .map(([first, length]) => cidr(`${first}/${length}`));
  const block6 = fc
    .tuple(v6, fc.integer({ min: 0, max: 128 }))
    .map(([first, length]) => cidr(first.includes(':') ? `${first}/${length}` : `::/${length}`));
  // Wide blocks would hold everything.
  const narrow = fc.oneof(block4, block6).filter(({ length }) => length > 2);
  fc.assert(
    fc.property(
      fc.array(narrow, { maxLength: 20 }),
      fc.array(fc.oneof(v4, v6), { maxLength: 20 }),
      (blocks, others) => {
        const set = new CidrSet(blocks);
        const edges = blocks.map(({ family, first }) => formatIp(family, first));
        for (const address of [...edges, ...others])
          expect([address, set.has(address)]).toEqual([
            address,
            blocks.some((block) => cidrContains(block, address)),
          ]);
      },
    ),
    { seed: 6, numRuns: 500 },
  );
});

test('the neighbours of a block are outside, and its blocks are the fewest', () => {
  const set = new CidrSet(['10.0.1.0/24', '10.0.0.0/24', 'fd00::/120'].map(cidr));
  expect(
    [
      '9.255.255.255',
      '10.0.0.0',
      '10.0.1.255',
      '10.0.2.0',
      'fcff:ffff:ffff:ffff:ffff:ffff:ffff:ffff',
      'fd00::ff',
      'fd00::100',
    ].map((each) => set.has(ip(each))),
  ).toEqual([false, true, true, false, false, true, false]);
  expect(set.blocks.map(formatCidr)).toEqual(['10.0.0.0/23', 'fd00::/120']);
});
