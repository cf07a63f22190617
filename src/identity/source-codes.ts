/** The four sources of a lease's bounds as one whole number of 20 bits. */
import type { BoundSource, BoundSources } from '../domain/lease.ts';

const SOURCES: readonly (BoundSource | null)[] = [
  null,
  'created',
  'pod-start',
  'last-seen-before',
  'former-finish',
  'former-holder',
  'unbounded',
  'sandbox-ready',
  'container-start',
  'observed',
  'container-finish',
  'last-word',
  'deletion-request',
  'sandbox-gone',
  'removed',
  'finished-60s',
  'next-sandbox',
  'node-rebooted',
  'next-holder',
  'restored',
];
const CODES: ReadonlyMap<BoundSource | null, number> = new Map(SOURCES.map((source, code) => [source, code]));
const CODE_BITS = 5;
const CODE_MASK = 31;

export function codeOf({ from, heldFrom, heldUntil, until }: BoundSources): number {
  return (
    one(from) |
    (one(heldFrom) << CODE_BITS) |
    (one(heldUntil) << (2 * CODE_BITS)) |
    (one(until) << (3 * CODE_BITS))
  );
}

function one(source: BoundSource | null): number {
  return CODES.get(source) ?? 0;
}

export class SourceCodes {
  /** Decoded once for each combination that occurs. */
  readonly #decoded = new Map<number, BoundSources>();

  sourcesOf(code: number): BoundSources {
    const known = this.#decoded.get(code);
    if (known !== undefined) return known;
    const [from, heldFrom, heldUntil, until] = [0, 1, 2, 3].map(
      (place) => SOURCES[(code >>> (place * CODE_BITS)) & CODE_MASK] ?? null,
    );
    const sources: BoundSources = {
      from: from ?? 'restored',
      heldFrom: heldFrom ?? 'restored',
      heldUntil: heldUntil ?? null,
      until: until ?? null,
    };
    this.#decoded.set(code, sources);
    return sources;
  }
}
