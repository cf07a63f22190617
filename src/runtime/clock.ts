/**
 * The one clock of a process: the wall clock for what is told to others, and waiting. Nothing else in `src` asks the system
 * what time it is, so that the clock of a whole process can be put wrong for a test.
 */
import { setTimeout as delay } from 'node:timers/promises';

/** Ms by which this process's wall clock is put wrong, in the environment: only a test sets it. */
export const CLOCK_OFFSET_VARIABLE = 'NETSCRIBE_CLOCK_OFFSET_MS';

/** Ms to add to the system's wall clock to have this process's; 0 but in a test. */
export const clockOffsetMs = offsetOf(process.env[CLOCK_OFFSET_VARIABLE]);

/** Unix ms by this process's wall clock, which may step in both directions. */
export function wallClock(): number {
  return Date.now() + clockOffsetMs;
}

/** Says so when this process's clock is put wrong: outside a test everything it dates is wrong by as much. */
export function warnOfOffset(log: { warn(fields: object, message: string): void }): void {
  if (clockOffsetMs !== 0)
    log.warn(
      { offsetMs: clockOffsetMs, hint: `unset ${CLOCK_OFFSET_VARIABLE}` },
      'the clock is put wrong on purpose, as for a test',
    );
}

export interface Clock {
  /** Unix ms by the wall clock, which may step in both directions. */
  now(): number;
  /** Resolves after `ms`, or as soon as the signal is aborted; never rejects. Not held up by steps of the wall clock. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

export const systemClock: Clock = {
  now: wallClock,
  async sleep(ms, signal) {
    try {
      await delay(ms, undefined, { signal });
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  },
};

/** Throws a RangeError for what is no whole number of milliseconds. */
function offsetOf(text: string | undefined): number {
  if (text === undefined || text === '') return 0;
  const offset = Number(text);
  if (!Number.isSafeInteger(offset))
    throw new RangeError(`${CLOCK_OFFSET_VARIABLE} is no whole number of milliseconds: ${text}`);
  return offset;
}
