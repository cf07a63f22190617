/** When within a time a lease could have been held and is not certain: what only rests on nobody else being known. */
import { isProvenEnd } from '../domain/lease.ts';
import type { Lease } from '../domain/lease.ts';
import type { Span } from './revised-spans.ts';

/** In order; none is empty. */
export function uncertainParts(lease: Lease, within: Span): Span[] {
  const { heldFrom, heldUntil, sources } = lease;
  const possible = {
    from: Math.max(lease.from, within.from),
    until: Math.min(lease.until ?? Number.POSITIVE_INFINITY, within.until),
  };
  // An end that is presumed is no end of what is certain: that has none left.
  const isProven = heldUntil === null || isProvenEnd(sources?.heldUntil ?? null);
  const certainUntil = isProven ? (heldUntil ?? Number.POSITIVE_INFINITY) : heldFrom;
  const parts =
    certainUntil <= heldFrom
      ? [possible]
      : [
          { from: possible.from, until: Math.min(possible.until, heldFrom) },
          { from: Math.max(possible.from, certainUntil), until: possible.until },
        ];
  return parts.filter(({ from, until }) => from < until);
}
