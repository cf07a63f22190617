/** Each code of attribution has its words, in the code and in docs/attribution.md, and they are the same. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { UnknownReason } from '../../src/identity/resolve.ts';
import { UNATTRIBUTED_REASONS, outcomeText, reasonText } from '../../src/wire/attribution-reasons.ts';
import type { UnattributedReason } from '../../src/wire/attribution-reasons.ts';
import { BOUND_SOURCES } from '../../src/wire/bound-sources.ts';
import { VERDICT_REASONS } from '../../src/wire/lease-verdict-json.ts';

const docs = readFileSync('docs/attribution.md', 'utf8');

/** Cells of the row of a table whose first cell is this code. */
function rowOf(code: string): string[] {
  const line = docs.split('\n').find((each) => each.startsWith(`| \`${code}\` `));
  return (line ?? '')
    .split('|')
    .map((cell) => cell.trim())
    .slice(2, -1);
}

const plain = UNATTRIBUTED_REASONS.filter((code) => !code.startsWith('seen-as-'));

test('every reason for which an address has no holder is a reason of attribution', () => {
  const unknown = {
    'no-holder-then': true,
    'pod-never-seen': true,
    'service-unknown': true,
    loopback: true,
    'group-address': true,
  } as const satisfies Record<UnknownReason & UnattributedReason, true>;
  for (const code of Object.keys(unknown)) {
    expect(UNATTRIBUTED_REASONS).toContain(code);
    expect(UNATTRIBUTED_REASONS).toContain(`seen-as-${code}`);
  }
});

/** What the code of attribution can return, read from it: a new reason fails here until it has words. */
test('every reason that attribution returns has words', () => {
  const sources = ['attribute', 'reattribute', 'resolve'].map((name) =>
    readFileSync(`src/identity/${name}.ts`, 'utf8'),
  );
  const returned = sources.flatMap((text) =>
    [...text.matchAll(/reason: '([a-z-]+)'/g)].map((match) => match[1] ?? ''),
  );
  expect(returned.length).toBeGreaterThan(10);
  const known: readonly string[] = UNATTRIBUTED_REASONS;
  expect(returned.filter((code) => !known.includes(code))).toEqual([]);
});

describe('docs/attribution.md', () => {
  test.each(plain)('says of %s what it means and what to do', (code) => {
    const { meaning, advice } = reasonText(code);
    expect(rowOf(code)).toEqual([meaning, advice]);
  });

  test.each(Object.entries(BOUND_SOURCES))('says of a bound by %s what it rests on', (code, sentence) => {
    expect(rowOf(code)).toEqual([sentence]);
  });

  test.each(VERDICT_REASONS)('names the verdict %s', (code) => {
    expect(docs).toContain(`\`${code}\``);
  });
});

test('words are sentences', () => {
  for (const code of UNATTRIBUTED_REASONS) {
    const { meaning, advice } = reasonText(code);
    expect(meaning).toMatch(/^[A-Z].*\.$/);
    expect(advice).toMatch(/^[A-Z].*\.$/);
  }
});

test('a reason of the rewritten address says so, and an unknown code says that it is unknown', () => {
  expect(reasonText('seen-as-loopback').meaning).toMatch(
    /^Of the address that the client was rewritten to: a node /,
  );
  expect(reasonText('seen-as-nothing').meaning).toBe('This version has no words for seen-as-nothing.');
  expect(reasonText('toString').meaning).toBe('This version has no words for toString.');
  expect(outcomeText('attributed-anew')).toContain('attributed to those');
  expect(outcomeText('ambiguous')).toContain(reasonText('ambiguous').meaning);
});
