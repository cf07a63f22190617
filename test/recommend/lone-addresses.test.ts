/** Addresses that say nothing of their neighbours: link-local ones, cloud metadata, IPv4 by a translator (DESIGN section 6, "Outside out"). */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cidrContains, parseCidr } from '../../src/domain/cidr.ts';
import { ip } from '../../src/domain/ip.ts';
import type { IpAddress } from '../../src/domain/ip.ts';
import { standsAlone } from '../../src/domain/special-ranges.ts';
import { blocksOfSeen, prefixBlocks } from '../../src/recommend/addresses.ts';
import { RangeIndex } from '../../src/recommend/range-index.ts';
import { edge, ips, workloadInfo } from '../world.ts';
import { codesOf, drafted, draftOf } from './drafted.ts';

const NOTHING = new RangeIndex([]);

/** Where clouds serve metadata to a node, and what else only a node's own cloud answers. */
const METADATA = ips(
  '169.254.169.254',
  '169.254.170.2',
  '169.254.170.23',
  '169.254.0.23',
  '169.254.42.42',
  '168.63.129.16',
  '100.100.100.200',
  '192.0.0.192',
  'fe80::a9fe:a9fe',
  'fd00:ec2::254',
  'fd00:ec2::23',
  'fd20:ce::254',
  'fd00:c1::a9fe:a9fe',
  'fd00:100::100:200',
  'fd00:42::42',
  'fd00:a9fe:a9fe::1',
);

const blocksTo = (...addresses: readonly string[]): string[] =>
  draftOf(
    drafted(
      [workloadInfo('shop/web')],
      addresses.map((each) => edge(`shop/web -> external@${each}:80/tcp`)),
    ),
    'shop/web',
  )
    .rules.filter(({ title }) => title === 'outside addresses')
    .flatMap(({ peers }) => (peers ?? []).map((peer) => peer.ipBlock?.cidr ?? ''));

const singles = (...addresses: readonly string[]): string[] =>
  addresses.map((each) => `${each}/${each.includes(':') ? 128 : 32}`);

const run = (prefix: string, from: number, count: number): string[] =>
  Array.from({ length: count }, (_, index) => `${prefix}${from + index}`);

describe('however many there are', () => {
  test('link-local addresses are each drafted as itself', () => {
    const local = run('169.254.170.', 2, 9);
    expect(blocksTo(...local)).toEqual(singles(...local));
    expect(blocksTo(...run('fe80::', 1, 9))).toEqual(singles(...run('fe80::', 1, 9)));
  });

  test('they count for nothing when others are made prefixes', () => {
    const others = Array.from({ length: 8 }, (_, index) => `172.16.${index}.5`);
    expect(blocksTo('169.254.169.253', '169.254.169.254', ...others)).toEqual(
      singles('169.254.169.253', '169.254.169.254', ...others).toSorted(),
    );
  });

  test('IPv4 hosts behind a translator are each drafted as itself, because a short prefix is all of IPv4', () => {
    const hosts = Array.from(
      { length: 9 },
      (_, index) => `64:ff9b::${(0x5d10 + 0x1111 * index).toString(16)}:d80e`,
    );
    expect(blocksTo(...hosts)).toEqual(singles(...hosts));
    expect(blocksTo(...run('64:ff9b:1::', 1, 9))).toEqual(singles(...run('64:ff9b:1::', 1, 9)));
  });
});

test('that hosts behind a translator are only those seen is said', () => {
  const codes = (to: string): string[] =>
    codesOf(drafted([workloadInfo('shop/web')], [edge(`shop/web -> external@${to}:443/tcp`)]), 'shop/web');
  expect(codes('64:ff9b::5db8:d80e')).toEqual(['translated-addresses']);
  expect(codes('fd12::5')).toEqual([]);
});

test('a prefix that would reach a metadata address that was not seen is none', () => {
  const round = [193, 194, 195, 196, 197, 198, 199, 201, 202].map((last) => `100.100.100.${last}`);
  expect(blocksTo(...round)).toEqual(singles(...round));
});

test.each(METADATA)('%s stands alone', (address) => {
  expect(standsAlone(address)).toBe(true);
});

test('no block but its own holds an address that stands alone, whatever else was seen', () => {
  /** Addresses near those that stand alone, and those themselves. */
  const near = fc
    .tuple(fc.constantFrom(...METADATA), fc.integer({ min: 0, max: 15 }))
    .map(([address, off]) => {
      const cut = Math.max(address.lastIndexOf('.'), address.lastIndexOf(':'));
      const last = address.slice(cut + 1);
      const next = address.includes(':')
        ? (Number.parseInt(last, 16) ^ off).toString(16)
        : `${Number(last) ^ off}`;
      return ip(`${address.slice(0, cut + 1)}${next}`);
    });
  let widened = 0;
  fc.assert(
    fc.property(fc.array(near, { minLength: 9, maxLength: 40 }), (seen) => {
      const holds = (text: string, address: IpAddress): boolean => {
        const block = parseCidr(text);
        return block !== null && cidrContains(block, address);
      };
      for (const blocks of [blocksOfSeen(seen, NOTHING), prefixBlocks(seen, NOTHING)]) {
        widened += blocks.filter(({ cidr }) => !/\/(32|128)$/.test(cidr)).length;
        for (const lone of METADATA)
          expect(blocks.filter(({ cidr }) => holds(cidr, lone)).map(({ cidr }) => cidr)).toEqual(
            seen.includes(lone) ? singles(lone) : [],
          );
        for (const each of seen) expect(blocks.some(({ cidr }) => holds(cidr, each))).toBe(true);
      }
    }),
    { numRuns: 100, seed: 20_261_122 },
  );
  // Prefixes were drafted at all.
  expect(widened).toBeGreaterThan(50);
});
