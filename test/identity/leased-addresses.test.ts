import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatIp } from '../../src/domain/ip.ts';
import type { IpAddress } from '../../src/domain/ip.ts';
import type { ArrangedLease } from '../../src/identity/address-leases.ts';
import { LeasedAddresses } from '../../src/identity/leased-addresses.ts';

const SOURCES = { from: 'created', heldFrom: 'observed', heldUntil: null, until: null } as const;

const bounds = fc
  .tuple(fc.integer({ min: 0, max: 100 }), fc.integer({ min: 1, max: 30 }), fc.boolean())
  .map(([from, length, isOpen]) => ({ from, until: isOpen ? null : from + length }));

const step = fc.record({
  ip: fc
    .integer({ min: 0, max: 30 })
    .map((bits) => formatIp(bits % 2 === 0 ? 4 : 6, BigInt(bits) + (1n << 20n))),
  leases: fc.array(bounds, { maxLength: 9 }),
  isRemoval: fc.boolean(),
  start: fc.integer({ min: -5, max: 130 }),
  length: fc.integer({ min: 1, max: 10 }),
});

test('leases of a time are those that a scan of all would find, wherever they were moved', () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 50, maxLength: 150 }), (steps) => {
      const addresses = new LeasedAddresses();
      const model = new Map<IpAddress, ArrangedLease[]>();
      let rows = 0;
      for (const { ip, leases, isRemoval } of steps) {
        const known = model.get(ip) ?? [];
        if (isRemoval) {
          const gone = new Set(known.filter((_, index) => index % 2 === 0).map(({ row }) => row));
          addresses.get(ip)?.remove(gone);
          model.set(
            ip,
            known.filter(({ row }) => !gone.has(row)),
          );
          continue;
        }
        const arranged = [...known, ...leases.map((each) => arrangedLease(each, rows++))];
        addresses.getOrAdd(ip).arrange(arranged);
        model.set(ip, arranged);
      }
      for (const { ip, start, length } of steps) {
        const end = start + length;
        const expected = (model.get(ip) ?? [])
          .filter(({ bounds: { from, until } }) => from < end && (until ?? Number.POSITIVE_INFINITY) > start)
          .map(({ row }) => row);
        const found = addresses.during(ip, start, end);
        expect(found.map(({ from }) => from)).toEqual(
          found.map(({ from }) => from).toSorted((a, b) => a - b),
        );
        expect(found.map(({ row }) => row).toSorted((a, b) => a - b)).toEqual(expected);
        const only = addresses.onlyDuring(ip, start, end);
        expect(only === null ? null : addresses.slab.row(only, only.place)).toBe(
          expected.length === 1 ? expected[0] : null,
        );
        expect(addresses.hasHolder(ip, (holder) => holder === 7)).toBe(
          (model.get(ip) ?? []).some(({ holder }) => holder === 7),
        );
      }
      for (const [ip, leases] of model)
        for (const { row, holder, ordinal, bounds: of } of leases) {
          const address = addresses.get(ip);
          const lease = address?.lease(address.placeOf(row) ?? -1);
          expect(lease).toMatchObject({
            row,
            holder,
            ordinal,
            from: of.from,
            until: of.until,
            heldUntil: null,
          });
        }
    }),
    { seed: 6, numRuns: 40 },
  );
});

test('an address that was forgotten has none, and another one may take its place', () => {
  const addresses = new LeasedAddresses();
  const [one, other] = [formatIp(4, 1n), formatIp(4, 2n)];
  const lease = arrangedLease({ from: 1, until: 2 }, 0);
  addresses.getOrAdd(one).arrange([lease]);
  addresses.get(one)?.remove(new Set([0]));
  addresses.forget(one);
  expect([addresses.get(one), addresses.during(one, 0, 9)]).toEqual([undefined, []]);
  addresses.getOrAdd(other).arrange([lease]);
  expect(addresses.all().map(({ ip }) => ip)).toEqual([other]);
  expect(addresses.during(other, 0, 9)).toMatchObject([{ row: 0, until: 2 }]);
});

function arrangedLease({ from, until }: { from: number; until: number | null }, row: number): ArrangedLease {
  const times = { from, heldFrom: from, heldUntil: null, until, sources: SOURCES };
  return { row, holder: row % 50, ordinal: row % 3, bounds: times };
}
