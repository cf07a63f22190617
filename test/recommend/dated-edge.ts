/** Edges by when they were seen. */
import type { Edge } from '../../src/domain/edge.ts';
import { HOUR_MS } from '../../src/domain/edge.ts';
import { edge } from '../world.ts';

export const DAY = 24 * HOUR_MS;

/** First seen at `at` ms, in that many hours. */
export function seen(text: string, at: number, hours = 2, detail: Partial<Edge> = {}): Edge {
  const [hour] = edge(text).hours;
  const start = Math.floor(at / HOUR_MS) * HOUR_MS;
  return {
    ...edge(text),
    hours:
      hour === undefined
        ? []
        : Array.from({ length: hours }, (_, index) => ({ ...hour, hour: start + index * HOUR_MS })),
    firstSeen: at,
    ...detail,
  };
}
