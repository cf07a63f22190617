/** How every list of the API is shaped and how instants travel; schemas only, no traffic of their own. */
import { z } from 'zod';

/** Rows of one answer when the request does not say. */
export const DEFAULT_LIMIT = 100;
/** Most rows of one answer: keeps an answer of edges with a week of hours to a few megabytes. */
export const MAX_LIMIT = 1000;
/** A cursor holds one key; the longest key (an edge between two workloads) is under 1,200 characters, in base64 1,600. */
export const MAX_CURSOR_CHARS = 2000;

/**
 * An array schema whose type is read-only, so that sorted values of the domain pass without a copy.
 * (zod's own `.readonly()` freezes at run time and would print `readOnly` into OpenAPI.)
 */
export function listOf<T extends z.ZodType>(item: T): z.ZodType<readonly z.output<T>[]> {
  return z.array(item);
}

/** An instant in RFC 3339, UTC, with milliseconds. */
export const instant = z.iso.datetime().meta({ examples: ['2026-11-03T09:00:00.000Z'] });

/** Unix ms as RFC 3339 in UTC; a fraction of a millisecond is cut. Throws a RangeError for a time outside years 0-275760. */
export function rfc3339(unixMs: number): string {
  return new Date(unixMs).toISOString();
}

export function rfc3339OrNull(unixMs: number | null): string | null {
  return unixMs === null ? null : rfc3339(unixMs);
}

/** A page of `item`: the rows, and the cursor of the next page or null at the end. */
export function pageOf<T extends z.ZodType>(item: T, id: string) {
  return z
    .object({
      items: listOf(item),
      next: z
        .string()
        .nullable()
        .describe('Give it back as `cursor` for the next page; null when this page is the last.'),
    })
    .meta({ id });
}
