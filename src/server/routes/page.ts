/**
 * Keyset paging: a page starts after the key that its cursor holds, so rows that come or go between two requests
 * shift nothing. A cursor is opaque to clients.
 */
import { z } from 'zod';
import { ProblemError } from '../../domain/problem.ts';
import { compareText } from '../../domain/text-order.ts';
import { wholeNumberQuery } from './filters.ts';
import { DEFAULT_LIMIT, MAX_CURSOR_CHARS, MAX_LIMIT } from '../../wire/listing.ts';

/** The query parameters of every list. */
export const pageQuery = {
  limit: wholeNumberQuery(1, MAX_LIMIT)
    .default(DEFAULT_LIMIT)
    .describe(`Rows in one answer, at most; ${DEFAULT_LIMIT} unless told.`),
  cursor: z
    .string()
    .min(1)
    .max(MAX_CURSOR_CHARS)
    .optional()
    .describe('`next` of the page before; absent for the first page.'),
};

/** `cursor` is absent on the first page. */
export interface PageRequest {
  readonly limit: number;
  readonly cursor?: string | undefined;
}

/**
 * One page of `rows` in the order of their keys, which must be unique. Throws a ProblemError `bad-cursor` for a
 * cursor that no page gave out.
 */
export function pageOfRows<T>(
  rows: readonly T[],
  keyOf: (row: T) => string,
  request: PageRequest,
): { readonly rows: readonly T[]; readonly next: string | null } {
  const after = request.cursor === undefined ? null : decodeCursor(request.cursor);
  const keyed = rows
    .map((row) => ({ row, key: keyOf(row) }))
    .filter(({ key }) => after === null || compareText(key, after) > 0)
    .toSorted((a, b) => compareText(a.key, b.key));
  const page = keyed.slice(0, request.limit);
  const last = page.at(-1);
  return {
    rows: page.map(({ row }) => row),
    next: last !== undefined && keyed.length > page.length ? encodeCursor(last.key) : null,
  };
}

function encodeCursor(key: string): string {
  return Buffer.from(key).toString('base64url');
}

function decodeCursor(cursor: string): string {
  const key = Buffer.from(cursor, 'base64url').toString();
  if (encodeCursor(key) === cursor) return key;
  throw new ProblemError('bad-cursor', 'The cursor is not one that this list gave out.', {
    hint: 'Start again without a cursor.',
  });
}
