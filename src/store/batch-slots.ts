/**
 * In how many batch windows of an hour connections were counted, as one number that merges in any order: the three earliest.
 * Whether something was told of three times or more is all that a draft asks (DESIGN section 5).
 */
import type Database from 'better-sqlite3';
import { HOUR_MS } from '../domain/edge.ts';

/** The length of a batch window (DESIGN section 10); ms. */
export const BATCH_SLOT_MS = 10_000;

/** Slots that one number holds. */
const SLOTS_MAX = 3;
/** An hour has 360 slots: nine bits each, of which all set stands for none. */
const BITS = 9;
const NONE = 511;

/** The slots in which these instants (unix ms, all of one hour) lie. */
export function batchSlots(instants: readonly number[]): number {
  return packed(instants.map((at) => Math.floor((at % HOUR_MS) / BATCH_SLOT_MS)));
}

/** The slots of either. Commutative, associative and idempotent. */
export function mergedSlots(a: number, b: number): number {
  return a === b ? a : packed([...slotsOf(a), ...slotsOf(b)]);
}

/** Ascending numbers of slots within their hour. */
export function slotsOf(slots: number): number[] {
  return [0, 1, 2].map((index) => (slots >> (BITS * index)) & NONE).filter((slot) => slot !== NONE);
}

/** Makes `merged_slots(a, b)` known to statements of this connection; it is NULL when one of them is. */
export function registerMergedSlots(db: Database.Database): void {
  db.function('merged_slots', { deterministic: true }, (a: unknown, b: unknown) =>
    typeof a === 'number' && typeof b === 'number' ? mergedSlots(a, b) : null,
  );
}

function packed(slots: readonly number[]): number {
  const earliest = [...new Set(slots)].toSorted((a, b) => a - b).slice(0, SLOTS_MAX);
  return [0, 1, 2].reduce((sum, index) => sum | ((earliest[index] ?? NONE) << (BITS * index)), 0);
}
