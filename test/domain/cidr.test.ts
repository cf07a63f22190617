import { BlockList } from 'node:net';
import * as fc from 'fast-check';
import ipaddr from 'ipaddr.js';
import { describe, expect, test } from 'vitest';
import {
  aggregateCidrs,
  cidr,
  cidrContains,
  cidrCovers,
  cidrOf,
  cidrsOverlap,
  compareCidrs,
  formatCidr,
  lastOf,
  parseCidr,
  spanningCidr,
} from '../../src/domain/cidr.ts';
import type { Cidr } from '../../src/domain/cidr.ts';
import { familyOf, formatIp, ip } from '../../src/domain/ip.ts';
import type { IpAddress } from '../../src/domain/ip.ts';

/** Addresses and blocks in small neighbourhoods, so that they often meet; and anywhere. */
const near4 = fc.integer({ min: 0, max: 31 }).map((low) => formatIp(4, BigInt(0x0a00_0000 + low)));
const near6 = fc.integer({ min: 0, max: 31 }).map((low) => formatIp(6, (0xfd00n << 112n) + BigInt(low)));
const anywhere = fc.oneof(fc.ipV4(), fc.ipV6()).map((text) => ip(text));
const address = fc.oneof(near4, near4, near6, near6, anywhere);
const block = fc.tuple(address, fc.nat({ max: 8 })).map(([one, free]) => {
  return cidrOf(one, (familyOf(one) === 4 ? 32 : 128) - free);
});
const wideBlock = fc
  .tuple(anywhere, fc.nat({ max: 128 }))
  .map(([one, length]) => cidrOf(one, Math.min(length, familyOf(one) === 4 ? 32 : 128)));

/** node:net's own answer to whether a block of the address's family holds it (its IPv6 blocks also hold mapped IPv4). */
function heldByNode(blocks: readonly Cidr[], one: IpAddress): boolean {
  const list = new BlockList();
  for (const { family, first, length } of blocks) {
    if (family !== familyOf(one)) continue;
    list.addSubnet(formatIp(family, first), length, family === 4 ? 'ipv4' : 'ipv6');
  }
  return list.check(one, familyOf(one) === 4 ? 'ipv4' : 'ipv6');
}

describe('parseCidr', () => {
  test.each([
    ['10.0.0.0/8', '10.0.0.0/8'],
    ['10.1.2.3/8', '10.0.0.0/8'],
    ['10.1.2.3/32', '10.1.2.3/32'],
    ['10.1.2.3/0', '0.0.0.0/0'],
    ['2001:DB8::1/32', '2001:db8::/32'],
    ['::/0', '::/0'],
    ['::1/128', '::1/128'],
    ['::ffff:10.1.2.3/104', '10.0.0.0/8'],
    ['::ffff:10.1.2.3/128', '10.1.2.3/32'],
    ['::ffff:0:0/96', '0.0.0.0/0'],
    ['::ffff:10.1.2.3/8', '::/8'],
    ['::ffff:10.1.2.3/95', '::fffe:0:0/95'],
  ])('%s is %s', (text, canonical) => {
    expect(formatCidr(cidr(text))).toBe(canonical);
  });

  test.each([
    '10.0.0.0',
    '10.0.0.0/',
    '/8',
    '10.0.0.0/33',
    '::/129',
    '::ffff:10.0.0.0/129',
    '10.0.0.0/08',
    '10.0.0.0/+8',
    '10.0.0.0/-1',
    '10.0.0.0/8/8',
    '10.0.0.0/255.0.0.0',
    '10.0.0/8',
    '010.0.0.0/8',
    'fe80::%eth0/64',
    '10.0.0.0/8 ',
  ])('%j is not a block', (text) => {
    expect(parseCidr(text)).toBeNull();
    expect(() => cidr(text)).toThrow(RangeError);
  });

  test('printing and parsing again changes nothing', () => {
    fc.assert(
      fc.property(fc.oneof(block, wideBlock), (one) => {
        expect(cidr(formatCidr(one))).toEqual(one);
      }),
      { seed: 1 },
    );
  });

  test('agrees with ipaddr.js on the first and last address', () => {
    fc.assert(
      fc.property(fc.tuple(fc.ipV4(), fc.nat({ max: 32 })), ([text, length]) => {
        const one = cidr(`${text}/${length}`);
        const written = `${text}/${length}`;
        expect(formatIp(4, one.first)).toBe(ipaddr.IPv4.networkAddressFromCIDR(written).toString());
        expect(formatIp(4, lastOf(one))).toBe(ipaddr.IPv4.broadcastAddressFromCIDR(written).toString());
      }),
      { seed: 1 },
    );
  });
});

describe('cidrContains', () => {
  test('agrees with node:net', () => {
    fc.assert(
      fc.property(fc.oneof(block, wideBlock), address, (one, candidate) => {
        expect(cidrContains(one, candidate)).toBe(heldByNode([one], candidate));
      }),
      { seed: 1, numRuns: 1000 },
    );
  });

  test('agrees with ipaddr.js', () => {
    fc.assert(
      fc.property(fc.oneof(block, wideBlock), address, (one, candidate) => {
        const parsed = ipaddr.parse(candidate);
        const [base, length] = ipaddr.parseCIDR(formatCidr(one));
        const oracle = parsed.kind() === base.kind() && parsed.match(base, length);
        expect(cidrContains(one, candidate)).toBe(oracle);
      }),
      { seed: 1, numRuns: 1000 },
    );
  });

  test('no IPv6 block, not even ::/0, contains an IPv4 address', () => {
    expect(cidrContains(cidr('::/0'), ip('10.0.0.1'))).toBe(false);
    expect(cidrContains(cidr('0.0.0.0/0'), ip('::1'))).toBe(false);
  });
});

describe('relations of blocks', () => {
  test('a block covers another if and only if it contains both its ends', () => {
    fc.assert(
      fc.property(block, block, (outer, inner) => {
        const ends = [formatIp(inner.family, inner.first), formatIp(inner.family, lastOf(inner))];
        expect(cidrCovers(outer, inner)).toBe(ends.every((end) => cidrContains(outer, end)));
      }),
      { seed: 1 },
    );
  });

  test('blocks overlap if and only if some address is in both', () => {
    fc.assert(
      fc.property(block, block, (a, b) => {
        const meets = a.family === b.family && a.first <= lastOf(b) && b.first <= lastOf(a);
        expect(cidrsOverlap(a, b)).toBe(meets);
      }),
      { seed: 1 },
    );
  });

  test('the order is total: IPv4 first, then by address, wider before narrower', () => {
    const sorted = [
      '0.0.0.0/0',
      '9.0.0.0/8',
      '10.0.0.0/8',
      '10.0.0.0/9',
      '10.128.0.0/9',
      '::/0',
      '::/1',
      'fd00::/8',
    ];
    fc.assert(
      fc.property(fc.shuffledSubarray(sorted, { minLength: sorted.length }), (shuffled) => {
        expect(shuffled.map(cidr).toSorted(compareCidrs).map(formatCidr)).toEqual(sorted);
      }),
      { seed: 1 },
    );
  });
});

describe('aggregateCidrs', () => {
  test.each([
    [['10.0.0.0/9', '10.128.0.0/9'], ['10.0.0.0/8']],
    [
      ['10.0.1.0/24', '10.0.2.0/24'],
      ['10.0.1.0/24', '10.0.2.0/24'],
    ],
    [['10.0.0.0/8', '10.2.0.0/16', '10.0.0.0/8'], ['10.0.0.0/8']],
    [
      ['0.0.0.0/1', '128.0.0.0/1', '::/1', '8000::/1'],
      ['0.0.0.0/0', '::/0'],
    ],
    [['10.0.0.0/32', '10.0.0.1/32', '10.0.0.2/31', '10.0.0.4/30'], ['10.0.0.0/29']],
    [[], []],
  ])('%j becomes %j', (blocks, expected) => {
    expect(aggregateCidrs(blocks.map(cidr)).map(formatCidr)).toEqual(expected);
  });

  test('holds the same addresses, in the fewest blocks, whatever the order', () => {
    fc.assert(
      fc.property(
        fc.array(block, { maxLength: 10 }),
        fc.array(address, { minLength: 8, maxLength: 8 }),
        (blocks, probes) => {
          const merged = aggregateCidrs(blocks);
          const edges = blocks.flatMap((one) => [
            formatIp(one.family, one.first),
            formatIp(one.family, lastOf(one)),
          ]);
          for (const probe of [...probes, ...edges]) {
            expect(merged.some((one) => cidrContains(one, probe))).toBe(heldByNode(blocks, probe));
          }
          for (const [index, left] of merged.entries()) {
            for (const right of merged.slice(index + 1)) {
              expect(cidrsOverlap(left, right)).toBe(false);
              expect(areHalvesOfOneBlock(left, right)).toBe(false);
            }
          }
          expect(aggregateCidrs(blocks.toReversed())).toEqual(merged);
        },
      ),
      { seed: 1 },
    );
  });
});

function areHalvesOfOneBlock(a: Cidr, b: Cidr): boolean {
  if (a.family !== b.family || a.length !== b.length || a.length === 0) return false;
  const parent = cidrOf(formatIp(a.family, a.first), a.length - 1);
  return cidrCovers(parent, b);
}

describe('spanningCidr', () => {
  test.each([
    [['10.0.0.1'], '10.0.0.1/32'],
    [['10.0.0.1', '10.0.0.2'], '10.0.0.0/30'],
    [['10.0.0.1', '192.168.0.1'], '0.0.0.0/0'],
    [['fd00::1', 'fd00::ff'], 'fd00::/120'],
  ])('%j span %s', (addresses, expected) => {
    expect(formatCidr(spanningCidr(addresses.map(ip)))).toBe(expected);
  });

  test('holds every address, and no half of it does', () => {
    fc.assert(
      fc.property(fc.array(near4, { minLength: 1 }), (addresses) => {
        const span = spanningCidr(addresses);
        expect(addresses.every((one) => cidrContains(span, one))).toBe(true);
        const [head] = addresses;
        if (head === undefined || span.length === 32) return;
        const half = cidrOf(head, span.length + 1);
        expect(addresses.every((one) => cidrContains(half, one))).toBe(false);
      }),
      { seed: 1 },
    );
  });

  test('no addresses, and addresses of two families, have no span', () => {
    expect(() => spanningCidr([])).toThrow(RangeError);
    expect(() => spanningCidr([ip('10.0.0.1'), ip('::1')])).toThrow(RangeError);
  });
});
