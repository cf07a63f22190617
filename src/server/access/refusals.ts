/** What was refused, counted by listener and code, and told in the log once a minute for each: a flood of bad requests is no flood of lines. */
import type { MetricFamily } from '../../runtime/metrics-text.ts';

/** Which listener refused it. */
export type ListenerName = 'loopback' | 'network' | 'probes';

interface RefusalLog {
  warn(fields: object, message: string): void;
}

const TELL_EVERY_MS = 60_000;

export class Refusals {
  readonly #log: RefusalLog;
  readonly #monotonicMs: () => number;
  readonly #counts = new Map<
    string,
    { listener: ListenerName; code: string; count: number; toldAt: number }
  >();

  constructor(log: RefusalLog, monotonicMs: () => number) {
    this.#log = log;
    this.#monotonicMs = monotonicMs;
  }

  /** `code` is one of the program's own; `detail` must hold no secret. */
  count(listener: ListenerName, code: string, detail: string): void {
    const key = `${listener} ${code}`;
    const known = this.#counts.get(key) ?? { listener, code, count: 0, toldAt: -Infinity };
    known.count++;
    this.#counts.set(key, known);
    const now = this.#monotonicMs();
    if (now - known.toldAt < TELL_EVERY_MS) return;
    known.toldAt = now;
    this.#log.warn({ listener, code, detail, refused: known.count }, 'requests are refused');
  }

  get metrics(): MetricFamily {
    return {
      name: 'netscribe_requests_refused_total',
      help: 'Requests and connections that were refused, by listener and problem code.',
      type: 'counter',
      samples: [...this.#counts.values()].map(({ listener, code, count }) => ({
        labels: { listener, code },
        value: count,
      })),
    };
  }
}
