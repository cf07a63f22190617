/** How often and how densely the laws of reach and comparison are tried. */

/** Fixed, so that a failure is the same for everybody. */
export const SEED = 20_261_122;
export const RUNS = 5000;
/** Ports, outside addresses and pods probed in each cluster: the next cluster takes others. */
export const PORTS_EACH = 6;
export const ADDRESSES_EACH = 2;
export const PODS_EACH = 4;
/** Milliseconds; only ends a run that hangs, for a busy machine must not fail a test. */
export const TIMEOUT = 600_000;
