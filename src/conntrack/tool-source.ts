/**
 * Events and lists as the `conntrack` tool prints them: the fallback where no foreign code can be loaded. Its socket holds
 * 166 events, which a burst fills, and each event costs ten times as much as over netlink.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { ProblemError } from '../domain/problem.ts';
import { wallClock } from '../runtime/clock.ts';
import { readKernelSettings } from './netlink/kernel-settings.ts';
import { DropCounter, readNetlinkTable } from './netlink/netlink-table.ts';
import { datedByOwnClock } from './source.ts';
import type { ConntrackSource, SourceLog, SourceSink } from './source.ts';
import { Speaker } from './speaker.ts';
import type { LineReject } from './text-scan.ts';
import { runTool, socketsOf } from './tool-process.ts';
import type { ToolRun } from './tool-process.ts';
import { ZoneWatch } from './zones/zone-watch.ts';

/** The tool stamps an event when it reads it; later than this, its small socket would long have overflowed. */
const READ_LAG_MS = 1000;
const DROPS_EVERY_MS = 1000;
/** The tool says nothing when it has begun to listen, but its socket shows. It is seen within some 10 ms. */
const LISTENING_WITHIN_MS = 2000;
const LOOK_EVERY_MS = 10;

/** Throws a ProblemError when there is no tool or it may not read. */
export async function openTool(sink: SourceSink, log: SourceLog): Promise<ConntrackSource> {
  const problem = await runTool(['-C'], { record: () => undefined, reject: () => undefined }).ended;
  if (problem !== null) throw problem;
  log.warn(
    { bufferedEvents: 166 },
    'connections are read from the conntrack tool: bursts above some 5,000 events a second are lost in part',
  );
  return new ToolSource(sink);
}

class ToolSource implements ConntrackSource {
  readonly kind = 'conntrack';
  readonly readLagMs = READ_LAG_MS;
  readonly accounting: boolean | null;
  readonly timestamps: boolean | null;
  readonly #sink: SourceSink;
  readonly #zones = new ZoneWatch();
  readonly #speaker: Speaker;
  readonly #drops = new DropCounter();
  #listener: ToolRun | null = null;
  #lister: ToolRun | null = null;
  #inodes: ReadonlySet<number> = new Set();
  #timer: NodeJS.Timeout | null = null;
  #running: Promise<void> | null = null;
  #lastDumpAt = 0;
  #reports = 0;
  #isClosed = false;

  constructor(sink: SourceSink) {
    this.#sink = sink;
    this.#speaker = Speaker.ofEvents(sink, this.#zones);
    ({ accounting: this.accounting, timestamps: this.timestamps } = readKernelSettings());
  }

  async start(): Promise<void> {
    const events = this.accounting === true ? 'NEW,UPDATES,DESTROY' : 'NEW,UPDATES';
    const listener = runTool(['-E', '-e', events, '-o', 'timestamp,id,extended'], {
      record: (record) => this.#speaker.record(datedByOwnClock(record), record.at ?? wallClock()),
      reject: (reason) => this.#reject(reason),
    });
    this.#listener = listener;
    void this.#watch(listener);
    await this.#listening(listener);
    this.#timer = setInterval(() => this.#countDrops(), DROPS_EVERY_MS).unref();
    await this.dump();
  }

  dump(): Promise<void> {
    this.#running ??= this.#dump().finally(() => (this.#running = null));
    return this.#running;
  }

  settle(): void {
    this.#speaker.settle();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#countDrops();
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#lister?.stop();
    this.#listener?.stop();
    await this.#running?.catch(() => undefined);
    await this.#listener?.ended;
    this.settle();
  }

  /** What the tool would have said is gone when it ends by itself: whoever opened this source opens another. */
  async #watch(listener: ToolRun): Promise<void> {
    const problem = await listener.ended;
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#countDrops();
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#lister?.stop();
    this.settle();
    this.#sink.failed(problem ?? new ProblemError('conntrack-tool', 'the conntrack tool ended by itself'));
  }

  async #listening({ pid }: ToolRun): Promise<void> {
    for (let waitedMs = 0; waitedMs < LISTENING_WITHIN_MS && !this.#isClosed; waitedMs += LOOK_EVERY_MS) {
      const own = pid === undefined ? new Set<number>() : socketsOf(pid);
      const table = readNetlinkTable();
      if (table === null) return;
      const listening = table.filter(({ inode, groups }) => groups !== 0 && own.has(inode));
      if (listening.length > 0) {
        this.#inodes = new Set(listening.map(({ inode }) => inode));
        return;
      }
      await delay(LOOK_EVERY_MS);
    }
  }

  async #dump(): Promise<void> {
    if (this.#isClosed) throw new Error('the source was closed');
    const at = Math.max(wallClock(), this.#lastDumpAt + 1);
    this.#lastDumpAt = at;
    const speaker = Speaker.ofList(this.#sink, this.#zones);
    this.#lister = runTool(['-L', '-o', 'id,extended'], {
      record: (record) => speaker.record(record, at),
      reject: (reason) => this.#reject(reason),
    });
    const problem = await this.#lister.ended;
    this.#lister = null;
    if (problem !== null) throw problem;
    speaker.settle();
    this.#zones.listed();
    if (!this.#zones.isOn) this.settle();
  }

  #reject(reason: LineReject): void {
    if (reason === 'lost') this.#reports++;
    else if (reason !== 'notice') this.#sink.skipped(reason, 1);
  }

  /** The kernel's count where it can be seen, else at least one for each time that the tool complained. */
  #countDrops(): void {
    const lost = this.#drops.take(readNetlinkTable(), this.#inodes) ?? this.#reports;
    this.#reports = 0;
    if (lost > 0) this.#sink.lost(lost);
  }
}
