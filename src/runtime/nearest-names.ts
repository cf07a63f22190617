/** Finds what a misspelt name probably meant. */
import { compareText } from '../domain/text-order.ts';

/** How many names a person is offered. */
const MAX_NAMES = 5;

/** At most five distinct names, nearest in spelling first, ties in alphabetical order. */
export function nearestNames(name: string, known: readonly string[]): readonly string[] {
  return [...new Set(known)]
    .map((candidate) => ({ candidate, distance: editDistance(name, candidate) }))
    .toSorted((a, b) => a.distance - b.distance || compareText(a.candidate, b.candidate))
    .slice(0, MAX_NAMES)
    .map(({ candidate }) => candidate);
}

/** Levenshtein's distance: the fewest single characters to insert, delete or replace. */
export function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
