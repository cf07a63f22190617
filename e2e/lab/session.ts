// A lab from its lock to its last namespace: one at a time on a machine, and nothing stays behind, however it ends.
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Lab } from './lab.ts';
import { NAMESPACE_STEM, removeDeadBenches, removeNamespaces, takeLock } from './preflight.ts';

const SCRATCH_STEM = 'netscribe-lab-';
const INTERRUPTS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
/** What shells report of a program that SIGINT ended. */
const INTERRUPTED_EXIT_CODE = 130;

/** The processes that watch a world. */
export interface Watchers {
  /** Ends all of them at once, without waiting. */
  readonly kill: () => void;
  readonly close: () => Promise<void>;
}

/** One world of a session. */
export interface LabWorld {
  readonly lab: Lab;
  /** A scratch folder for logs and databases. */
  readonly folder: string;
  /** A folder in it for the recording: a capture with its truth. */
  readonly capture: string;
  /** To be told which processes watch the world, so that they end with it. */
  readonly running: (watchers: Watchers) => void;
  /** Aborted when the lab is interrupted. */
  readonly signal: AbortSignal;
}

/** Holds the machine's lab lock. An interrupt removes everything, releases the lock and ends the process. */
export class Session {
  readonly #release = takeLock();
  readonly #interruption = new AbortController();
  #clear = (): void => undefined;

  /** Removes what dead labs and benches left. Throws when another lab is alive. */
  constructor() {
    for (const each of INTERRUPTS) process.on(each, this.#interrupt);
    removeNamespaces(NAMESPACE_STEM);
    removeDeadBenches();
    for (const name of readdirSync(tmpdir()).filter((each) => each.startsWith(SCRATCH_STEM)))
      rmSync(join(tmpdir(), name), { recursive: true, force: true });
  }

  /** Does `work` in a world that is removed when it ends. `accounting`: see Topology. */
  async inWorld<T>(accounting: boolean, work: (world: LabWorld) => Promise<T>): Promise<T> {
    const folder = mkdtempSync(join(tmpdir(), SCRATCH_STEM));
    const lab = new Lab(accounting);
    let watchers: Watchers | undefined;
    this.#clear = () => {
      watchers?.kill();
      lab.topology.down();
      // A process that was killed just now may still finish a file.
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    };
    const { signal } = this.#interruption;
    try {
      return await work({
        lab,
        folder,
        capture: join(folder, 'capture'),
        running: (each) => (watchers = each),
        signal,
      });
    } finally {
      await watchers?.close();
      await lab.down();
      this.#clear();
    }
  }

  /** Releases the lock. */
  close(): void {
    this.#release();
    for (const each of INTERRUPTS) process.off(each, this.#interrupt);
  }

  /** Runs to its end without a pause, so that a second signal interrupts nothing. */
  readonly #interrupt = (): void => {
    this.#interruption.abort();
    this.#clear();
    this.#release();
    process.exit(INTERRUPTED_EXIT_CODE);
  };
}
