/**
 * Takes back what late facts contradict. Each piece of evidence that rests on an address about which something new was
 * learnt is asked again who its ends were: it stays, moves to other ends, or is lost, and every change is counted.
 */
import type { Evidence } from '../domain/edge.ts';
import type { Knowledge, Unattributable } from '../identity/attribute.ts';
import type { RevisedSpan } from '../identity/lease-book.ts';
import { reattribute } from '../identity/reattribute.ts';
import type { Attributed } from '../store/edge-withdrawal.ts';
import type { Store } from '../store/store.ts';
import type { Withdrawn } from '../store/withdrawn.ts';

export interface RevisionTotals {
  /** Connections asked about again, and of those the ones that moved or were lost. */
  readonly asked: number;
  readonly moved: number;
  readonly lost: number;
}

/**
 * One transaction for each address. The kubelets' frontier is not asked: what is decided here rests on a fact that has
 * arrived, and the next one can revoke it again.
 */
export function revise(
  store: Store,
  knowledge: Pick<Knowledge, 'book' | 'ranges'>,
  spans: readonly RevisedSpan[],
): RevisionTotals {
  const known = { ...knowledge, frontier: () => Number.POSITIVE_INFINITY };
  const totals = { asked: 0, moved: 0, lost: 0 };
  for (const { ip, from, until } of spans) {
    store.transaction(() => {
      const gone: Attributed[] = [];
      const moved: Evidence[] = [];
      const lost: Unattributable[] = [];
      const withdrawn: Withdrawn[] = [];
      for (const each of store.edges.restingOn(ip, { from, until })) {
        const { hour, opened, present } = each.evidence;
        const count = opened + present;
        totals.asked += count;
        const revision = reattribute(known, each);
        if (revision.kind === 'unchanged') continue;
        gone.push(each);
        if (revision.kind === 'moved') {
          moved.push(revision.evidence);
          withdrawn.push({ outcome: 'attributed-anew', hour, count });
          totals.moved += count;
        } else {
          lost.push(revision.unattributable);
          withdrawn.push({ outcome: revision.unattributable.reason, hour, count });
          totals.lost += count;
        }
      }
      store.edges.withdraw(gone);
      store.edges.record(moved);
      store.unattributed.add(lost);
      store.withdrawn.add(withdrawn);
    });
  }
  return totals;
}
