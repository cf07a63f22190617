import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatIp, ip } from '../../src/domain/ip.ts';
import type { IpAddress } from '../../src/domain/ip.ts';
import { AddressIndex, NO_ENTRY } from '../../src/identity/address-index.ts';

// Few addresses, so that they are forgotten and come again; the two families have the same low bits.
const address = fc
  .tuple(fc.constantFrom<4 | 6>(4, 6), fc.integer({ min: 1, max: 400 }))
  .map(([family, bits]) => formatIp(family, family === 4 ? BigInt(bits) : BigInt(bits) + (1n << 100n)));

const step = fc.record({
  what: fc.constantFrom('add', 'add', 'set', 'forget'),
  at: address,
  first: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
  count: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
});

test('an index finds what a map would, through growth and forgetting', () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 200, maxLength: 600 }), (steps) => {
      const index = new AddressIndex();
      const model = new Map<IpAddress, { number: number; first: number; count: number }>();
      for (const { what, at, first, count } of steps) {
        const known = model.get(at);
        if (what === 'add' && known === undefined)
          model.set(at, { number: index.add(at), first: 0, count: 0 });
        if (what === 'set' && known !== undefined) {
          index.set(at, first, count);
          model.set(at, { ...known, first, count });
        }
        if (what === 'forget') {
          index.forget(at);
          model.delete(at);
        }
        expect(found(index, at)).toEqual(model.get(at) ?? null);
      }
      for (const [at, each] of model) expect(found(index, at)).toEqual(each);
      const numbers = [...model.values()].map(({ number }) => number);
      expect(new Set(numbers).size).toBe(numbers.length);
    }),
    { seed: 6, numRuns: 60 },
  );
});

test('IPv6 addresses of one hash are told apart, and from the IPv4 address of those bits', () => {
  // Found by trying: the hash of both texts is 268888232.
  const all = ['fd00::3d84:a69d:cb20', '16.6.232.168', 'fd00::dfc3:aae0:6c0f'].map(ip);
  for (const added of [all, all.toReversed()]) {
    const index = new AddressIndex();
    const numbers = added.map((each) => index.add(each));
    expect(added.map((each) => index.number(index.entryOf(each)))).toEqual(numbers);
    const [first, ...others] = added;
    if (first !== undefined) index.forget(first);
    expect(others.map((each) => index.number(index.entryOf(each)))).toEqual(numbers.slice(1));
  }
});

function found(index: AddressIndex, at: IpAddress): { number: number; first: number; count: number } | null {
  const entry = index.entryOf(at);
  if (entry === NO_ENTRY) return null;
  return { number: index.number(entry), first: index.first(entry), count: index.count(entry) };
}
