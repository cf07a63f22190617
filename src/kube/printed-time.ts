/** Times as clocks printed them, brought to ours. */
import type { ClockReading } from '../identity/fact-clock.ts';
import { optionalTimeOf } from './object.ts';

/** How far off the times may be that these clocks printed; nothing when both are exact. */
export function doubtOf(
  api: ClockReading,
  node: ClockReading,
): { doubt?: { apiMs: number; nodeMs: number } } {
  const doubt = { apiMs: api.uncertaintyMs, nodeMs: node.uncertaintyMs };
  return doubt.apiMs === 0 && doubt.nodeMs === 0 ? {} : { doubt };
}

/** Reads times of this clock as ours. */
export function timeReader(clock: ClockReading): (text: string | null | undefined) => number | null {
  return (text) => {
    const at = optionalTimeOf(text);
    // A container whose status was lost is said to have ended in year 1.
    return at === null || at <= 0 ? null : at + clock.offsetMs;
  };
}
