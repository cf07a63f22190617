/**
 * The kernel's own reports over netlink: every connection that opens or is answered, and lists of what is alive. The
 * preferred source. It changes nothing on the node, and a slow reader costs the node nothing but events.
 */
import { endianness } from 'node:os';
import { ProblemError } from '../../domain/problem.ts';
import { wallClock } from '../../runtime/clock.ts';
import type { ConntrackSource, SourceLog, SourceSink } from '../source.ts';
import { Speaker } from '../speaker.ts';
import { ZoneWatch } from '../zones/zone-watch.ts';
import { dumpEntries, probe } from './dump.ts';
import { EventReader } from './event-reader.ts';
import { readKernelSettings, readStateTimeouts } from './kernel-settings.ts';
import type { KernelSettings } from './kernel-settings.ts';

/** Dumps in a row that the kernel may call interrupted. What the last of them found is true, though it may lack entries. */
const DUMP_ATTEMPTS = 4;

/** Listens from here on, so that nothing is missed before `start`. Throws a ProblemError. */
export async function openNetlink(sink: SourceSink, log: SourceLog): Promise<ConntrackSource> {
  if (endianness() !== 'LE' || !['x64', 'arm64'].includes(process.arch))
    throw new ProblemError('conntrack-netlink', `netlink is not read on ${process.arch}`, {
      hint: 'use --source conntrack or --source procfs',
    });
  const settings = readKernelSettings();
  const zones = new ZoneWatch();
  const reader = new EventReader(sink, log, { withEnds: settings.accounting === true, zones });
  try {
    await probe(AbortSignal.timeout(10_000));
  } catch (error) {
    reader.close();
    throw error;
  }
  if (settings.events === 0)
    log.warn(
      { hint: 'set net.netfilter.nf_conntrack_events to 1 or 2 on the node' },
      'nf_conntrack_events is 0: the kernel reports no connection, and only dumps show any',
    );
  return new NetlinkSource(sink, log, { reader, settings, zones });
}

class NetlinkSource implements ConntrackSource {
  readonly kind = 'netlink';
  readonly accounting: boolean | null;
  readonly timestamps: boolean | null;
  readonly #sink: SourceSink;
  readonly #log: SourceLog;
  readonly #reader: EventReader;
  readonly #zones: ZoneWatch;
  readonly #end = new AbortController();
  #running: Promise<void> | null = null;
  #lastDumpAt = 0;
  #entries = 0;

  constructor(
    sink: SourceSink,
    log: SourceLog,
    { reader, settings, zones }: { reader: EventReader; settings: KernelSettings; zones: ZoneWatch },
  ) {
    this.#sink = sink;
    this.#log = log;
    this.#reader = reader;
    this.#zones = zones;
    this.accounting = settings.accounting;
    this.timestamps = settings.timestamps;
  }

  get readLagMs(): number {
    return this.#reader.lagMs;
  }

  async start(): Promise<void> {
    this.#reader.start();
    await this.dump();
    if (this.#entries === 0 && readKernelSettings().entries === 0)
      this.#log.warn(
        {
          hint: 'run in the node’s network namespace; a rule of nftables or iptables that uses ct turns tracking on',
        },
        'no connection is tracked here yet: without such a rule the kernel tracks none',
      );
  }

  dump(): Promise<void> {
    this.#running ??= this.#dump().finally(() => (this.#running = null));
    return this.#running;
  }

  settle(): void {
    this.#reader.settle();
  }

  async close(): Promise<void> {
    this.#end.abort(new Error('the source was closed'));
    await this.#running?.catch(() => undefined);
    this.#reader.close();
  }

  async #dump(): Promise<void> {
    for (let attempt = 1; attempt <= DUMP_ATTEMPTS; attempt++) {
      // A dump of its own for each attempt, since presences of one time are added up.
      const at = Math.max(wallClock(), this.#lastDumpAt + 1);
      this.#lastDumpAt = at;
      this.#entries = 0;
      const speaker = Speaker.ofList(this.#sink, this.#zones, readStateTimeouts());
      const { isInterrupted } = await dumpEntries(
        {
          entry: (entry) => {
            this.#entries++;
            speaker.entry(entry, at);
          },
          reject: (reason) => this.#sink.skipped(reason, 1),
        },
        this.#end.signal,
      );
      speaker.settle();
      if (!isInterrupted) return this.#listed();
    }
    this.#listed();
    this.#log.warn({ attempts: DUMP_ATTEMPTS }, 'entries moved during every dump: some may be missing');
  }

  /** Events are no longer held back on a node that turns out to have no zones. */
  #listed(): void {
    this.#zones.listed();
    if (!this.#zones.isOn) this.#reader.settle();
  }
}
