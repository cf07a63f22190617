/** Caveats as people read them: each once, sorted. */
import { compareText } from '../domain/text-order.ts';
import type { Caveat } from './draft.ts';

/** Of two with one code and sentence the later stands. */
export function distinctCaveats(caveats: readonly Caveat[]): readonly Caveat[] {
  if (caveats.length < 2) return caveats;
  return [...new Map(caveats.map((caveat) => [`${caveat.code} ${caveat.sentence}`, caveat])).entries()]
    .toSorted(([a], [b]) => compareText(a, b))
    .map(([, caveat]) => caveat);
}
