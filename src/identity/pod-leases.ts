/**
 * Leases of pods: one for each address of each sandbox. It follows each pod from fact to fact and begins a new lease when the pod has
 * another sandbox, because the same name is not the same pod and the same pod is not the same sandbox.
 */
import type { Lease, SandboxMark } from '../domain/lease.ts';
import { workloadKey } from '../domain/workload.ts';
import type { PodFact } from './facts.ts';
import type { LeaseRow, LeaseTable } from './lease-table.ts';
import { endedBounds, firstStart, observedBounds, removedBounds } from './pod-lease.ts';
import type { Bound, SandboxStart } from './pod-lease.ts';
import { deletionOf, holderOf, keyOf, lateStart } from './pod-state.ts';
import type { HeldAddress, PodState } from './pod-state.ts';
import { formerFinish, hasRunning, isOtherSandbox, markAfter, mayHaveHadAnother } from './sandbox.ts';

export class PodLeases {
  readonly #table: LeaseTable;
  /** By uid, and mirrors of static pods by what they mirror. */
  readonly #pods = new Map<string, PodState>();
  readonly #mirrors = new Map<string, string>();

  constructor(table: LeaseTable) {
    this.#table = table;
  }

  observe(fact: PodFact, observedAt: number): void {
    if (fact.hostNetwork) return; // its node holds the address
    const key = keyOf(fact);
    if (fact.mirrorOf !== undefined) this.#mirrors.set(fact.uid, key);
    const known = this.#pods.get(key);
    const ips = known?.held.map(({ ip }) => ip) ?? [];
    const isNext = known !== undefined && isOtherSandbox({ ...known, ips }, fact);
    const mark = markAfter(known === undefined || isNext ? null : known.mark, fact);
    const start = isNext ? this.#ended(known, fact, observedAt) : firstStart(fact);
    const isFirst = fact.ips.length > 0 && (known === undefined || known.held.length === 0);
    if (isFirst && fact.mirrorOf === undefined && mayHaveHadAnother(fact, null))
      this.#unheard(fact, { start, observedAt });
    const held = isNext ? [] : [...(known?.held ?? [])];
    // What comes to a sandbox that has addresses comes late.
    const newcomer = held.length > 0 && known !== undefined ? lateStart(known.mark) : start;
    const [former] = known?.held ?? [];
    let holder = former === undefined ? null : this.#table.holderOf(former.row);
    for (const ip of fact.ips) {
      const same = held.find((each) => each.ip === ip);
      const before = same === undefined ? null : this.#table.bounds(same.row);
      const seen = { start: same?.start ?? newcomer, mark, observedAt };
      const bounds = observedBounds(before, fact, seen);
      if (same !== undefined) this.#table.setBounds(same.row, bounds);
      else {
        holder ??= this.#table.addHolder(holderOf(fact), null);
        held.push({ ip, row: this.#table.add(ip, holder, bounds), start: newcomer });
      }
    }
    this.#rename(held, fact);
    if (known === undefined || !isSameMark(known.mark, mark))
      for (const { row } of held) this.#table.touch(row);
    this.#pods.set(key, {
      uid: fact.uid,
      node: fact.node,
      isTold: true,
      isMirror: fact.mirrorOf !== undefined,
      mayLiveOn: hasRunning(fact) || fact.nodeIsAlive === false,
      observedAt,
      mark,
      held,
      isGone: held.length > 0 && held.every(({ row }) => this.#table.bounds(row).until !== null),
      deletion: deletionOf(known?.deletion ?? null, fact),
    });
  }

  /** The pod's object is gone from the API since `observedAt` (unix ms) or earlier. */
  remove(uid: string, observedAt: number): void {
    const key = this.#mirrors.get(uid) ?? uid;
    this.#mirrors.delete(uid);
    const known = this.#pods.get(key);
    // A new mirror may have been told before the old one went.
    if (known?.uid !== uid || !known.isTold) return;
    const { deletion, isMirror, mayLiveOn, observedAt: lastObserved } = known;
    // A mirror goes and comes while its static pod stays; what was force-deleted, or vanished between two lists, may live on as well.
    const isEnd = !isMirror && !mayLiveOn && deletion?.isGraceful === true;
    const seen = { observedAt, lastObserved, isEnd, requestedAt: deletion?.requestedAt ?? null };
    for (const { row } of known.held)
      this.#table.setBounds(row, removedBounds(this.#table.bounds(row), seen));
    // A static pod is known again when its mirror comes back.
    if (!isMirror) this.#forget(key, known);
  }

  /**
   * The node ran on another boot at `sinceAt`: sandboxes that were proven by `beforeAt`, on the boot before, are gone. Of younger ones
   * only their own times tell.
   */
  rebooted(node: string, beforeAt: number, sinceAt: number): void {
    const end: Bound = { at: sinceAt, source: 'node-rebooted' };
    for (const [key, state] of this.#pods) {
      if (state.node !== node || state.isGone || state.held.length === 0) continue;
      const isYounger = state.held.some(({ row }) => this.#table.bounds(row).heldFrom > beforeAt);
      // Of whom the kubelet spoke since, it may have spoken on either boot.
      if (isYounger || state.mark.word > beforeAt) continue;
      for (const { row } of state.held) this.#table.setBounds(row, endedBounds(this.#table.bounds(row), end));
      this.#pods.set(key, { ...state, isGone: true });
    }
  }

  /** A lease that was persisted. Of a pod's sandboxes the one that was spoken of last is the one that it may still have. */
  restored(lease: Lease, row: LeaseRow): void {
    const { holder, ip, sandbox } = lease;
    if (holder.kind !== 'pod') return;
    const key = keyOf(holder);
    const known = this.#pods.get(key);
    const unknown = { readyAt: null, newestStart: null, word: lease.heldUntil ?? lease.from };
    const mark: SandboxMark = sandbox ?? unknown;
    if (known !== undefined && known.mark.word > mark.word) return;
    const isFirst = lease.sources?.from === 'created' || lease.sources?.from === 'pod-start';
    const start: SandboxStart = {
      from: { at: lease.from, source: 'restored' },
      after: isFirst ? Number.NEGATIVE_INFINITY : lease.from,
      // Without its mark nobody can tell whether later times are of this sandbox.
      isLateAddress: sandbox === undefined,
    };
    this.#pods.set(key, {
      uid: holder.uid,
      node: holder.node,
      isTold: false,
      isMirror: holder.mirrorOf !== undefined,
      mayLiveOn: true,
      observedAt: lease.heldFrom,
      mark,
      held: [...(known?.mark.word === mark.word ? known.held : []), { ip, row, start }],
      isGone: lease.until !== null,
      deletion: null,
    });
    if (holder.mirrorOf !== undefined) this.#mirrors.set(holder.uid, key);
  }

  /** Everything there is was told since the restart: of the others nobody knows whether they were force-deleted and live on. */
  closeAbsent(gap: { lastObserved: number }): void {
    for (const [key, state] of this.#pods) {
      if (state.isTold) continue;
      for (const { row } of state.held) {
        const bounds = this.#table.bounds(row);
        if (bounds.until !== null) continue;
        const heldUntil = bounds.heldUntil ?? Math.max(bounds.heldFrom, gap.lastObserved);
        const sources = { ...bounds.sources, heldUntil: bounds.sources.heldUntil ?? 'observed' };
        this.#table.setBounds(row, { ...bounds, heldUntil, sources });
      }
      this.#forget(key, state);
    }
  }

  /** What tells the sandbox of this lease, while its pod has it. */
  markOf(row: LeaseRow): SandboxMark | undefined {
    const holder = this.#table.holder(this.#table.holderOf(row));
    const state = holder?.kind === 'pod' ? this.#pods.get(keyOf(holder)) : undefined;
    return state?.held.some((each) => each.row === row) === true ? state.mark : undefined;
  }

  rows(): LeaseRow[] {
    return [...this.#pods.values()].flatMap(({ held }) => held.map(({ row }) => row));
  }

  renumber(moved: ReadonlyMap<LeaseRow, LeaseRow>): void {
    for (const [key, state] of this.#pods) {
      const held = state.held.map((each) => ({ ...each, row: moved.get(each.row) ?? each.row }));
      this.#pods.set(key, { ...state, held });
    }
  }

  /** Ends the leases of the sandbox before, and says how those of the next begin. */
  #ended(known: PodState, fact: PodFact, observedAt: number): SandboxStart {
    const finish = formerFinish(fact, known.mark);
    const { word } = known.mark;
    const from: Bound =
      finish !== null && finish > word
        ? { at: finish, source: 'former-finish' }
        : { at: word, source: 'last-seen-before' };
    const start: SandboxStart = { from, after: word, isLateAddress: false };
    const heldFrom = heldFromOf(fact, { start, observedAt });
    if (mayHaveHadAnother(fact, known.mark)) this.#unheard(fact, { start, observedAt });
    const end: Bound = { at: heldFrom, source: 'next-sandbox' };
    for (const { row } of known.held) {
      const bounds = this.#table.bounds(row);
      // The containers that ran in it prove that it was there while they ran.
      const provenAt = Math.max(bounds.provenAt, Math.min(finish ?? bounds.provenAt, heldFrom));
      this.#table.setBounds(row, endedBounds({ ...bounds, provenAt }, end));
      this.#table.touch(row);
    }
    return start;
  }

  /** Before this sandbox, and after the former one if there was one, the pod may have had another. */
  #unheard(fact: PodFact, seen: { start: SandboxStart; observedAt: number }): void {
    this.#table.unheard.add(fact.node, { from: seen.start.from.at, until: heldFromOf(fact, seen) });
  }

  /** The workload of a pod may be known only after its owner was told, and the uid of a mirror changes. */
  #rename(held: readonly HeldAddress[], fact: PodFact): void {
    const holder = holderOf(fact);
    const [first] = held;
    if (first === undefined) return;
    const index = this.#table.holderOf(first.row);
    const before = this.#table.holder(index);
    if (before?.kind !== 'pod') return;
    const isSameWorkload = workloadKey(before.workload) === workloadKey(holder.workload);
    if (isSameWorkload && before.uid === holder.uid && before.node === holder.node) return;
    this.#table.replaceHolder(index, holder);
    const ips = held.map(({ ip }) => ip);
    for (const row of this.#table.rowsHeldBy(index, ips))
      if (isSameWorkload) this.#table.touch(row);
      else this.#table.renamed(row);
  }

  /** Its last leases are persisted once more, without what tells the sandbox. */
  #forget(key: string, state: PodState): void {
    for (const { row } of state.held) this.#table.touch(row);
    this.#pods.delete(key);
  }
}

/** Since when a sandbox that begins so surely had its addresses, by the fact alone. */
function heldFromOf(fact: PodFact, seen: { start: SandboxStart; observedAt: number }): number {
  return observedBounds(null, fact, { ...seen, mark: markAfter(null, fact) }).heldFrom;
}

function isSameMark(a: SandboxMark, b: SandboxMark): boolean {
  return a.word === b.word && a.readyAt === b.readyAt && a.newestStart === b.newestStart;
}
