// Opens connections at a known pace, and remembers when each was opened: what was generated, to be compared with what was counted.
import { setTimeout as delay } from 'node:timers/promises';

import type { PeerProcess } from './peer-process.ts';
import { mustAnswer } from './peer-process.ts';
import { waitUntil } from './wait-until.ts';

const PACE_MS = 25;
const GROWTH_DEADLINE_MS = 30_000;

/** Where connections go, and when they may: `mayDial` is asked with the time (unix ms) before each. */
export interface GeneratorPlan {
  readonly client: PeerProcess;
  readonly address: string;
  readonly port: number;
  readonly mayDial: (now: number) => boolean;
}

export class Generator {
  /** When each connection was about to be opened, unix ms. */
  readonly times: number[] = [];
  readonly #plan: GeneratorPlan;
  readonly #stop = new AbortController();
  #running: Promise<void> = Promise.resolve();
  #isPaused = false;

  constructor(plan: GeneratorPlan) {
    this.#plan = plan;
  }

  start(): void {
    this.#running = this.#run();
    this.#running.catch(() => undefined);
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
  }

  /** Resolves when `count` more connections were opened. */
  async grown(count: number): Promise<void> {
    const wanted = this.times.length + count;
    await waitUntil(`${count} more connections`, GROWTH_DEADLINE_MS, () =>
      this.times.length >= wanted ? true : null,
    );
  }

  /** Ends it; throws when a connection was not answered. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { client, address, port, mayDial } = this.#plan;
    while (!this.#stop.signal.aborted) {
      const now = Date.now();
      if (!this.#isPaused && mayDial(now)) {
        await mustAnswer(client, `connection ${this.times.length + 1}`, { op: 'dial', address, port });
        this.times.push(now);
      }
      await delay(PACE_MS);
    }
  }
}
