/** The learning window that policies are verified against: whole hours of what was recorded, and what is noise in it. */
import type { Edge } from '../domain/edge.ts';
import { HOUR_MS, edgeKeyText } from '../domain/edge.ts';
import { ProblemError } from '../domain/problem.ts';
import type { EdgeNeed } from '../netpol/verify.ts';
import { needsOf } from '../recommend/need.ts';
import type { Quarantined } from '../recommend/need.ts';

export interface VerifyWindow {
  /** Unix ms, start of an hour. */
  readonly start: number;
  /** Unix ms: the end of what was recorded. */
  readonly end: number;
}

const UNIT_MS = { m: 60_000, h: HOUR_MS, d: 24 * HOUR_MS, w: 7 * 24 * HOUR_MS } as const;

/**
 * `since` is an instant or a span as `7d`, which counts back from the end of the record, so that a replayed capture
 * answers as it did on its day. Throws a ProblemError `no-data-in-window` when nothing was recorded from there on.
 */
export function verifyWindow(
  since: string,
  recorded: { readonly start: number; readonly end: number },
): VerifyWindow {
  if (!Number.isFinite(recorded.start) || !Number.isFinite(recorded.end))
    throw new ProblemError(
      'no-data-in-window',
      'Nothing has been recorded yet, so there is nothing to verify against.',
      {
        hint: 'Are agents sending? `GET /api/v1/coverage` says what was seen.',
      },
    );
  const asked = instantOf(since, recorded.end);
  if (asked >= recorded.end)
    throw new ProblemError(
      'no-data-in-window',
      `Nothing was recorded since ${since}: the record goes from ${iso(recorded.start)} to ${iso(recorded.end)}.`,
      { hint: 'Give an earlier start, as --since 7d.' },
    );
  return { start: hourOf(Math.max(asked, recorded.start)), end: recorded.end };
}

/** The edges of the window, with the hours in it only. Throws a ProblemError `no-data-in-window` when there is none. */
export function edgesIn(window: VerifyWindow, edges: readonly Edge[]): Edge[] {
  const found = edges.flatMap((edge) => {
    const hours = edge.hours.filter(({ hour }) => hour >= window.start);
    return hours.length === 0 ? [] : [{ ...edge, hours }];
  });
  if (found.length > 0) return found;
  throw new ProblemError(
    'no-data-in-window',
    `No connection was recorded from ${iso(window.start)} to ${iso(window.end)}, so there is nothing to verify against.`,
    { hint: 'Give an earlier start, as --since 7d, and look at GET /api/v1/coverage.' },
  );
}

/**
 * What somebody relies on, and what is noise. What is held back (`heldBack`) is told by everything recorded, as the drafts tell it: a
 * client that scanned last month is none the better for a short window.
 */
export function withNeeds(
  edges: readonly Edge[],
  heldBack: readonly Quarantined[],
): { readonly edge: Edge; readonly need: EdgeNeed }[] {
  const held = new Map(heldBack.map(({ edge, reason }) => [edgeKeyText(edge), reason]));
  const { needed, quarantined } = needsOf(edges);
  const wanted = new Set([...needed, ...quarantined.map(({ edge }) => edge)]);
  return edges.map((edge) => {
    const reason = held.get(edgeKeyText(edge));
    if (reason !== undefined) return { edge, need: reason };
    return { edge, need: wanted.has(edge) ? 'needed' : 'unanswered' };
  });
}

/** Unix ms of an instant, or of a span as `7d` before `end`. */
export function instantOf(since: string, end: number): number {
  const span = /^([0-9]+)([mhdw])$/.exec(since);
  if (span === null) return Date.parse(since);
  return end - Number(span[1]) * UNIT_MS[span[2] as keyof typeof UNIT_MS];
}

function hourOf(unixMs: number): number {
  return Math.floor(unixMs / HOUR_MS) * HOUR_MS;
}

function iso(unixMs: number): string {
  return new Date(unixMs).toISOString();
}
