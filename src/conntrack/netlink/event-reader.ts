/**
 * Reads conntrack events as they come. The kernel queues them and a timer drains the queue: to be woken for each event
 * would cost ten times as much. The timer keeps the process alive, since a reader is what an agent lives for.
 */
import { performance } from 'node:perf_hooks';
import type { SourceLog, SourceSink } from '../source.ts';
import { sayRecord } from '../source.ts';
import { GROUP } from './ctnetlink.ts';
import { Datagrams } from './datagrams.ts';
import { eventFilter } from './event-filter.ts';
import { EAGAIN, EINTR, ENOBUFS } from './libc.ts';
import { MessageScanner } from './message-scan.ts';
import { DropCounter, readNetlinkTable } from './netlink-table.ts';
import { RecentMaximum } from './recent-maximum.ts';
import { NetlinkSocket, problemOf } from './socket.ts';

/** Shorter costs more: 2.0 CPU seconds per million events at 5,000/s, 3.1 with 20 ms. A sighting is so late when all is well. */
const DRAIN_EVERY_MS = 50;
/**
 * The kernel counts 1,280 bytes for an event and doubles what is asked for: room for some 26,000, a quarter of a second of
 * the most that one core makes. With half of it, one run in five lost events at 97,000/s on a busy machine of two cores.
 */
const RECEIVE_BUFFER_BYTES = 16 * 1024 * 1024;
/** About 20 ms of work; what is left waits until the event loop has done other things. */
const CALLS_AT_ONCE = 64;
const DROPS_EVERY_MS = 1000;
/** `readLagMs` covers between one and two of these. */
const LAG_SPAN_MS = 30_000;

export class EventReader {
  readonly #sink: SourceSink;
  readonly #socket: NetlinkSocket;
  readonly #inodes: ReadonlySet<number>;
  readonly #datagrams = new Datagrams();
  readonly #scanner: MessageScanner;
  readonly #drops = new DropCounter();
  readonly #lag = new RecentMaximum(LAG_SPAN_MS);
  /** Clock of `performance.now`: nothing that was queued before this is still unread. */
  #emptyAt = performance.now();
  #dropsReadAt = performance.now();
  #readAt = 0;
  /** Whether one of the events just read has no time of the kernel's. */
  #isUnstamped = false;
  #overflows = 0;
  #timer: NodeJS.Timeout | null = null;
  #rest: NodeJS.Immediate | null = null;

  /** Listens from here on; nothing is read before `start`. Throws a ProblemError. */
  constructor(sink: SourceSink, log: SourceLog, { withEnds }: { withEnds: boolean }) {
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
    this.#scanner = new MessageScanner({
      record: (record) => {
        if (record.at === this.#readAt) this.#isUnstamped = true;
        sayRecord(sink, record, this.#readAt);
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
    this.#timer ??= setInterval(() => this.#tick(), DRAIN_EVERY_MS);
  }

  /** Reads what was queued up to now, then ends. */
  close(): void {
    if (this.#rest !== null) clearImmediate(this.#rest);
    if (this.#timer !== null) {
      clearInterval(this.#timer);
      this.#drain(Infinity);
      this.#countDrops();
    }
    this.#timer = null;
    this.#socket.close();
  }

  #tick(): void {
    // What is left of the last drain is read without waiting for a timer.
    if (this.#rest === null) this.#drainSome();
    if (performance.now() - this.#dropsReadAt >= DROPS_EVERY_MS || this.#overflows > 0) this.#countDrops();
  }

  #drainSome(): void {
    this.#rest = null;
    const outcome = this.#drain(CALLS_AT_ONCE);
    if (outcome === 'more') this.#rest = setImmediate(() => this.#drainSome());
    else if (outcome !== 'empty') this.#fail(outcome.errno);
  }

  /** Reads until nothing is queued, but with no more than so many calls. */
  #drain(calls: number): 'empty' | 'more' | { errno: number } {
    for (let call = 0; call < calls; call++) {
      const before = performance.now();
      const received = this.#datagrams.receive(this.#socket.fd);
      if ('count' in received) this.#scan(received.count);
      else if (received.errno === EAGAIN) {
        this.#emptyAt = before;
        return 'empty';
      } else if (received.errno === ENOBUFS) this.#overflows++;
      else if (received.errno !== EINTR) return received;
    }
    return 'more';
  }

  #scan(count: number): void {
    const { bytes } = this.#datagrams;
    this.#readAt = Date.now();
    this.#isUnstamped = false;
    for (let index = 0; index < count; index++) {
      const span = this.#datagrams.span(index);
      if (span === null) this.#sink.skipped('truncated', 1);
      else this.#scanner.scan(bytes, { start: span.start, end: span.end, readAt: this.#readAt });
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
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
    this.#socket.close();
    this.#sink.failed(problemOf(errno, 'conntrack events can no longer be read'));
  }
}
