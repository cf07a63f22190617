/**
 * Entries alive, read from /proc/net/nf_conntrack every few seconds. The last resort: it needs no capability, and does
 * not see what opens and ends between two looks.
 */
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { ProblemError } from '../domain/problem.ts';
import { wallClock } from '../runtime/clock.ts';
import { readKernelSettings } from './netlink/kernel-settings.ts';
import type { ConntrackSource, SourceLog, SourceSink } from './source.ts';
import { Speaker } from './speaker.ts';
import { TextScanner } from './text-scan.ts';
import { ZoneWatch } from './zones/zone-watch.ts';

const TABLE = '/proc/net/nf_conntrack';
/** A closed TCP entry stays for 10 s by default (nf_conntrack_tcp_timeout_close), a UDP one for 30 s. */
const POLL_EVERY_MS = 5000;
const READ_BYTES = 64 * 1024;

/** Throws a ProblemError when the table cannot be read. */
export async function openProcfs(sink: SourceSink, log: SourceLog): Promise<ConntrackSource> {
  try {
    await (await open(TABLE)).close();
  } catch (error) {
    throw problemOf(error);
  }
  log.warn(
    { everyMs: POLL_EVERY_MS },
    'only /proc is polled: refused connections and short UDP exchanges are not seen, and no opening is counted',
  );
  return new ProcfsSource(sink);
}

class ProcfsSource implements ConntrackSource {
  readonly kind = 'procfs';
  readonly readLagMs = 0;
  readonly accounting: boolean | null;
  readonly timestamps: boolean | null;
  readonly #sink: SourceSink;
  readonly #zones = new ZoneWatch();
  readonly #end = new AbortController();
  #timer: NodeJS.Timeout | null = null;
  #running: Promise<void> | null = null;
  #lastDumpAt = 0;

  constructor(sink: SourceSink) {
    this.#sink = sink;
    ({ accounting: this.accounting, timestamps: this.timestamps } = readKernelSettings());
  }

  async start(): Promise<void> {
    await this.dump();
    if (!this.#end.signal.aborted) this.#timer = setInterval(() => this.#poll(), POLL_EVERY_MS);
  }

  dump(): Promise<void> {
    this.#running ??= this.#dump().finally(() => (this.#running = null));
    return this.#running;
  }

  /** A list is told when it is complete. */
  settle(): void {}

  async close(): Promise<void> {
    this.#end.abort(new Error('the source was closed'));
    if (this.#timer !== null) clearInterval(this.#timer);
    await this.#running?.catch(() => undefined);
  }

  #poll(): void {
    this.dump().catch((error: unknown) => {
      if (this.#end.signal.aborted) return;
      this.#end.abort(error);
      if (this.#timer !== null) clearInterval(this.#timer);
      this.#sink.failed(problemOf(error));
    });
  }

  async #dump(): Promise<void> {
    const at = Math.max(wallClock(), this.#lastDumpAt + 1);
    this.#lastDumpAt = at;
    const speaker = Speaker.ofList(this.#sink, this.#zones);
    const scanner = new TextScanner({
      record: (record) => speaker.record(record, at),
      reject: (reason) => this.#sink.skipped(reason, 1),
    });
    const { signal } = this.#end;
    for await (const chunk of createReadStream(TABLE, { highWaterMark: READ_BYTES, signal }))
      scanner.push(chunk as Uint8Array);
    scanner.end();
    speaker.settle();
    this.#zones.listed();
  }
}

function problemOf(error: unknown): ProblemError {
  const code = error instanceof Error && 'code' in error ? error.code : '';
  const message = `${TABLE} cannot be read: ${error instanceof Error ? error.message : String(error)}`;
  if (code === 'EACCES' || code === 'EPERM')
    return new ProblemError('conntrack-not-permitted', message, {
      hint: 'run as root, or with the group root',
      cause: error,
    });
  return new ProblemError('conntrack-procfs', message, {
    hint: 'the kernel needs CONFIG_NF_CONNTRACK_PROCFS for it; --source netlink needs none',
    cause: error,
  });
}
