/** What processes cost: CPU time by the kernel's own clock of each, and memory by /proc/PID/status, read now and then. */
import { readFileSync } from 'node:fs';
import koffi from 'koffi';

/** KiB, each at its highest. */
export interface Memory {
  /** VmHWM, which the kernel keeps. */
  readonly rss: number;
  /** RssAnon as sampled: what is not file pages, which processes of one image share. */
  readonly anonymous: number;
}

const SAMPLE_EVERY_MS = 50;

const clockGettime = koffi.load(null).func('int clock_gettime(int clock, void *time)') as (
  clock: number,
  time: Uint8Array,
) => number;

/** Meters some processes from now on until it is stopped. */
export class Meter {
  readonly #pids: readonly number[];
  readonly #memory = new Map<number, Memory>();
  readonly #timer: NodeJS.Timeout;

  constructor(pids: readonly number[]) {
    this.#pids = pids;
    this.sample();
    this.#timer = setInterval(() => this.sample(), SAMPLE_EVERY_MS);
  }

  /** CPU seconds, user and system, of each process since it started; throws when one has ended. */
  get cpu(): number[] {
    return this.#pids.map(cpuSecondsOf);
  }

  get memory(): Memory[] {
    return this.#pids.map((pid) => this.#memory.get(pid) ?? { rss: 0, anonymous: 0 });
  }

  sample(): void {
    for (const pid of this.#pids) {
      const { rss, anonymous } = memoryOf(readFileSync(`/proc/${pid}/status`, 'latin1'));
      const before = this.#memory.get(pid)?.anonymous ?? 0;
      this.#memory.set(pid, { rss, anonymous: Math.max(before, anonymous) });
    }
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}

/** Of the text of a /proc/PID/status. */
export function memoryOf(status: string): Memory {
  const field = (name: string): number =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? 0);
  return { rss: field('VmHWM'), anonymous: field('RssAnon') };
}

/**
 * User and system time of all threads, as /proc/PID/stat has it but to the nanosecond: the clock that
 * clock_getcpuclockid(3) names. Throws when the process has ended.
 */
function cpuSecondsOf(pid: number): number {
  const time = Buffer.alloc(16);
  if (clockGettime((~pid << 3) | 2, time) !== 0) throw new Error(`process ${pid} has ended`);
  return Number(time.readBigInt64LE(0)) + Number(time.readBigInt64LE(8)) / 1e9;
}
