/**
 * A capture through the whole pipeline in one process, on the capture's own clock: node text to batches, cluster
 * history to leases, both to edges. It joins agent and server modules and adds no logic of its own.
 */
import type { ClusterInfo } from '../recommend/cluster.ts';
import { ClusterModel } from '../kube/cluster-model.ts';
import { clusterRangesOf } from '../kube/ranges.ts';
import { LeaseBook } from '../identity/lease-book.ts';
import { Ledger } from '../server/ledger.ts';
import { ListeningPorts } from '../server/listening.ts';
import type { Store } from '../store/store.ts';
import type { Batch } from '../wire/batch.ts';
import type { CaptureFolder, NodeFiles } from './capture-folder.ts';
import { readClusterHistory } from './cluster-history.ts';
import type { PlacedEvent } from './cluster-history.ts';
import type { InputProblems } from './input-problems.ts';
import { readNode } from './node-batches.ts';

/** Batches committed together, as a server commits those of the last 20-50 ms. */
const BATCHES_PER_COMMIT = 32;

/** Later than anything in a capture; unix ms. */
const FOREVER = Number.POSITIVE_INFINITY;

export interface ReplayResult {
  readonly cluster: ClusterInfo;
  readonly batches: number;
  readonly duplicates: number;
  readonly flows: number;
  /** Objects of kinds that are not used, by kind. */
  readonly ignored: ReadonlyMap<string, number>;
}

interface Driving {
  readonly store: Store;
  readonly problems: InputProblems;
  /** Called as bytes of node text are read. */
  readonly onBytes: (bytes: number) => void;
  readonly signal: AbortSignal;
  /** Stops before anything is attributed when the input was broken. */
  readonly strict: boolean;
}

/** Throws the ProblemError of `problems` when strict and the input is broken: then nothing is attributed. */
export async function replay(capture: CaptureFolder, by: Driving): Promise<ReplayResult> {
  const book = new LeaseBook();
  const history = await readClusterHistory(capture, by.problems);
  const { model, ignored } = applyHistory(history, book, by.problems);
  const cluster = model.snapshot();
  const listening = new ListeningPorts();
  listening.learnCluster(cluster);
  const ledger = new Ledger(by.store, listening);
  const batches = new BatchQueue(ledger);
  const uids = nodeUids(history);
  for (const files of capture.nodes) {
    const node = { name: files.node, uid: uids.get(files.node) ?? `capture:${files.node}` };
    await readNode(files satisfies NodeFiles, node, {
      problems: by.problems,
      signal: by.signal,
      sink: { batch: (batch) => batches.add(batch), progress: by.onBytes },
    });
  }
  if (by.strict) by.problems.throwIfAny();
  await batches.flush();
  by.store.leases.put(book.all());
  // Every fact of the capture is in, so the frontier of every node is the capture's end.
  ledger.attributePending(
    { book, ranges: clusterRangesOf(cluster), frontier: () => Number.POSITIVE_INFINITY },
    { now: Number.MAX_SAFE_INTEGER, until: FOREVER, finalBefore: FOREVER, retryMs: 0 },
  );
  return { cluster, ...batches.totals, ignored };
}

function applyHistory(
  history: readonly PlacedEvent[],
  book: LeaseBook,
  problems: InputProblems,
): { model: ClusterModel; ignored: Map<string, number> } {
  const model = new ClusterModel(book);
  const ignored = new Map<string, number>();
  for (const event of history) model.learnOwner(event.object);
  for (const event of history) {
    const applied = model.apply(event);
    if (applied.kind === 'rejected')
      problems.add(event.where, `${applied.reject.object}: ${applied.reject.problem}`);
    else if (applied.kind === 'ignored') ignored.set(applied.what, (ignored.get(applied.what) ?? 0) + 1);
  }
  return { model, ignored };
}

function nodeUids(history: readonly PlacedEvent[]): Map<string, string> {
  const uids = new Map<string, string>();
  for (const { object } of history) {
    const node = object as { kind?: unknown; metadata?: { name?: unknown; uid?: unknown } };
    const { name, uid } = node.metadata ?? {};
    if (node.kind === 'Node' && typeof name === 'string' && typeof uid === 'string') uids.set(name, uid);
  }
  return uids;
}

/** Gathers batches for one commit. */
class BatchQueue {
  readonly #ledger: Ledger;
  #waiting: Batch[] = [];
  totals = { batches: 0, duplicates: 0, flows: 0 };

  constructor(ledger: Ledger) {
    this.#ledger = ledger;
  }

  async add(batch: Batch): Promise<void> {
    this.#waiting.push(batch);
    if (this.#waiting.length >= BATCHES_PER_COMMIT) await this.flush();
  }

  async flush(): Promise<void> {
    if (this.#waiting.length === 0) return;
    const done = await this.#ledger.commit(this.#waiting);
    this.#waiting = [];
    this.totals = {
      batches: this.totals.batches + done.batches,
      duplicates: this.totals.duplicates + done.duplicates,
      flows: this.totals.flows + done.flows,
    };
  }
}
