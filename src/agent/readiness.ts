/** Whether the agent is of use at the moment: it sees, and what it sees arrives. */

/** Batch windows that may pass without an acknowledgement: one under way, one being sent, one to spare. */
const WINDOWS = 3;

export interface Progress {
  readonly isWatching: boolean;
  /** Batches not acknowledged yet. */
  readonly pending: number;
  /** Unix ms; null before the first. */
  readonly acknowledgedAt: number | null;
  /** The code of the last exchange that acknowledged nothing; null once one does. */
  readonly trouble: string | null;
  readonly now: number;
  readonly batchWindowMs: number;
}

/** Why not, as a sentence; null when it is ready. */
export function readinessOf({
  isWatching,
  pending,
  acknowledgedAt,
  trouble,
  now,
  batchWindowMs,
}: Progress): string | null {
  if (!isWatching) return 'the source is not open';
  // What was refused waits no more, and did not arrive either.
  if (pending === 0 && trouble === null) return null;
  const why = trouble === null ? '' : `: ${trouble}`;
  if (acknowledgedAt === null) return `the server has not acknowledged a batch yet${why}`;
  // A clock that stepped back counts as no time gone by.
  const silent = Math.max(0, now - acknowledgedAt);
  return silent <= WINDOWS * batchWindowMs
    ? null
    : `the server has not acknowledged a batch for a while${why}`;
}
