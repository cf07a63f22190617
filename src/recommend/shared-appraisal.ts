/** How sure a draft is that several workloads share: as sure as the least sure of them. */
import { compareText } from '../domain/text-order.ts';
import type { Appraisal } from './appraisal.ts';
import type { WorkloadCoverage } from './coverage.ts';
import type { Caveat, Readiness } from './draft.ts';

export function sharedAppraisal(all: readonly Appraisal[]): Appraisal {
  const held = all.flatMap(({ heldBack }) => heldBack);
  return {
    coverage: summed(all.map(({ coverage }) => coverage)),
    readiness: leastReady(all.map(({ readiness }) => readiness)),
    unused: {
      ports: union(all.map(({ unused }) => unused.ports)),
      services: union(all.map(({ unused }) => unused.services)),
    },
    heldBack: [...new Map(held.map((each) => [each.edge, each])).values()],
    caveats: joined(all.flatMap(({ caveats }) => caveats)),
  };
}

/** Null when of one of them nobody knows who watched it. */
function summed(all: readonly (WorkloadCoverage | null)[]): WorkloadCoverage | null {
  const known = all.filter((each) => each !== null);
  if (known.length < all.length || known.length === 0) return null;
  const sum = (of: (each: WorkloadCoverage) => number): number =>
    known.reduce((total, each) => total + of(each), 0);
  return {
    pods: sum((each) => each.pods),
    podHours: sum((each) => each.podHours),
    observedPodHours: sum((each) => each.observedPodHours),
    starts: { total: sum(({ starts }) => starts.total), whole: sum(({ starts }) => starts.whole) },
    terminations: {
      total: sum(({ terminations }) => terminations.total),
      whole: sum(({ terminations }) => terminations.whole),
    },
    olderThanAgent: known.some((each) => each.olderThanAgent),
    blindNodes: union(known.map((each) => each.blindNodes)),
    lossyNodes: union(known.map((each) => each.lossyNodes)),
  };
}

function leastReady(all: readonly Readiness[]): Readiness {
  const reasons = joined(all.flatMap((each) => (each.state === 'ready' ? [] : each.reasons)));
  return reasons.length === 0 ? { state: 'ready' } : { state: 'incomplete', reasons };
}

/** Each code and sentence once, with the names of all. */
function joined<C extends Caveat>(caveats: readonly C[]): C[] {
  const groups = Map.groupBy(caveats, ({ code, sentence }) => `${code} ${sentence}`);
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    const names = union(group.map((each) => each.names ?? []));
    return first === undefined ? [] : [{ ...first, ...(names.length > 0 && { names }) }];
  });
}

function union(lists: readonly (readonly string[])[]): string[] {
  return [...new Set(lists.flat())].toSorted(compareText);
}
