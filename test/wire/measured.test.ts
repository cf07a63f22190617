/** Every figure of a draft, of a workload and of the coverage says how it was measured. */
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { namespaceJson, workloadJson } from '../../src/wire/api.ts';
import { coverageJson } from '../../src/wire/coverage-json.ts';
import { draftJson } from '../../src/wire/draft-json.ts';
import { edgeJson } from '../../src/wire/edge-json.ts';

/** Kubernetes' own, which mean what they mean there. */
const FOREIGN = /^NetworkPolicy/;

interface Schema {
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly [key: string]: unknown;
}

/** Paths of numbers that say nothing of themselves; a map of numbers says it for all of them. */
function silent(schema: unknown, path: readonly string[] = []): string[] {
  if (typeof schema !== 'object' || schema === null) return [];
  const { type, description, ...rest } = schema as Schema;
  const isNumber = [type].flat().some((each) => each === 'number' || each === 'integer');
  const own = isNumber && description === undefined ? [path.join('.')] : [];
  const within = Object.entries(rest).filter(
    ([key]) => key !== 'const' && !(key === 'additionalProperties' && description !== undefined),
  );
  return [
    ...own,
    ...within.flatMap(([key, value]) =>
      silent(value, ['properties', 'anyOf', '$defs', '0', '1'].includes(key) ? path : [...path, key]),
    ),
  ];
}

describe('numbers', () => {
  test.each<[string, z.ZodType]>([
    ['a draft', draftJson],
    ['an edge', edgeJson],
    ['a workload', workloadJson],
    ['a namespace', namespaceJson],
    ['the coverage', coverageJson],
  ])('of %s', (_, schema) => {
    const found = silent(z.toJSONSchema(schema)).filter((path) => !FOREIGN.test(path));
    expect(found).toEqual([]);
  });

  test('that say nothing are found', () => {
    const named = z.object({ c: z.number() }).meta({ id: 'Named' });
    const nested = z.object({
      a: z.object({ count: z.number() }),
      b: z.number().nullable(),
      d: z.array(named),
    });
    expect(silent(z.toJSONSchema(nested))).toEqual(['a.count', 'b', 'Named.c']);
    expect(silent(z.toJSONSchema(z.object({ a: z.number().nullable().describe('Measured.') })))).toEqual([]);
  });
});
