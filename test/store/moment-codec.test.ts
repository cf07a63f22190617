import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeMoments, encodeMoments } from '../../src/store/moment-codec.ts';
import type { CountedMoment, MomentsOfKey } from '../../src/store/moment-codec.ts';

const BASE = 1_699_999_200_000;

const id = fc.constantFrom(0, 1, 127, 128, 300_000, 2 ** 31 - 1, 2 ** 31, 2 ** 40);
const count = fc.constantFrom(0, 1, 127, 128, 2 ** 31, 2 ** 52);

const moment: fc.Arbitrary<CountedMoment> = fc
  .record({
    at: fc.integer({ min: -60_000, max: 172_800_000 }),
    before: fc.integer({ min: -10, max: 2_000_000 }),
    after: fc.integer({ min: 0, max: 5_000 }),
    opened: count,
    present: count,
    answered: count,
    bytes: count,
  })
  .map(({ at, before, after, ...counts }) => ({
    at: BASE + at,
    start: BASE + at - before,
    end: BASE + at + after,
    ...counts,
  }));

const keys: fc.Arbitrary<MomentsOfKey[]> = fc.uniqueArray(
  fc.record({
    key: fc.record({
      edge: fc.nat({ max: 20 }),
      clientLease: id,
      serverLease: id,
      witness: id,
      seen: id,
      ownNode: fc.constantFrom(0, 1),
      service: id,
      seenAs: fc.constantFrom('', '192.168.100.1', 'fd00::1'),
    }),
    moments: fc.array(moment, { maxLength: 5 }),
  }),
  { selector: ({ key }) => key.edge, maxLength: 8 },
);

test('what is decoded is what was encoded, of the keys that are meant', () => {
  fc.assert(
    fc.property(keys, fc.integer({ min: 1, max: 4 }), (given, modulus) => {
      const bytes = encodeMoments(given, BASE);
      const all = given.flatMap(({ key, moments }) => moments.map((each) => ({ ...key, ...each })));
      expect(decodeMoments(bytes, BASE)).toEqual(all);
      const isMeant = ({ edge }: { readonly edge: number }): boolean => edge % modulus === 0;
      expect(decodeMoments(bytes, BASE, isMeant)).toEqual(all.filter(isMeant));
    }),
    { numRuns: 300, seed: 11 },
  );
});

test('what is cut off is an error, read or passed over', () => {
  const key = {
    edge: 1,
    clientLease: 2,
    serverLease: 3,
    witness: 4,
    seen: 5,
    ownNode: 0,
    service: 0,
    seenAs: '',
  };
  const counts = { opened: 1, present: 0, answered: 1, bytes: 0 };
  const bytes = encodeMoments(
    [{ key, moments: [{ at: BASE, start: BASE, end: BASE + 1000, ...counts }] }],
    BASE,
  );
  const cut = bytes.subarray(0, -1);
  expect(() => decodeMoments(cut, BASE)).toThrow(RangeError);
  expect(() => decodeMoments(cut, BASE, () => false)).toThrow(RangeError);
});
