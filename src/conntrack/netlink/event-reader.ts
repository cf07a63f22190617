/**
 * Reads conntrack events as they come. The kernel queues them and a timer drains the queue: to be woken for each event
 * would cost ten times as much. The timer keeps the process alive, since a reader is what an agent lives for.
 */
import { performance } from 'node:perf_hooks';
import { clockOffsetMs, wallClock } from '../../runtime/clock.ts';
import type { SourceLog, SourceSink } from '../source.ts';
import { Speaker } from '../speaker.ts';
import type { ZoneWatch } from '../zones/zone-watch.ts';
import { GROUP } from './ctnetlink.ts';
import { Datagrams } from './datagrams.ts';
import { drainDelayMs } from './drain-delay.ts';
import { eventFilter } from './event-filter.ts';
import { EAGAIN, EINTR, ENOBUFS } from './libc.ts';
import { MessageScanner } from './message-scan.ts';
import { DropCounter, readNetlinkTable } from './netlink-table.ts';
import { RecentMaximum } from './recent-maximum.ts';
import { NetlinkSocket, problemOf } from './socket.ts';

/**
 * The kernel counts 1,280 bytes for an event and doubles what is asked for: room for some 52,000, twice what one core makes
 * in the longest time between two looks. Memory is taken only for what waits.
 */
const RECEIVE_BUFFER_BYTES = 32 * 1024 * 1024;
/** About 20 ms of work; what is left waits until the event loop has done other things. */
const CALLS_AT_ONCE = 64;
/** The socket tells that events were dropped; this is for what it should fail to tell. */
const DROPS_EVERY_MS = 10_000;
/** `readLagMs` covers between one and two of these. */
const LAG_SPAN_MS = 30_000;

/** What a drain came to, besides an error. */
const [EMPTY, MORE] = [0, 1];

export class EventReader {
  readonly #sink: SourceSink;
  readonly #socket: NetlinkSocket;
  readonly #inodes: ReadonlySet<number>;
  readonly #datagrams = new Datagrams();
  readonly #speaker: Speaker;
  readonly #scanner: MessageScanner;
  readonly #drops = new DropCounter();
  readonly #lag = new RecentMaximum(LAG_SPAN_MS);
  /** Clock of `performance.now`: nothing that was queued before this is still unread. */
  #emptyAt = performance.now();
  #dropsReadAt = performance.now();
  /** Whether one of the events just read has no time of the kernel's. */
  #isUnstamped = false;
  #overflows = 0;
  /** Whether the kernel said so since the queue was last empty. */
  #isOverrun = false;
  /** Events found since the drain that ended then. */
  #found = 0;
  #drainedAt = performance.now();
  #isStarted = false;
  #timer: NodeJS.Timeout | null = null;
  #rest: NodeJS.Immediate | null = null;

  /** Listens from here on; nothing is read before `start`. Throws a ProblemError. */
  constructor(
    sink: SourceSink,
    log: SourceLog,
    { withEnds, zones }: { withEnds: boolean; zones: ZoneWatch },
  ) {
    this.#sink = sink;
    this.#socket = new NetlinkSocket();
    const size = this.#socket.growBuffer(RECEIVE_BUFFER_BYTES);
    // The filter first: no message of another kind is ever queued.
    this.#socket.attachFilter(eventFilter());
    this.#socket.bind(GROUP.NEW | GROUP.UPDATE | (withEnds ? GROUP.DESTROY : 0));
    if (size < 2 * RECEIVE_BUFFER_BYTES)
      log.warn(
        { bytes: size, wanted: 2 * RECEIVE_BUFFER_BYTES, hint: 'raise net.core.rmem_max on the node' },
        'the receive buffer of conntrack events is small: bursts may be lost',
      );
    this.#inodes = new Set([this.#socket.inode]);
    const speaker = Speaker.ofEvents(sink, zones);
    this.#speaker = speaker;
    this.#scanner = new MessageScanner({
      entry: (entry) => {
        if (!entry.isStamped) this.#isUnstamped = true;
        // What the kernel stamped is by the system's clock.
        speaker.entry(entry, entry.isStamped ? entry.at + clockOffsetMs : entry.at);
      },
      reject: (reason) => sink.skipped(reason, 1),
      end: () => sink.skipped('malformed', 1),
      interrupted: () => sink.skipped('malformed', 1),
    });
  }

  /** How late the time of an event that the kernel did not stamp was at most, lately; ms. */
  get lagMs(): number {
    return Math.ceil(this.#lag.at(performance.now()));
  }

  start(): void {
    this.#isStarted = true;
    this.#timer ??= setTimeout(() => this.#tick(), drainDelayMs(0, 1));
  }

  /** Reads what was queued up to now, then ends. */
  close(): void {
    this.#stop();
    if (this.#isStarted) {
      this.#drain(Infinity);
      this.#countDrops();
      this.settle();
    }
    this.#isStarted = false;
    this.#socket.close();
  }

  /** Says what is held back of what was read. */
  settle(): void {
    this.#speaker.settle();
  }

  #tick(): void {
    const outcome = this.#drain(CALLS_AT_ONCE);
    if (outcome < 0) return this.#fail(-outcome);
    if (this.#isOverrun || performance.now() - this.#dropsReadAt >= DROPS_EVERY_MS) this.#countDrops();
    // Until the queue was empty, the kernel drops more without another error (netlink_overrun).
    if (outcome === EMPTY) this.#isOverrun = false;
    // What is left of a drain is read without waiting for a timer.
    if (outcome === MORE) this.#rest = setImmediate(() => this.#tick());
    else {
      const since = this.#emptyAt - this.#drainedAt;
      this.#timer = setTimeout(() => this.#tick(), drainDelayMs(this.#found, since));
      this.#drainedAt = this.#emptyAt;
      this.#found = 0;
    }
  }

  /** Reads until nothing is queued, but with no more than so many calls: EMPTY, MORE, or minus an error. */
  #drain(calls: number): number {
    for (let call = 0; call < calls; call++) {
      const before = performance.now();
      const received = this.#datagrams.receive(this.#socket.fd);
      if (received > 0) this.#scan(received);
      else if (received === -EAGAIN) {
        this.#emptyAt = before;
        return EMPTY;
      } else if (received === -ENOBUFS) {
        this.#overflows++;
        this.#isOverrun = true;
      } else if (received !== -EINTR) return received;
    }
    return MORE;
  }

  #scan(count: number): void {
    const datagrams = this.#datagrams;
    this.#scanner.readAt = wallClock();
    this.#isUnstamped = false;
    this.#found += count;
    for (let index = 0; index < count; index++) {
      const length = datagrams.lengthOf(index);
      const start = datagrams.startOf(index);
      if (length === null) this.#sink.skipped('truncated', 1);
      else this.#scanner.scanWords(datagrams.words, start, start + length);
    }
    const now = performance.now();
    if (this.#isUnstamped) this.#lag.note(now - this.#emptyAt, now);
  }

  /** The table counts each event that was dropped; the error on the socket comes once for any number of them. */
  #countDrops(): void {
    this.#dropsReadAt = performance.now();
    const lost = this.#drops.take(readNetlinkTable(), this.#inodes) ?? this.#overflows;
    this.#overflows = 0;
    if (lost > 0) this.#sink.lost(lost);
  }

  #fail(errno: number): void {
    this.#countDrops();
    this.settle();
    this.#stop();
    this.#isStarted = false;
    this.#socket.close();
    this.#sink.failed(problemOf(errno, 'conntrack events can no longer be read'));
  }

  #stop(): void {
    if (this.#rest !== null) clearImmediate(this.#rest);
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#rest = null;
    this.#timer = null;
  }
}
