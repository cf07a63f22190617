/**
 * Takes back what late facts contradict. Each piece of evidence that rests on an address about which something new was
 * learnt is asked again who its ends were: it stays, moves to other ends, or waits until a fact names them, and every
 * change is counted once it is decided.
 */
import type { Evidence } from '../domain/edge.ts';
import { mayBeLifted } from '../identity/attribute.ts';
import type { Knowledge, Unattributable } from '../identity/attribute.ts';
import type { RevisedSpan } from '../identity/lease-book.ts';
import { reattribute } from '../identity/reattribute.ts';
import type { AttributedMoment, Revision } from '../identity/reattribute.ts';
import type { Attributed } from '../store/edge-withdrawal.ts';
import type { RevokedGroup, RevokedMoment } from '../store/revoked.ts';
import type { Store } from '../store/store.ts';
import type { Withdrawn } from '../store/withdrawn.ts';
import { lookAgainAt } from './ledger.ts';
import type { Due } from './ledger.ts';

export interface RevisionTotals {
  /** Connections asked about again, and of those the ones that moved or were lost for now. */
  readonly asked: number;
  readonly moved: number;
  readonly lost: number;
}

type Patience = Pick<Due, 'now' | 'finalBefore' | 'retryMs'>;

/**
 * One transaction for each address. The kubelets' frontier is not asked: what is decided here rests on a fact that has
 * arrived, and the next one can revoke it again. What nobody holds by this fact waits for another one as long as a new
 * connection does.
 */
export function revise(
  store: Store,
  knowledge: Pick<Knowledge, 'book' | 'ranges'>,
  { spans, ...patience }: { readonly spans: readonly RevisedSpan[] } & Patience,
): RevisionTotals {
  const known = atOnce(knowledge);
  const totals = { asked: 0, moved: 0, lost: 0 };
  const { now, finalBefore, retryMs } = patience;
  const wait = { readyAt: now + retryMs, finalAt: now + (now - finalBefore) };
  for (const { ip, from, until } of spans) {
    store.transaction(() => {
      const gone: Attributed[] = [];
      const decided = new Decided();
      const waiting: RevokedMoment[] = [];
      for (const each of store.edges.restingOn(ip, { from, until })) {
        const count = countOf(each);
        totals.asked += count;
        const revision = reattribute(known, each);
        if (revision.kind === 'unchanged') continue;
        gone.push(each);
        totals[revision.kind] += count;
        if (waits(revision)) waiting.push({ evidence: each.evidence, addresses: each.addresses });
        else decided.add(each, revision);
      }
      store.edges.withdraw(gone);
      store.revoked.add(waiting, wait);
      decided.store(store);
    });
  }
  return totals;
}

/** Asks again about what was revoked and waits, in one transaction. Returns how many connections were decided. */
export function retryRevoked(
  store: Store,
  knowledge: Pick<Knowledge, 'book' | 'ranges'>,
  patience: Patience,
): number {
  const groups = store.revoked.ready(patience.now);
  if (groups.length === 0) return 0;
  const known = atOnce(knowledge);
  return store.transaction(() =>
    groups.reduce((decided, group) => decided + retryGroup(store, known, { group, patience }), 0),
  );
}

function retryGroup(
  store: Store,
  known: Omit<Knowledge, 'listeners'>,
  { group, patience }: { group: RevokedGroup; patience: Patience },
): number {
  const { now, finalBefore } = patience;
  const decided = new Decided();
  const left: RevokedMoment[] = [];
  let count = 0;
  for (const each of group.moments) {
    const revision = reattribute(known, each);
    if (waits(revision) && now < group.finalAt) left.push(each);
    else {
      decided.add(each, revision);
      count += countOf(each);
    }
  }
  const since = group.finalAt - (now - finalBefore);
  store.revoked.keep({ ...group, moments: left }, lookAgainAt(since, patience));
  decided.store(store);
  return count;
}

/** What became of moments that had been attributed. */
class Decided {
  readonly #moved: Evidence[] = [];
  readonly #lost: Unattributable[] = [];
  readonly #withdrawn: Withdrawn[] = [];

  add(moment: AttributedMoment, revision: Revision): void {
    const { evidence } = moment;
    const { hour } = evidence;
    const count = countOf(moment);
    switch (revision.kind) {
      case 'unchanged':
        // It was taken back, and the same ends are meant after all.
        this.#moved.push(evidence);
        return;
      case 'moved':
        this.#moved.push(revision.evidence);
        this.#withdrawn.push({ outcome: 'attributed-anew', hour, count });
        return;
      case 'lost':
        this.#lost.push(revision.unattributable);
        this.#withdrawn.push({ outcome: revision.unattributable.reason, hour, count });
        return;
      default:
        revision satisfies never;
    }
  }

  store(store: Store): void {
    store.edges.record(this.#moved);
    store.unattributed.add(this.#lost);
    store.withdrawn.add(this.#withdrawn);
  }
}

function atOnce(knowledge: Pick<Knowledge, 'book' | 'ranges'>): Omit<Knowledge, 'listeners'> {
  return { ...knowledge, frontier: () => Number.POSITIVE_INFINITY };
}

function waits(revision: Revision): boolean {
  return revision.kind === 'lost' && mayBeLifted(revision.unattributable.reason);
}

function countOf({ evidence: { opened, present } }: AttributedMoment): number {
  return opened + present;
}
