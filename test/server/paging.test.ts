import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ProblemError } from '../../src/domain/problem.ts';
import { compareText } from '../../src/domain/text-order.ts';
import { buildApp } from '../../src/server/app.ts';
import type { NamespaceRow } from '../../src/server/app.ts';
import { pageOfRows } from '../../src/server/routes/page.ts';
import { namespacesPage } from '../../src/wire/api.ts';
import { sampleSources } from './sample-sources.ts';

const keys = fc.uniqueArray(fc.string({ unit: 'binary', maxLength: 6 }), { maxLength: 30 });
const limits = fc.integer({ min: 1, max: 12 });
const asKey = (key: string) => key;

/** Every page of `rows`, while `change` alters them between two requests. */
function walk(
  rows: readonly string[],
  limit: number,
  change = (left: readonly string[]) => left,
): string[][] {
  const pages: string[][] = [];
  let current = rows;
  let cursor: string | undefined;
  for (;;) {
    const { rows: page, next } = pageOfRows(current, asKey, { limit, cursor });
    pages.push([...page]);
    if (next === null) return pages;
    cursor = next;
    current = change(current);
  }
}

describe('pages of any list', () => {
  test('put together are the whole list in the order of its keys', () => {
    fc.assert(
      fc.property(keys, limits, (rows, limit) => {
        const wellFormed = rows.filter((row) => row.isWellFormed());
        expect(walk(wellFormed, limit).flat()).toEqual(wellFormed.toSorted(compareText));
      }),
      { seed: 1 },
    );
  });

  test('are full but for the last, and none is empty but the only one', () => {
    fc.assert(
      fc.property(keys, limits, (rows, limit) => {
        const pages = walk(
          rows.filter((row) => row.isWellFormed()),
          limit,
        );
        expect(pages.slice(0, -1).every((page) => page.length === limit)).toBe(true);
        expect(pages.length === 1 || pages.every((page) => page.length > 0)).toBe(true);
      }),
      { seed: 1 },
    );
  });

  test('hold each row that stays exactly once, whatever comes and goes meanwhile', () => {
    fc.assert(
      fc.property(keys, keys, limits, (first, second, limit) => {
        const before = first.filter((row) => row.isWellFormed());
        const after = second.filter((row) => row.isWellFormed());
        const seen = walk(before, limit, () => after).flat();
        const stays = before.filter((row) => after.includes(row));
        expect(new Set(seen).size).toBe(seen.length);
        expect(stays.every((row) => seen.includes(row))).toBe(true);
      }),
      { seed: 1 },
    );
  });

  test.each(['', 'a', '!', 'YQ==', '_/'])('refuse %j, which no page gave out', (cursor) => {
    const request = () => pageOfRows(['a', 'b'], asKey, { limit: 1, cursor });
    if (cursor === '') expect(request().rows).toEqual(['a']);
    else expect(request).toThrow(expect.objectContaining({ code: 'bad-cursor' }) as ProblemError);
  });
});

test('over HTTP, following next reads every namespace once', async () => {
  const rows: NamespaceRow[] = Array.from({ length: 25 }, (_, index) => ({
    name: `ns-${index}`,
    workloads: index,
    edges: 0,
    drafts: 0,
    omitted: 0,
  }));
  const app = buildApp(sampleSources({ namespaces: () => rows }), { logger: false, version: '0' });
  const sizes: number[] = [];
  const names: string[] = [];
  for (let cursor: string | null = ''; cursor !== null;) {
    const response = await app.inject(
      `/api/v1/namespaces?limit=10${cursor === '' ? '' : `&cursor=${cursor}`}`,
    );
    const page = namespacesPage.parse(response.json());
    sizes.push(page.items.length);
    names.push(...page.items.map(({ name }) => name));
    cursor = page.next;
  }
  expect(sizes).toEqual([10, 10, 5]);
  expect(names).toEqual(rows.map(({ name }) => name).toSorted(compareText));
  await app.close();
});
