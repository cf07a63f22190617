// Waiting for a condition, with an end.
import { setTimeout as delay } from 'node:timers/promises';

const POLL_MS = 100;

/**
 * Asks again and again until `ask` gives something that is not null, and returns it. Throws after `deadlineMs` with `what` and
 * the last reason that `ask` noted.
 */
export async function waitUntil<T>(
  what: string,
  deadlineMs: number,
  ask: (note: (reason: string) => void) => Promise<T | null> | T | null,
): Promise<T> {
  const deadline = Date.now() + deadlineMs;
  let reason = '';
  for (;;) {
    const found = await ask((text) => {
      reason = text;
    });
    if (found !== null) return found;
    if (Date.now() > deadline)
      throw new Error(`${what}: not within ${deadlineMs / 1000} s${reason === '' ? '' : `: ${reason}`}`);
    await delay(POLL_MS);
  }
}
