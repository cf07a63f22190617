/** The stretch of the record that drafts are made from: all of it, or as much of its end as a person asks for. */
import type { Edge } from '../domain/edge.ts';
import { HOUR_MS } from '../domain/edge.ts';
import type { Span } from './history.ts';
import { isAnswered } from './quarantine.ts';

/** Shorter windows miss what happens weekly (FIELD: 41 flows in 7 days, 5 in 3 minutes). */
export const LEARNING_WINDOW_MS = 7 * 24 * HOUR_MS;
/** What happens once a year is seen twice in no longer one. */
const MAX_WINDOW_HOURS = 366 * 24;
const UNIT_HOURS = { h: 1, d: 24, w: 7 * 24 } as const;

/** Milliseconds of `14d`, `36h` or `2w`; evidence is kept by the hour, so nothing is shorter than one. */
export function parseLearningWindow(text: string): number | { readonly problem: string } {
  const [, count, unit] = /^([1-9][0-9]{0,3})([hdw])$/.exec(text) ?? [];
  const hours = Number(count) * UNIT_HOURS[unit as keyof typeof UNIT_HOURS];
  if (hours <= MAX_WINDOW_HOURS) return hours * HOUR_MS;
  return { problem: `${JSON.stringify(text)} is no learning window: 14d, 36h or 2w, from 1h to 366d` };
}

/** The same as text, in hours. */
export function learningWindowText(ms: number): string {
  return `${ms / HOUR_MS}h`;
}

/** What of the record counts: whole hours at its end, or all of it where nothing was asked for (null). */
export function learningWindow(recorded: Span, askedMs: number | null): Span {
  if (askedMs === null) return recorded;
  return { start: Math.max(recorded.start, firstHour(recorded, askedMs)), end: recorded.end };
}

/** The first hour that counts, unix ms; it may lie before the record. */
export function firstHour({ end }: Span, askedMs: number): number {
  return Math.floor((end - askedMs) / HOUR_MS) * HOUR_MS;
}

/** The edge with its hours from this one on; null when nothing of a need is in them. */
export function edgeWithin(edge: Edge, start: number): Edge | null {
  const [first] = edge.hours;
  if (first === undefined || first.hour >= start) return edge;
  const within = { ...edge, hours: edge.hours.filter(({ hour }) => hour >= start) };
  if (within.hours.length === 0) return null;
  return isAnswered(within) || edge.protocol === 'udp' ? within : null;
}
