/** Random input is the same in every run: a law that a rare input breaks must not break in somebody else's run. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';

const TESTS = path.join(import.meta.dirname, '..');

/** The text of each call of fast-check's `assert`, from its name to its closing bracket. */
function lawsIn(source: string): string[] {
  if (!/from 'fast-check'/.test(source)) return [];
  return [...source.matchAll(/(?<![\w.])(?:fc\.)?assert\(/g)].map(({ index, 0: name }) =>
    source.slice(index, endOfCall(source, index + name.length)),
  );
}

/** Behind the bracket that closes what was open at `from`. Prettier leaves no bracket in a text or comment of such a call. */
function endOfCall(source: string, from: number): number {
  let depth = 1;
  for (let at = from; at < source.length; at++) {
    if (source[at] === '(') depth++;
    else if (source[at] === ')' && --depth === 0) return at + 1;
  }
  return source.length;
}

/** Whether a law names its seed, in itself or in a constant of its file that does. */
function hasSeed(law: string, source: string): boolean {
  if (/\bseed: /.test(law)) return true;
  const name = /,\s*(?:\{\s*\.\.\.)?(\w+)[^()]*\)$/.exec(law)?.[1];
  return name !== undefined && new RegExp(`const ${name} = \\{[^;]*\\bseed: `).test(source);
}

test('every law of fast-check names its seed', () => {
  const files = readdirSync(TESTS, { recursive: true, encoding: 'utf8' }).filter((each) =>
    each.endsWith('.ts'),
  );
  const laws = files.flatMap((file) => {
    const source = readFileSync(path.join(TESTS, file), 'utf8');
    return lawsIn(source).map((law) => ({ file, law, isFixed: hasSeed(law, source) }));
  });
  expect(laws.length).toBeGreaterThan(80);
  expect(
    laws.filter(({ isFixed }) => !isFixed).map(({ file, law }) => `${file}: ${law.slice(0, 80)}`),
  ).toEqual([]);
});

test.each([
  ["import * as fc from 'fast-check';\nfc.assert(fc.property(fc.nat(), () => {}));", [false]],
  ["import * as fc from 'fast-check';\nfc.assert(fc.property(fc.nat(), () => {}), { numRuns: 5 });", [false]],
  [
    "import * as fc from 'fast-check';\nfc.assert(fc.property(fc.nat(), () => {}), { numRuns: 5, seed: 1 });",
    [true],
  ],
  [
    "import * as fc from 'fast-check';\nconst RUNS = { seed: 1 };\nfc.assert(fc.property(fc.nat(), () => {}), RUNS);",
    [true],
  ],
  [
    "import * as fc from 'fast-check';\nconst RUNS = { numRuns: 1 };\nfc.assert(fc.property(fc.nat(), () => {}), RUNS);",
    [false],
  ],
  ["import { assert } from 'node:assert';\nassert(true);", []],
])('seen in %j', (source, expected) => {
  expect(lawsIn(source).map((law) => hasSeed(law, source))).toEqual(expected);
});
