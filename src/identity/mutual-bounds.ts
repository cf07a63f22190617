/**
 * What the pod leases of one address say about each other: one address has one holder at a time, and a lease is one stretch of time.
 * So a lease that provably came later ends the one before, and does not reach back over it.
 */
import type { BoundSources } from '../domain/lease.ts';
import type { RawBounds } from './pod-lease.ts';

/** Bounds as they hold among all leases of the address. */
export interface EffectiveBounds {
  from: number;
  readonly heldFrom: number;
  heldUntil: number | null;
  until: number | null;
  sources: BoundSources;
}

/** Leases are compared with so many neighbours on each side, by `heldFrom`: enough for all that can be in doubt about one instant. */
const NEIGHBOURS = 16;

/** In the order of `leases`. The certain intervals (`heldFrom` to `heldUntil`) of the result never overlap, whatever was told. */
export function boundedByEachOther(leases: readonly RawBounds[]): EffectiveBounds[] {
  const bounded = leases.map(effective);
  if (leases.length < 2) return bounded;
  const order = leases.map((_, index) => index).toSorted((a, b) => heldFromOf(a) - heldFromOf(b) || a - b);
  function heldFromOf(index: number): number {
    return leases[index]?.heldFrom ?? 0;
  }
  for (let place = 0; place < order.length; place++) {
    const last = Math.min(order.length - 1, place + NEIGHBOURS);
    for (let other = place + 1; other <= last; other++) tighten(order[place] ?? 0, order[other] ?? 0);
  }
  separateCertain(order.map((index) => bounded[index]).filter((each) => each !== undefined));
  return bounded;

  function tighten(a: number, b: number): void {
    const [one, other, ofOne, ofOther] = [leases[a], leases[b], bounded[a], bounded[b]];
    if (one === undefined || other === undefined || ofOne === undefined || ofOther === undefined) return;
    const isOneFirst = isBefore(one, other);
    // Both ways or neither way: their times contradict each other, or leave it open. Then neither bounds the other.
    if (isOneFirst === isBefore(other, one)) return;
    if (isOneFirst) follow(one, ofOne, other, ofOther);
    else follow(other, ofOther, one, ofOne);
  }
}

/** Whether `one` surely held the address before `other` did. */
function isBefore(one: RawBounds, other: RawBounds): boolean {
  return one.heldFrom <= other.provenAt;
}

function follow(
  former: RawBounds,
  ofFormer: EffectiveBounds,
  later: RawBounds,
  ofLater: EffectiveBounds,
): void {
  if (former.provenAt > ofLater.from) {
    ofLater.from = former.provenAt;
    ofLater.sources = { ...ofLater.sources, from: 'former-holder' };
  }
  if (later.heldFrom < (ofFormer.until ?? Number.POSITIVE_INFINITY)) {
    ofFormer.until = later.heldFrom;
    ofFormer.sources = { ...ofFormer.sources, until: 'next-holder' };
  }
  if (ofFormer.heldUntil === null) {
    ofFormer.heldUntil = former.provenAt;
    ofFormer.sources = { ...ofFormer.sources, heldUntil: 'last-word' };
  }
  endBy(ofFormer, ofFormer.until);
}

/** Of leases by `heldFrom`: each is surely held at most until the next that is surely held at all. */
function separateCertain(inOrder: readonly EffectiveBounds[]): void {
  let next = Number.POSITIVE_INFINITY;
  for (const lease of inOrder.toReversed()) {
    const end = lease.heldUntil ?? lease.until ?? Number.POSITIVE_INFINITY;
    if (end <= lease.heldFrom) continue;
    if (end > next) {
      lease.heldUntil = next;
      lease.sources = { ...lease.sources, heldUntil: 'next-holder' };
    }
    if (lease.heldFrom < next) next = lease.heldFrom;
  }
}

function endBy(lease: EffectiveBounds, end: number | null): void {
  if (end === null || (lease.heldUntil ?? 0) <= end) return;
  lease.heldUntil = end;
  lease.sources = { ...lease.sources, heldUntil: lease.sources.until };
}

function effective({ from, heldFrom, heldUntil, until, sources }: RawBounds): EffectiveBounds {
  const bounds = { from, heldFrom, heldUntil, until, sources };
  endBy(bounds, until);
  return bounds;
}
