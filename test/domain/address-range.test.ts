import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  compareAddressRanges,
  formatAddressRange,
  mergeAddressRanges,
  rangesToCidrs,
} from '../../src/domain/address-range.ts';
import type { AddressRange } from '../../src/domain/address-range.ts';
import { aggregateCidrs, cidr, formatCidr, lastOf } from '../../src/domain/cidr.ts';
import { familyOf, ip, ipToBits } from '../../src/domain/ip.ts';

function range(first: string, last = first): AddressRange {
  const start = ip(first);
  return { family: familyOf(start), first: ipToBits(start), last: ipToBits(ip(last)) };
}

const small = fc.tuple(fc.nat(60), fc.nat(20)).map(([first, more]): AddressRange => {
  return { family: 4, first: BigInt(first), last: BigInt(first + more) };
});

function members(ranges: readonly AddressRange[]): bigint[] {
  const held = new Set<bigint>();
  for (const { first, last } of ranges) for (let bits = first; bits <= last; bits += 1n) held.add(bits);
  return [...held].toSorted((a, b) => Number(a - b));
}

describe('address ranges', () => {
  test.each([
    ['10.0.0.0', '10.0.0.255', '10.0.0.0-10.0.0.255'],
    ['10.0.0.7', '10.0.0.7', '10.0.0.7'],
    ['2001:db8::', '2001:db8::ffff', '2001:db8::-2001:db8::ffff'],
  ])('%s to %s is written %s', (first, last, text) => {
    expect(formatAddressRange(range(first, last))).toBe(text);
  });

  test('an IPv4-mapped bound of an IPv6 range stays IPv6', () => {
    const mapped = { family: 6, first: 0n, last: (0xffffn << 32n) | 1n } as const;
    expect(formatAddressRange(mapped)).toBe('::-::ffff:0.0.0.1');
  });

  test('are merged where they touch or overlap, IPv4 first', () => {
    const ranges = [range('::1', '::2'), range('10.0.0.4', '10.0.0.9'), range('10.0.0.1', '10.0.0.3')];
    expect(mergeAddressRanges(ranges)).toEqual([range('10.0.0.1', '10.0.0.9'), range('::1', '::2')]);
  });

  test('merging keeps the addresses, and leaves a gap between any two ranges', () => {
    fc.assert(
      fc.property(fc.array(small, { maxLength: 6 }), (ranges) => {
        const merged = mergeAddressRanges(ranges);
        expect(members(merged)).toEqual(members(ranges));
        for (const [index, { first }] of merged.entries()) {
          expect(first).toBeGreaterThan((merged[index - 1]?.last ?? -2n) + 1n);
        }
        expect(merged.toSorted(compareAddressRanges)).toEqual(merged);
      }),
      { seed: 1, numRuns: 500 },
    );
  });

  test('as prefixes hold the same addresses in the fewest prefixes', () => {
    fc.assert(
      fc.property(fc.array(small, { maxLength: 6 }), (ranges) => {
        const prefixes = rangesToCidrs(ranges);
        const held = prefixes.map(
          (block) => ({ family: 4, first: block.first, last: lastOf(block) }) as const,
        );
        expect(members(held)).toEqual(members(ranges));
        expect(aggregateCidrs(prefixes)).toEqual(prefixes);
      }),
      { seed: 2, numRuns: 500 },
    );
  });

  test.each([['0.0.0.0/0'], ['::/0'], ['10.0.0.0/8'], ['2001:db8::/32'], ['10.0.0.7/32']])(
    'the prefix %s as a range is that prefix again',
    (text) => {
      const block = cidr(text);
      const whole = { family: block.family, first: block.first, last: lastOf(block) };
      expect(rangesToCidrs([whole]).map(formatCidr)).toEqual([text]);
    },
  );
});
