/** A persisted lease as bounds to build on. */
import { isProvenEnd } from '../domain/lease.ts';
import type { Lease } from '../domain/lease.ts';
import type { RawBounds } from './pod-lease.ts';

export function restoredBounds(lease: Lease): RawBounds {
  const { from, heldFrom, heldUntil, until } = lease;
  const sources = lease.sources ?? {
    from: 'restored',
    heldFrom: 'restored',
    heldUntil: heldUntil === null ? null : 'restored',
    until: until === null ? null : 'restored',
  };
  const end = isProvenEnd(sources.heldUntil) ? heldUntil : (lease.sandbox?.word ?? null);
  return { from, heldFrom, provenAt: Math.max(from, end ?? from), heldUntil, until, sources };
}
