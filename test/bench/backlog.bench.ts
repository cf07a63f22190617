/**
 * A backlog after an outage: what 5,000 nodes' agents kept is attributed, from the inbox through attribution to edges in one
 * SQLite file, against the same batches only read, parsed and marked. Then the same live: each window attributed before the
 * next one comes, when nothing that is told is told twice. The book and the edges are those of a whole cluster; of the hour only
 * a share is run, and the rest is said as what it is, extrapolated.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { CidrSet } from '../../src/domain/cidr-set.ts';
import { cidr } from '../../src/domain/cidr.ts';
import type { LeaseBook } from '../../src/identity/lease-book.ts';
import { Ledger } from '../../src/server/ledger.ts';
import { ListeningPorts } from '../../src/server/listening.ts';
import { openStore } from '../../src/store/store.ts';
import type { Store } from '../../src/store/store.ts';
import {
  batchOf,
  clusterBook,
  FLOWS_OF_A_WINDOW,
  NODES,
  PODS,
  SERVERS_OF_A_WORKLOAD,
  START,
  WINDOW_MS,
  WORKLOADS,
} from './backlog-cluster.ts';
import type { BenchReport } from './run.ts';

const IS_FULL = process.env['FULL'] === '1';
/** Nodes next to each other: 20 of them have pods of 600 of the workloads. The backlog is that of the first ten minutes. */
const BACKLOG = { nodes: IS_FULL ? 300 : 20, windows: 60 };
const LIVE = { nodes: IS_FULL ? NODES : 200, windows: 3 };
const BATCHES_AT_ONCE = 64;
const HOUR_MS = 3_600_000;

export async function bench(): Promise<BenchReport> {
  const book = clusterBook();
  const directory = mkdtempSync(path.join(tmpdir(), 'netscribe-bench-'));
  try {
    const plain = filled(path.join(directory, 'plain'));
    const read = elapsed(() => readAll(plain.store));
    plain.store.close();
    const real = filled(path.join(directory, 'real'));
    const attributed = elapsed(() => attributeAll(real, book));
    const edges = checked(real.store);
    real.store.close();
    const live = attributedAsItComes(path.join(directory, 'live'), book);
    return { lines: linesOf({ read, attributed, accepted: real.acceptedMs, edges, live }) };
  } finally {
    rmSync(directory, { recursive: true });
  }
}

interface Backlog {
  readonly store: Store;
  readonly ledger: Ledger;
  readonly acceptedMs: number;
}

/** A new file with every batch of the share accepted, durably, and none attributed. */
function filled(file: string): Backlog {
  const store = openStore(file);
  const ledger = new Ledger(store, new ListeningPorts());
  let acceptedMs = 0;
  for (let window = 0; window < BACKLOG.windows; window++)
    acceptedMs += acceptWindow(ledger, BACKLOG.nodes, window);
  return { store, ledger, acceptedMs };
}

/** Milliseconds for each window: attributing it once all of it was accepted. */
function attributedAsItComes(file: string, book: LeaseBook): number[] {
  const store = openStore(file);
  const ledger = new Ledger(store, new ListeningPorts());
  const times = Array.from({ length: LIVE.windows }, (_, window) => {
    acceptWindow(ledger, LIVE.nodes, window);
    return elapsed(() => attributeAll({ ledger }, book));
  });
  checked(store);
  store.close();
  return times;
}

/** Returns how long it took, in ms. */
function acceptWindow(ledger: Ledger, nodes: number, window: number): number {
  let acceptedMs = 0;
  for (let first = 0; first < nodes; first += BATCHES_AT_ONCE) {
    const count = Math.min(BATCHES_AT_ONCE, nodes - first);
    const batches = Array.from({ length: count }, (_, index) => batchOf(first + index, window));
    acceptedMs += elapsed(() => void ledger.commit(batches));
  }
  return acceptedMs;
}

function readAll(store: Store): void {
  for (;;) {
    const batches = store.inbox.pending(BATCHES_AT_ONCE, START + HOUR_MS);
    if (batches.length === 0) return;
    store.transaction(() => store.inbox.markAttributed(batches));
  }
}

function attributeAll({ ledger }: Pick<Backlog, 'ledger'>, book: LeaseBook): void {
  const now = START + HOUR_MS;
  const ranges = {
    pods: new CidrSet([cidr('10.0.0.0/12')]),
    services: new CidrSet([cidr('172.20.0.0/16')]),
  };
  // The kubelets have long reported what there was to report.
  ledger.attributePending(
    { book, ranges, frontier: () => Number.POSITIVE_INFINITY },
    { now, until: now, finalBefore: now - HOUR_MS, retryMs: 1000 },
  );
}

/** How many edges there are. Throws when a flow is not in one. */
function checked(store: Store): number {
  const { pending } = store.inbox.counts();
  const lost = store.unattributed.list().reduce((sum, { count }) => sum + count, 0);
  if (pending !== 0 || lost !== 0)
    throw new Error(`${pending} batches wait, ${lost} connections have no edge`);
  return store.edges.all().length;
}

/** Milliseconds of processor time: what else runs on the machine does not count. */
function elapsed(work: () => void): number {
  const start = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1000;
}

interface Run {
  readonly read: number;
  readonly attributed: number;
  readonly accepted: number;
  readonly edges: number;
  readonly live: readonly number[];
}

function linesOf(run: Run): string[] {
  const flows = BACKLOG.nodes * BACKLOG.windows * FLOWS_OF_A_WINDOW;
  const ofWindow = LIVE.nodes * FLOWS_OF_A_WINDOW;
  const [first = 0, ...later] = run.live;
  const laterMs = later.reduce((sum, each) => sum + each, 0);
  const ofHour = NODES * (HOUR_MS / WINDOW_MS) * FLOWS_OF_A_WINDOW;
  const hourSeconds = (run.attributed * ofHour) / flows / 1000;
  const peakMb = Math.round(process.resourceUsage().maxRSS / 1024);
  return [
    `inbox to edges ${perSecond(flows, run.attributed)} flows/s; ${(run.read / run.attributed).toFixed(2)} times the baseline: the same batches read, parsed and marked ${perSecond(flows, run.read)} flows/s; accepted at ${perSecond(flows, run.accepted)} flows/s before`,
    `run: ${grouped(BACKLOG.nodes)} of ${grouped(NODES)} nodes, ${BACKLOG.windows} of ${HOUR_MS / WINDOW_MS} windows, ${FLOWS_OF_A_WINDOW} flows in each: ${grouped(flows)} flows into ${grouped(run.edges)} edges, in a book of ${grouped(PODS)} pods and ${grouped(WORKLOADS)} workloads with ${SERVERS_OF_A_WORKLOAD} servers each`,
    `extrapolated: the hour of ${grouped(NODES)} nodes is ${grouped(ofHour)} flows, ${grouped(hourSeconds)} s at this speed (real time is ${HOUR_MS / 1000} s); RSS peak of the whole bench ${peakMb} MB`,
    `live: windows of ${grouped(LIVE.nodes)} nodes one by one ${perSecond(ofWindow * later.length, laterMs)} flows/s, the first, when every edge is new, ${perSecond(ofWindow, first)} flows/s`,
  ];
}

function perSecond(units: number, elapsedMs: number): string {
  return grouped((units / elapsedMs) * 1000);
}

function grouped(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}
