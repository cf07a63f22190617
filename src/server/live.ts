/**
 * The live side of the server: what the watch tells becomes leases, what agents send becomes edges once every kubelet
 * that could contradict it has reported. One object owns the state; it is the only writer of the store.
 */
import { ProblemError } from '../domain/problem.ts';
import { OUR_CLOCKS } from '../identity/fact-clock.ts';
import type { ClockReading } from '../identity/fact-clock.ts';
import { LeaseBook } from '../identity/lease-book.ts';
import { ClusterModel } from '../kube/cluster-model.ts';
import type { ClusterEvent } from '../kube/cluster-model.ts';
import { clusterRangesOf } from '../kube/ranges.ts';
import type { ClusterInfo, OtherPolicy } from '../recommend/cluster.ts';
import type { KnownRanges } from '../recommend/outside-peers.ts';
import type { Store } from '../store/store.ts';
import type { Batch } from '../wire/batch.ts';
import { analyse } from './api-sources.ts';
import type { Analysed } from './api-sources.ts';
import { requireTimely } from './batch-times.ts';
import { Epochs } from './epochs.ts';
import { Frontier } from './frontier.ts';
import { Intake } from './intake.ts';
import { KeptKnowledge } from './kept-knowledge.ts';
import { KnownNodes } from './known-nodes.ts';
import type { AttributionScope } from './lease-verdict.ts';
import { Ledger } from './ledger.ts';
import type { Due } from './ledger.ts';
import { NodeClocks } from './node-clocks.ts';
import { ListeningPorts } from './listening.ts';
import type { AskedDrafts } from './routes/asked-drafts.ts';

export interface LiveTiming {
  readonly slackMs: number;
  /** Flows wait at most this long for the kubelets of the pods in them, and for facts that say who their ends were; ms. */
  readonly deadlineMs: number;
}

/** A kubelet renews its Lease every 10 s; one that missed this many slacks is silent. */
const DEAD_AFTER_SLACKS = 3;
/** Evidence can be revoked for this long (DESIGN section 4). */
const REVOCABLE_MS = 48 * 3_600_000;
/** An agent that was cut off for days still finds who held what then; of older leases the store has those that an edge rests on. */
const LEASES_REMEMBERED_MS = 7 * 24 * 3_600_000;
/** Longer than any learning window; a row for each reason, end and hour of it is some ten thousand rows. */
const UNATTRIBUTED_REMEMBERED_MS = 31 * 24 * 3_600_000;
/** A start knows nothing of what went before it either; longer than the shortest learning window of a draft that is ready. */
const OBJECTS_REMEMBERED_MS = 8 * 24 * 3_600_000;
const FORGET_EVERY_MS = 3_600_000;
/** What reads all evidence is done seldom. */
const FORGET_STORED_EVERY_MS = 24 * 3_600_000;
/** An analysis is served again for this long before it is made anew. */
const ANALYSIS_AGE_MS = 1_000;

export class Live {
  readonly #store: Store;
  readonly #timing: LiveTiming;
  readonly #now: () => number;
  readonly #book = new LeaseBook();
  readonly #model: ClusterModel;
  readonly #listening = new ListeningPorts();
  readonly #ledger: Ledger;
  readonly #intake: Intake;
  readonly #epochs: Epochs;
  readonly #nodes: KnownNodes;
  readonly #clocks = new NodeClocks();
  readonly #kept: KeptKnowledge;
  readonly #frontier: Frontier;
  #cluster: ClusterInfo;
  #isStale = true;
  #isSynced = false;
  #isBehind = false;
  #unwatchedSince: number | null = null;
  #forgetAt = 0;
  /** 0 before the first time. */
  #forgetStoredAt = 0;
  #analysed: { at: number; value: Analysed } | null = null;

  constructor(
    store: Store,
    options: { timing: LiveTiming; now: () => number; apiClock?: () => ClockReading },
  ) {
    this.#store = store;
    this.#timing = options.timing;
    this.#now = options.now;
    const { slackMs } = options.timing;
    this.#frontier = new Frontier({
      slackMs,
      deadAfterMs: DEAD_AFTER_SLACKS * slackMs,
      settleMs: DEAD_AFTER_SLACKS * slackMs,
    });
    this.#model = new ClusterModel(this.#book, {
      clocks: {
        get api() {
          return options.apiClock?.() ?? OUR_CLOCKS.api;
        },
        node: (name) => this.#clocks.readingOf(name),
      },
      isAlive: (name, at) => this.#frontier.isAlive(name, at),
    });
    this.#kept = new KeptKnowledge(store, this.#book, this.#clocks);
    this.#kept.restore(this.#now(), this.#now() - LEASES_REMEMBERED_MS);
    this.#ledger = new Ledger(store, this.#listening);
    this.#intake = new Intake((batches) => this.#ledger.commit(batches));
    this.#epochs = new Epochs(store.inbox.epochs());
    this.#nodes = new KnownNodes((name) => this.#model.nodeUid(name));
    this.#cluster = this.#model.snapshot();
  }

  get isSynced(): boolean {
    return this.#isSynced;
  }

  /** Whether `settle` left something that can be attributed at once. */
  get isBehind(): boolean {
    return this.#isBehind;
  }

  /** From the watch. Returns what was wrong with the object, or null. */
  event(event: ClusterEvent): { object: string; problem: string } | null {
    this.#model.learnOwner(event.object);
    const applied = this.#model.apply(event);
    for (const node of this.#book.takeRebooted()) this.#frontier.rebooted(node, event.observedAt);
    if (applied.kind === 'applied') this.#isStale = true;
    return applied.kind === 'rejected' ? applied.reject : null;
  }

  /** What came and went of this kind since `since` (unix ms) stays unseen, until all of it has been told anew. */
  kindUnwatched(kind: string, since: number): void {
    if (kind !== 'Pod') return;
    this.#unwatchedSince ??= since;
    this.#book.unwatched(this.#unwatchedSince, this.#now());
  }

  /** All objects of this kind have been told. */
  kindSynced(kind: string): void {
    this.#model.listed(kind);
    if (kind === 'Pod' && this.#unwatchedSince !== null) {
      this.#book.unwatched(this.#unwatchedSince, this.#now());
      this.#unwatchedSince = null;
    }
    this.#isStale = true;
  }

  /** Other kinds of policy of which objects exist. */
  otherPolicies(found: readonly OtherPolicy[]): void {
    this.#model.learnOtherPolicies(found);
    this.#isStale = true;
  }

  /**
   * A kubelet was alive at `renewedAt` by its node's clock; we heard of it at `observedAt`, and at once if `isNews`. Unix ms.
   */
  nodeLease(node: string, renewedAt: number, heard: { observedAt: number; isNews: boolean }): void {
    const { observedAt, isNews } = heard;
    const { earliestMs } = isNews
      ? this.#clocks.learn(node, renewedAt, observedAt)
      : this.#clocks.boundsOf(node);
    this.#frontier.renewed(node, Math.min(renewedAt + earliestMs, observedAt));
  }

  outage(from: number, until: number): void {
    this.#frontier.outage(from, until);
  }

  /** Every kind was listed once since the start. */
  synced(): void {
    // What was attributed was known: the kubelets had reported past it.
    if (!this.#isSynced)
      this.#book.closeAbsent(this.#now(), this.#store.edges.attributedUntil() ?? undefined);
    this.#isSynced = true;
  }

  /**
   * Resolves when the batch is durable; throws or rejects with a ProblemError that tells the agent what to do. `nodeIs` says
   * whether a token vouches for the batch's node.
   */
  async accept(batch: Batch, nodeIs: 'claimed' | 'reviewed' = 'claimed'): Promise<void> {
    if (!this.#isSynced) throw new ProblemError('unknown-node', 'the cluster has not been listed yet');
    requireTimely(batch);
    const known = this.#nodes.identify(batch, this.#now(), nodeIs);
    if (this.#epochs.standingOf(known) === 'stale')
      throw new ProblemError(
        'stale-epoch',
        `node ${known.nodeName} has a newer agent than epoch ${known.epoch}`,
        {
          hint: 'two agents run on this node, or one came back with an old state directory',
        },
      );
    const clock = this.#clocks.learn(known.nodeName, known.sentAt, this.#now());
    await this.#intake.accept({ ...known, clock });
  }

  /**
   * Takes back what was contradicted and attributes what can be. Called every so often; returns how many batches were
   * attributed. Nothing is while the pods are told anew. A backlog takes many calls, between which others are heard.
   */
  settle(): number {
    this.#isBehind = false;
    if (!this.#isSynced || this.#unwatchedSince !== null) return 0;
    this.#refresh();
    const now = this.#now();
    const patience = this.#patience(now);
    // A window ends within a second, and what happened in that second is attributed as one.
    const until = Math.max(this.#frontier.reached(now) - 1000, patience.finalBefore);
    const ranges = clusterRangesOf(this.#cluster);
    const revised = this.#kept.keep(ranges, patience);
    const { batches: attributed, isAll } = this.#ledger.attributeSome(
      { book: this.#book, ranges, frontier: (node) => this.#frontier.of(node, now) },
      { ...patience, until },
    );
    this.#isBehind = !isAll;
    this.#forget(now);
    if (revised > 0) this.#analysed = null;
    // Nobody is shown drafts that know less than the coverage beside them.
    if (attributed > 0) this.#analysed = null;
    return attributed;
  }

  /** What decides, besides the leases, who an address was: as of now. */
  attribution(): AttributionScope {
    this.#refresh();
    const now = this.#now();
    return {
      ranges: clusterRangesOf(this.#cluster),
      frontier: (node) => this.#frontier.of(node, now),
      unwatchedDuring: (interval, holder) => this.#book.unwatchedDuring(interval, holder),
    };
  }

  /** As it is known by now. */
  cluster(): ClusterInfo {
    this.#refresh();
    return this.#cluster;
  }

  /** Drafts and rows as of a moment ago; drafts that nobody asks otherwise are as `usual` has them. */
  analysed(known: KnownRanges, usual?: AskedDrafts): Analysed {
    this.#refresh();
    const at = this.#now();
    if (this.#analysed === null || at - this.#analysed.at > ANALYSIS_AGE_MS)
      this.#analysed = { at, value: analyse(this.#store, this.#cluster, known, usual) };
    return this.#analysed.value;
  }

  /** Stores what was accepted and not yet stored. */
  async close(): Promise<void> {
    await this.#intake.close();
    this.#kept.keepClocks();
    this.#kept.keep(clusterRangesOf(this.#cluster), this.#patience(this.#now()));
  }

  #patience(now: number): Pick<Due, 'now' | 'finalBefore' | 'retryMs'> {
    const { deadlineMs, slackMs } = this.#timing;
    return { now, finalBefore: now - deadlineMs, retryMs: slackMs };
  }

  #forget(now: number): void {
    if (now < this.#forgetAt) return;
    this.#forgetAt = now + FORGET_EVERY_MS;
    this.#store.edges.forgetMoments(now - REVOCABLE_MS);
    this.#book.forgetBefore(now - LEASES_REMEMBERED_MS);
    this.#model.forgetBefore(now - OBJECTS_REMEMBERED_MS);
    this.#isStale = true;
    this.#forgetStored(now);
  }

  /** Not at a start, when everything else waits. */
  #forgetStored(now: number): void {
    const isFirst = this.#forgetStoredAt === 0;
    if (!isFirst && now < this.#forgetStoredAt) return;
    this.#forgetStoredAt = now + (isFirst ? FORGET_EVERY_MS : FORGET_STORED_EVERY_MS);
    if (isFirst) return;
    this.#store.leases.forgetBefore(now - LEASES_REMEMBERED_MS);
    this.#store.unattributed.forgetBefore(now - UNATTRIBUTED_REMEMBERED_MS);
    this.#store.withdrawn.forgetBefore(now - UNATTRIBUTED_REMEMBERED_MS);
  }

  #refresh(): void {
    if (!this.#isStale) return;
    this.#cluster = this.#model.snapshot();
    this.#listening.learnCluster(this.#cluster);
    this.#isStale = false;
  }
}
