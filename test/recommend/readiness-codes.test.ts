/** docs/readiness.md explains every code that says how sure a draft is, in the words that the drafts use. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { QUARANTINE_SENTENCES } from '../../src/domain/quarantine-reason.ts';
import {
  CAVEAT_MEANINGS,
  OBSERVATION_MEANINGS,
  READINESS_MEANINGS,
  SURROUNDING_MEANINGS,
  isObservation,
} from '../../src/recommend/caveat-codes.ts';

const rows = readFileSync('docs/readiness.md', 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('| `'))
  .map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );

const EXPECTED: readonly (readonly string[])[] = [
  ...[QUARANTINE_SENTENCES, SURROUNDING_MEANINGS, OBSERVATION_MEANINGS].flatMap((codes) =>
    Object.entries(codes).map(([code, sentence]) => [`\`${code}\``, sentence]),
  ),
  ...Object.entries(READINESS_MEANINGS).map(([code, { sentence, completedBy }]) => [
    `\`${code}\``,
    sentence,
    completedBy,
  ]),
];

describe('docs/readiness.md', () => {
  test.each(EXPECTED.map((row) => [row[0], row] as const))('explains %s', (_, row) => {
    expect(rows).toContainEqual(row);
  });

  test('explains no code that there is not', () => {
    const figures = new Set([
      'podHours',
      'pods',
      'share',
      'observedPodHours',
      'starts',
      'terminations',
      'olderThanAgent',
      'blindNodes',
      'lossyNodes',
    ]);
    const known = new Set(EXPECTED.map(([code]) => code));
    const others = rows.map(([code = '']) => code).filter((code) => !known.has(code));
    expect(others.map((code) => code.replaceAll('`', ''))).toEqual([...figures]);
  });
});

test('meanings are sentences, and no caveat has two of them', () => {
  for (const [, sentence] of EXPECTED) expect(sentence).toMatch(/^[A-Z].*\.$/);
  const codes = [CAVEAT_MEANINGS, SURROUNDING_MEANINGS, OBSERVATION_MEANINGS].flatMap(Object.keys);
  expect(new Set(codes).size).toBe(codes.length);
});

test('only what moves with time or traffic is kept out of plain YAML', () => {
  expect(Object.keys(OBSERVATION_MEANINGS).every(isObservation)).toBe(true);
  expect(
    [...Object.keys(CAVEAT_MEANINGS), ...Object.keys(SURROUNDING_MEANINGS), 'toString'].filter(isObservation),
  ).toEqual([]);
});
