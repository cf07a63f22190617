/**
 * The times that a batch tells, beside the time by the same clock at which it was sent. What is told of the future would
 * wait for it: that an agent speaks of nothing later than its own present bounds what a broken clock or a liar can do.
 */
import { ProblemError } from '../domain/problem.ts';
import type { Batch } from '../wire/batch.ts';

/** How far a node's clock may be set back between a window and its sending (DESIGN.md section 3); ms. */
const MOST_AHEAD_MS = 10 * 60_000;
/** A window is seconds long; one that lasted for a suspended machine's night is heard. */
const LONGEST_WINDOW_MS = 24 * 3_600_000;

/** Throws a ProblemError `malformed-batch`, so that the agent puts it aside. */
export function requireTimely(batch: Batch): void {
  const { windowStart, windowEnd, sentAt, flows } = batch;
  const latest = sentAt + MOST_AHEAD_MS;
  if (windowEnd > latest) throw ahead('its window ends');
  if (windowEnd - windowStart > LONGEST_WINDOW_MS)
    throw new ProblemError('malformed-batch', 'the window is longer than a day');
  for (const { seconds, presences = [] } of flows) {
    if ((seconds.at(-1)?.second ?? 0) * 1000 > latest) throw ahead('it has a connection');
    if (presences.some(({ at }) => at > latest)) throw ahead('it has a connection');
  }
}

function ahead(what: string): ProblemError {
  return new ProblemError(
    'malformed-batch',
    `${what} more than ${MOST_AHEAD_MS / 60_000} minutes after it was sent`,
    { hint: "The node's clock was set back." },
  );
}
