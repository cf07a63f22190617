/** The one clock of a process: the wall clock for what is told to others, and waiting. Tests bring their own. */
import { setTimeout as delay } from 'node:timers/promises';

export interface Clock {
  /** Unix ms by the wall clock, which may step in both directions. */
  now(): number;
  /** Resolves after `ms`, or as soon as the signal is aborted; never rejects. Not held up by steps of the wall clock. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  async sleep(ms, signal) {
    try {
      await delay(ms, undefined, { signal });
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  },
};
