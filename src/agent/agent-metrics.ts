/** The agent's numbers as metric families. Labels are bounded: kinds, outcomes and reasons, never an address or a node. */
import process from 'node:process';
import type { MetricFamily, MetricSample } from '../runtime/metrics-text.ts';
import type { BatchQueue } from './batch-queue.ts';
import type { BatchWindow } from './batch-window.ts';
import type { Sender } from './sender.ts';
import type { SourceKeeper } from './source-keeper.ts';

/** Why a batch window ended: its time, too many keys, or because nothing was seen any more. */
export type WindowEnd = 'time' | 'keys' | 'blind';

export interface Measured {
  readonly window: Pick<BatchWindow, 'counts' | 'keys' | 'allLosses'>;
  readonly queue: Pick<BatchQueue, 'bytes' | 'pending' | 'kept' | 'parked' | 'counts'>;
  readonly sender: Pick<Sender, 'outcomes' | 'acknowledgedAt'>;
  readonly source: Pick<SourceKeeper, 'failures' | 'dumps' | 'isWatching' | 'state'>;
  /** Windows closed, by what closed them. */
  readonly windows: Readonly<Record<WindowEnd, number>>;
}

/** In the order in which they are printed. */
export function agentMetrics(measured: Measured): readonly MetricFamily[] {
  const { window, queue, sender, source } = measured;
  const losses = window.allLosses.peek();
  return [
    counter('sightings_total', 'What the source said, by kind.', by('kind', window.counts)),
    counter(
      'events_lost_total',
      'Events that the kernel dropped before they were read.',
      one(losses.dropped),
    ),
    counter('skipped_total', 'Entries and openings left out, by reason.', by('reason', losses.skipped)),
    gauge('keys', 'Distinct flows held for the next batch.', one(window.keys)),
    counter('windows_total', 'Batch windows closed, by cause.', by('cause', measured.windows)),
    counter('exchanges_total', 'Answers of the server, by what they led to.', by('outcome', sender.outcomes)),
    counter('batches_total', 'Batches that took an unusual way.', by('fate', queue.counts)),
    gauge('queue_bytes', 'Memory of all batches.', one(queue.bytes)),
    gauge('queue_batches', 'Batches in memory, by state.', [
      { labels: { state: 'pending' }, value: queue.pending },
      { labels: { state: 'acknowledged' }, value: queue.kept },
      { labels: { state: 'parked' }, value: queue.parked },
    ]),
    gauge(
      'last_acknowledged_timestamp_seconds',
      'When the server last acknowledged a batch.',
      sender.acknowledgedAt === null ? [] : one(sender.acknowledgedAt / 1000),
    ),
    gauge('source_up', 'Whether the source is open.', [
      { labels: { kind: source.state?.kind ?? 'none' }, value: source.isWatching ? 1 : 0 },
    ]),
    counter('source_failures_total', 'Times the source failed or could not be opened.', one(source.failures)),
    counter('dumps_total', 'Dumps besides the first, by result.', [
      { labels: { result: 'complete' }, value: source.dumps.done },
      { labels: { result: 'failed' }, value: source.dumps.failed },
    ]),
    gauge(
      'read_lag_seconds',
      'How late an event is read at most.',
      source.state === null ? [] : one(source.state.readLagMs / 1000),
    ),
    gauge('resident_memory_bytes', 'Memory of the process.', one(process.memoryUsage.rss())),
    counter('cpu_seconds_total', 'CPU time of the process.', one(cpuSeconds())),
  ];
}

function counter(name: string, help: string, samples: readonly MetricSample[]): MetricFamily {
  return { name: `netscribe_agent_${name}`, help, type: 'counter', samples };
}

function gauge(name: string, help: string, samples: readonly MetricSample[]): MetricFamily {
  return { name: `netscribe_agent_${name}`, help, type: 'gauge', samples };
}

function one(value: number): readonly MetricSample[] {
  return [{ value }];
}

function by(label: string, counts: object): readonly MetricSample[] {
  return Object.entries(counts).map(([name, value]) => ({ labels: { [label]: name }, value: Number(value) }));
}

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}
