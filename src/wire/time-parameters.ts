/** Instants and spans as people write them in queries and options. */
import { z } from 'zod';

/** Digits of the last unix ms that Date can print: 8.64e15 (ECMA-262, time values). */
const MAX_UNIX_MS = 8_640_000_000_000_000;

/** RFC 3339 or unix milliseconds, to unix ms. */
export const instantParameter = z.union(
  [
    z
      .string()
      .regex(/^[0-9]{1,16}$/)
      .transform(Number)
      .pipe(z.number().max(MAX_UNIX_MS)),
    z.iso.datetime({ offset: true }).transform((text) => Date.parse(text)),
  ],
  'must be RFC 3339, as 2026-11-03T09:00:00Z, or unix milliseconds',
);
