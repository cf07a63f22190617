// The times in which nobody can know from the API who held an address, however well it is read. Each rule rests on what the API prints: whole
// seconds, by clocks that are known to within a bound, and nothing at all of some endings. Pure. Unix ms by the lab's clock, which is the server's.
import type { BlindTime, ChurnTruth, Tenure } from './churn-truth.ts';
import type { NodeName } from './world.ts';

/** API times have whole seconds. */
const GRAIN_MS = 1000;
/** What is known of a node's clock: the fastest batch's way and a drift (src/server/node-clocks.ts). */
export const CLOCK_BOUND_MS = 350;
/**
 * What a kubelet has said by the time at which nobody listens any more is complete up to the slack before its Lease, which is up to a
 * renewal old; and connections are counted by the second. Pods may have come and gone since without anybody who remembers them.
 */
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
      const known = { blind: truth.blind, clockMs: clockMs[tenure.node] };
      doubts.push(...startDoubt(tenure, known), ...endDoubt(tenure, tenures[index + 1], known));
    }
  return doubts;
}

interface Known {
  readonly blind: readonly BlindTime[];
  readonly clockMs: number;
}

/**
 * A pod that started while nobody listened: before its first proof somebody else, of whom nobody was told, could have had the address, and
 * its kubelet's word that it began with the pod is no proof.
 */
function startDoubt(tenure: Tenure, known: Known): Doubt[] {
  const from = possiblyFrom(tenure, known);
  const until = surelyFrom(tenure, known);
  const isUnheard = known.blind.some((each) => from < each.until && until > unheardFrom(each));
  return isUnheard ? [{ ip: tenure.ip, from, until }] : [];
}

/** Between a pod and the next: from when the next could have had the address, until it surely had or the former surely had not. */
function endDoubt(tenure: Tenure, next: Tenure | undefined, known: Known): Doubt[] {
  const { ip, until, finishedAt, removedAt, ending } = tenure;
  if (ending === null) return [];
  const possiblyNext = next === undefined ? Number.POSITIVE_INFINITY : possiblyFrom(next, known);
  const surelyNext = next === undefined ? Number.POSITIVE_INFINITY : surelyFrom(next, known);
  const provenUntil = printed(finishedAt, known) - CLOCK_BOUND_MS;
  switch (ending.kind) {
    case 'graceful':
    case 'succeeded': {
      // Of a pod that finished by itself the end of the sandbox may not be said, and it keeps the address until then.
      const isSaid = ending.kind === 'graceful' || ending.isSaid;
      const told = isSaid ? printed(until, known) + GRAIN_MS + CLOCK_BOUND_MS : Number.POSITIVE_INFINITY;
      // Of a pod whose end and removal were told while nobody listened nobody says when it ended.
      const unheard = known.blind.find(
        (each) => removedAt !== null && removedAt > unheardFrom(each) && removedAt < each.until,
      );
      if (unheard !== undefined) {
        const from = Math.min(possiblyNext, unprovenFrom(tenure, unheard.until, known));
        return [{ ip, from, until: surelyNext }];
      }
      // Of one that was told later its process's end proves how long it was there; but whether anybody had the address after that nobody
      // says while nobody listened.
      const blind = known.blind.find((each) => until > unheardFrom(each) && provenUntil < each.until);
      if (blind === undefined) return [{ ip, from: possiblyNext, until: Math.min(surelyNext, told) }];
      const from = Math.min(possiblyNext, provenUntil);
      return [{ ip, from, until: Math.min(surelyNext, Math.max(told, blind.until)) }];
    }
    case 'forced': {
      // The API says that it was there when its object was removed, and nothing of its end.
      const last = Math.min(ending.removedAt - CLOCK_BOUND_MS, unprovenFrom(tenure, ending.removedAt, known));
      return [{ ip, from: Math.min(possiblyNext, last), until: surelyNext }];
    }
    case 'rebooted':
      return [{ ip, from: possiblyNext, until: surelyNext }];
    default:
      return ending satisfies never;
  }
}

/**
 * Of a pod whose object went without its kubelet's word of an end: that the object was still there is no proof by its kubelet, which may be
 * late, so that from the first time at which nobody listened another pod could have had the address for a while.
 */
function unprovenFrom(tenure: Tenure, removedAt: number, known: Known): number {
  const unheard = known.blind
    .filter((each) => unheardFrom(each) < removedAt && each.until > tenure.from)
    .map((each) => Math.max(unheardFrom(each), possiblyFrom(tenure, known)));
  return Math.min(Number.POSITIVE_INFINITY, ...unheard);
}

/** No time that the API prints of the pod excludes that it had the address from then on. */
function possiblyFrom(tenure: Tenure, known: Known): number {
  return printed(tenure.possibleFrom, known) - CLOCK_BOUND_MS;
}

/** The API prints that its sandbox was there by then. */
function surelyFrom(tenure: Tenure, known: Known): number {
  return printed(tenure.startedAt, known) + GRAIN_MS + CLOCK_BOUND_MS;
}

function unheardFrom({ from }: BlindTime): number {
  return from - LAST_WORD_MS;
}

/** The second that a node prints for an instant, by the lab's clock. */
function printed(at: number, { clockMs }: Known): number {
  return Math.floor((at + clockMs) / GRAIN_MS) * GRAIN_MS - clockMs;
}
