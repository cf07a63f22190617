/** Asks again and again which other kinds of network policy there are, and remembers what it last found out. */
import { setTimeout as sleep } from 'node:timers/promises';
import { ApiFailure, failureOfError } from './api-failure.ts';
import type { ApiTransport } from './api-transport.ts';
import { findOtherPolicies } from './other-policies.ts';
import type { OtherPolicyKind } from './other-policies.ts';
import { Backoff, DEFAULT_TIMING } from './reflector-timing.ts';
import type { ReflectorTiming } from './reflector-timing.ts';
import type { Trouble } from './reflector-sink.ts';

export interface DiscoveryStatus {
  /** What was last found out; null before that. */
  readonly found: readonly OtherPolicyKind[] | null;
  /** Unix ms at which `found` was found out. */
  readonly foundAt: number | null;
  /** Why the last attempt failed; null when it did not. */
  readonly trouble: Trouble | null;
}

export interface DiscoveryOptions {
  readonly signal: AbortSignal;
  readonly now: () => number;
  readonly timing?: Partial<ReflectorTiming>;
  /** After each attempt. */
  readonly tell: (status: DiscoveryStatus) => void;
}

/** Runs until aborted; never rejects. A failure keeps what was known. */
export async function discover(transport: ApiTransport, options: DiscoveryOptions): Promise<void> {
  const timing = { ...DEFAULT_TIMING, ...options.timing };
  const backoff = new Backoff(timing);
  const { signal, now } = options;
  let status: DiscoveryStatus = { found: null, foundAt: null, trouble: null };
  while (!signal.aborted) {
    let waitMs = timing.discoveryMs;
    try {
      const found = await findOtherPolicies({ transport, signal, now, idleMs: timing.idleMs });
      status = { found, foundAt: now(), trouble: null };
      backoff.reset();
    } catch (error) {
      const failure =
        error instanceof ApiFailure
          ? error
          : new ApiFailure('unexpected', failureOfError(error, 'answer').message);
      waitMs = backoff.after(failure);
      status = { ...status, trouble: { code: failure.code, detail: failure.message, retryInMs: waitMs } };
    }
    // Who closes it is told nothing any more, least of all of the request that it thereby ended.
    if (signal.aborted) return;
    options.tell(status);
    await sleep(waitMs, undefined, { signal }).catch(() => undefined);
  }
}
