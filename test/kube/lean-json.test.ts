/** JSON without its unread half: nothing else may differ from what JSON.parse says. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseLean } from '../../src/kube/watch/lean-json.ts';

const name = fc.oneof(
  fc.constantFrom(
    'managedFields',
    'openAPIV3Schema',
    '"managedFields":[',
    'x"managedFields',
    'xmanagedFields',
    'a\\',
  ),
  fc.string(),
);
const value: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.string(),
    fc.integer(),
    fc.constantFrom('{"managedFields":[', '"managedFields":[]', ']', '\\"', null, true),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(name, tie('value'), { maxKeys: 4, noNullPrototype: true }),
  ),
})).value;

/** What is emptied, by the meaning of the text and not by its bytes. */
function emptied(of: unknown): unknown {
  if (Array.isArray(of)) return of.map(emptied);
  if (typeof of !== 'object' || of === null) return of;
  return Object.fromEntries(
    Object.entries(of).map(([key, inner]) => {
      if (key === 'managedFields' && Array.isArray(inner)) return [key, []];
      const isSchema = key === 'openAPIV3Schema' && typeof inner === 'object' && inner !== null;
      return [key, isSchema && !Array.isArray(inner) ? {} : emptied(inner)];
    }),
  );
}

test('it is JSON.parse with managed fields and schemas emptied, whatever the texts hold', () => {
  let changed = 0;
  fc.assert(
    fc.property(fc.dictionary(name, value, { minKeys: 1, maxKeys: 4, noNullPrototype: true }), (raw) => {
      const text = JSON.stringify(raw);
      const truth = emptied(JSON.parse(text));
      if (JSON.stringify(truth) !== text) changed++;
      expect(parseLean(text)).toEqual(truth);
    }),
    { seed: 7, numRuns: 600 },
  );
  expect(changed).toBeGreaterThan(20);
});

describe('what is no JSON', () => {
  test.each(['', '{', '{"managedFields":[', '{"managedFields":["', '{"managedFields":[{"a":"b]}', 'no'])(
    '%j is undefined',
    (text) => {
      expect(parseLean(text)).toBeUndefined();
    },
  );
});
