// The times in which nobody can know from the API who held an address, however well it is read: what the API prints has whole seconds, each
// clock is known to within a bound, and some endings are never told. Pure. Unix ms by the lab's clock, which is the server's.
import type { BlindTime, ChurnTruth, Tenure } from './churn-truth.ts';
import type { NodeName } from './world.ts';

/** API times have whole seconds. */
const GRAIN_MS = 1000;
/** What is known of a node's clock: the fastest batch's way and a drift (src/server/node-clocks.ts). */
export const CLOCK_BOUND_MS = 350;
/** Before its last word a live kubelet may be late by the slack of the frontier, and its Lease by a renewal. */
const LAST_WORD_MS = 4000;

export interface Doubt {
  readonly ip: string;
  readonly from: number;
  readonly until: number;
}

/** `clockMs`: how far each node's clock is ahead. */
export function doubtsOf(truth: ChurnTruth, clockMs: Readonly<Record<NodeName, number>>): Doubt[] {
  const doubts: Doubt[] = [];
  for (const tenures of truth.byAddress().values())
    for (const [index, tenure] of tenures.entries()) {
      const next = tenures[index + 1];
      const doubt = doubtAfter(tenure, next, { blind: truth.blind, clockMs: clockMs[tenure.node] });
      if (doubt !== null) doubts.push(doubt);
    }
  return doubts;
}

function doubtAfter(
  tenure: Tenure,
  next: Tenure | undefined,
  known: { blind: readonly BlindTime[]; clockMs: number },
): Doubt | null {
  const { ip, until, ending } = tenure;
  if (ending === null) return null;
  const printed = (at: number): number =>
    Math.floor((at + known.clockMs) / GRAIN_MS) * GRAIN_MS - known.clockMs;
  const surelyNext =
    next === undefined ? Number.POSITIVE_INFINITY : printed(next.startedAt) + GRAIN_MS + CLOCK_BOUND_MS;
  const possiblyNext =
    next === undefined ? Number.POSITIVE_INFINITY : printed(next.possibleFrom) - CLOCK_BOUND_MS;
  // Its end may have happened where the server did not look, and may not be in what it found afterwards.
  const unseen = known.blind.find((each) => until > each.from - LAST_WORD_MS && until < each.until);
  const from = unseen === undefined ? possiblyNext : Math.min(possiblyNext, unseen.from - LAST_WORD_MS);
  switch (ending.kind) {
    case 'graceful':
      if (unseen !== undefined) return { ip, from, until: surelyNext };
      return { ip, from, until: Math.min(surelyNext, printed(until) + GRAIN_MS + CLOCK_BOUND_MS) };
    case 'succeeded':
      if (!ending.isSaid) return { ip, from, until: surelyNext };
      return { ip, from, until: Math.min(surelyNext, printed(until) + GRAIN_MS + CLOCK_BOUND_MS) };
    case 'forced': {
      // Of a pod that nothing proves to have ended, nothing proves either that it had the address while nobody looked.
      const unwatched = known.blind
        .filter((each) => each.from < ending.removedAt && each.until > tenure.from)
        .map((each) => each.from);
      const lastWord = Math.min(ending.removedAt, ...unwatched) - LAST_WORD_MS;
      return { ip, from: Math.min(from, lastWord), until: surelyNext };
    }
    case 'rebooted':
      return { ip, from, until: surelyNext };
    default:
      return ending satisfies never;
  }
}
