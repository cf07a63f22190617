/** docs/drafts.md explains every code of a draft in the words of the code, and the code uses no other. */
import { readFileSync, readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import {
  CAVEAT_MEANINGS,
  OBSERVATION_MEANINGS,
  OMISSION_MEANINGS,
  READINESS_MEANINGS,
  SURROUNDING_MEANINGS,
} from '../../src/recommend/caveat-codes.ts';
import { DRAFTING_FLAGS } from '../../src/recommend/drafting-flags.ts';

const docs = readFileSync('docs/drafts.md', 'utf8');
const rows = docs
  .split('\n')
  .filter((line) => /^\| `[a-z-]+` +\|/.test(line))
  .map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim().replaceAll('`', '')),
  );

test('docs/drafts.md lists exactly the codes of caveats and omissions, in the words of the code', () => {
  expect(rows).toEqual([...Object.entries(CAVEAT_MEANINGS), ...Object.entries(OMISSION_MEANINGS)]);
});

test('every flag of drafting is explained there', () => {
  for (const { flags } of DRAFTING_FLAGS) expect(docs).toContain(`\`${flags.split(' ')[0] ?? ''} `);
});

describe('the recommender', () => {
  const known = new Set(
    [
      CAVEAT_MEANINGS,
      OMISSION_MEANINGS,
      OBSERVATION_MEANINGS,
      READINESS_MEANINGS,
      SURROUNDING_MEANINGS,
    ].flatMap(Object.keys),
  );
  const sources = readdirSync('src/recommend').map((file) => ({
    file,
    text: readFileSync(`src/recommend/${file}`, 'utf8'),
  }));
  const used = sources.flatMap(({ file, text }) =>
    [...text.matchAll(/\bcode: '([a-z-]+)'/g)].map((match) => ({ file, code: match[1] ?? '' })),
  );

  test('gives no code that is not explained', () => {
    expect(used.length).toBeGreaterThan(10);
    expect(used.filter(({ code }) => !known.has(code))).toEqual([]);
  });

  test('gives every caveat that is explained', () => {
    const given = new Set(used.map(({ code }) => code));
    expect(Object.keys(CAVEAT_MEANINGS).filter((code) => !given.has(code))).toEqual([]);
  });
});
