import { BlockList, isIPv4, isIPv6 } from 'node:net';
import * as fc from 'fast-check';
import ipaddr from 'ipaddr.js';
import { describe, expect, test } from 'vitest';
import { compareIps, familyOf, formatIp, ip, ipToBits, parseIp, widthOf } from '../../src/domain/ip.ts';

/** Texts one edit away from addresses, where parsers differ. */
const nearlyAddress = fc.oneof(
  fc.string({ unit: fc.constantFrom('0', '1', '9', '25', '255', '.', '.', ' '), maxLength: 9 }),
  fc.string({
    unit: fc.constantFrom('0', 'a', 'F', '1b2', 'ffff', ':', ':', '::', '1.2.3.4'),
    maxLength: 11,
  }),
  fc.ipV4(),
  fc.ipV6(),
);
const v4Bits = fc.bigInt({ min: 0n, max: 2n ** 32n - 1n });
const v6Group = fc.oneof(fc.constant(0), fc.constantFrom(1, 0xffff), fc.integer({ min: 0, max: 0xffff }));
const v6Bits = fc
  .array(v6Group, { minLength: 8, maxLength: 8 })
  .map((groups) => groups.reduce((bits, group) => (bits << 16n) | BigInt(group), 0n));
const address = fc.oneof(
  v4Bits.map((bits) => formatIp(4, bits)),
  v6Bits.map((bits) => formatIp(6, bits)),
);

describe('parseIp', () => {
  test.each([
    ['10.0.0.1', '10.0.0.1'],
    ['2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
    ['::', '::'],
    ['1:0:0:2:0:0:0:3', '1:0:0:2::3'],
    ['1:0:0:2:3:0:0:4', '1::2:3:0:0:4'],
    ['1:0:2:3:4:5:6:7', '1:0:2:3:4:5:6:7'],
    ['1:2:3:4:5:6:7::', '1:2:3:4:5:6:7:0'],
    ['::ffff:10.0.0.1', '10.0.0.1'],
    ['::FFFF:a00:1', '10.0.0.1'],
    ['0:0:0:0:0:ffff:1.2.3.4', '1.2.3.4'],
    ['::1.2.3.4', '::102:304'],
    ['64:ff9b::1.2.3.4', '64:ff9b::102:304'],
  ])('%s is canonically %s', (text, canonical) => {
    expect(parseIp(text)).toBe(canonical);
  });

  test.each([
    '',
    '10.0.0',
    '10.0.0.1.',
    '.10.0.0.1',
    '10..0.1',
    '256.0.0.1',
    '010.0.0.1',
    '0x7f.1',
    '10.1',
    '167772161',
    ' 10.0.0.1',
    '10.0.0.1/32',
    '+1.0.0.1',
    '١.0.0.1',
    ':',
    ':::',
    '1::2::3',
    ':1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '1:2:3:4::5:6:7:8',
    '12345::',
    'g::',
    '1.2.3.4::',
    '::1.2.3',
    '::1.2.3.04',
    '1:2:3:4:5:6:7:1.2.3.4',
    'fe80::1%eth0',
    '[::1]',
  ])('%j is not an address', (text) => {
    expect(parseIp(text)).toBeNull();
    expect(() => ip(text)).toThrow(RangeError);
  });

  test('accepts what node:net accepts, and nothing else', () => {
    fc.assert(
      fc.property(nearlyAddress, (text) => {
        expect(parseIp(text) !== null).toBe(isIPv4(text) || isIPv6(text));
      }),
      { seed: 1, numRuns: 3000 },
    );
  });

  test('agrees with ipaddr.js on the address a text means', () => {
    // ipaddr.js reads ::1.2.3.4 as a mapped address; node:net judges such texts below.
    const inHex = fc.ipV6().filter((text) => !text.includes('.'));
    const mapped = fc.ipV4().map((text) => `::ffff:${text}`);
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), inHex, mapped), (text) => {
        const oracle = ipaddr.process(text);
        const parsed = ip(text);
        expect(familyOf(parsed)).toBe(oracle.kind() === 'ipv4' ? 4 : 6);
        expect(parsed).toBe(oracle instanceof ipaddr.IPv6 ? oracle.toRFC5952String() : oracle.toString());
      }),
      { seed: 1, numRuns: 2000 },
    );
  });

  test('agrees with node:net on the address an IPv6 text means', () => {
    fc.assert(
      fc.property(fc.ipV6(), (text) => {
        const only = new BlockList();
        only.addAddress(text, 'ipv6');
        const parsed = ip(text);
        expect(only.check(parsed, familyOf(parsed) === 4 ? 'ipv4' : 'ipv6')).toBe(true);
      }),
      { seed: 1, numRuns: 1000 },
    );
  });

  test('is the identity on canonical addresses, and equal addresses are equal strings', () => {
    fc.assert(
      fc.property(v6Bits, (bits) => {
        const groups = Array.from({ length: 8 }, (_, index) => (bits >> BigInt(112 - 16 * index)) & 0xffffn);
        const longest = groups.map((group) => group.toString(16).toUpperCase().padStart(4, '0')).join(':');
        expect(parseIp(longest)).toBe(formatIp(6, bits));
        expect(parseIp(formatIp(6, bits))).toBe(formatIp(6, bits));
      }),
      { seed: 1 },
    );
  });
});

describe('integers', () => {
  test('formatIp undoes ipToBits, within the width of the family', () => {
    fc.assert(
      fc.property(address, (one) => {
        const bits = ipToBits(one);
        expect(formatIp(familyOf(one), bits)).toBe(one);
        expect(bits >= 0n && bits < 1n << BigInt(widthOf(familyOf(one)))).toBe(true);
      }),
      { seed: 1 },
    );
  });

  test('a mapped IPv6 integer is formatted as the IPv4 address it stands for', () => {
    expect(formatIp(6, (0xffffn << 32n) | 0x0a000001n)).toBe('10.0.0.1');
  });
});

describe('compareIps', () => {
  test.each([
    ['9.0.0.0', '10.0.0.0'],
    ['255.255.255.255', '::'],
    ['::9', '::10'],
    ['fe80::', 'ff00::'],
  ])('%s stands before %s', (first, second) => {
    expect(compareIps(ip(first), ip(second))).toBeLessThan(0);
    expect(compareIps(ip(second), ip(first))).toBeGreaterThan(0);
  });

  test('agrees with node:net on the order inside a family', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.tuple(v4Bits, v4Bits, fc.constant(4 as const)),
          fc.tuple(v6Bits, v6Bits, fc.constant(6 as const)),
        ),
        ([a, b, family]) => {
          const [left, right] = [formatIp(family, a), formatIp(family, b)];
          fc.pre(familyOf(left) === family && familyOf(right) === family);
          const upToRight = new BlockList();
          const type = family === 4 ? 'ipv4' : 'ipv6';
          upToRight.addRange(formatIp(family, 0n), right, type);
          expect(compareIps(left, right) <= 0).toBe(upToRight.check(left, type));
        },
      ),
      { seed: 1 },
    );
  });
});
