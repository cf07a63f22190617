/** Coverage of a workload as two routes print it. */
import type { z } from 'zod';
import type { WorkloadCoverage } from '../../recommend/coverage.ts';
import type { workloadCoverageJson } from '../../wire/workload-coverage-json.ts';

/** Digits of hours and shares: under four seconds of one pod. */
const DIGITS = 3;
const SHARE_DIGITS = 4;

/** Shares are cut, never rounded: what was not observed whole is never 1. */
export function printWorkloadCoverage(coverage: WorkloadCoverage): z.output<typeof workloadCoverageJson> {
  const { podHours, observedPodHours } = coverage;
  return {
    ...coverage,
    podHours: cut(podHours, DIGITS),
    observedPodHours: cut(observedPodHours, DIGITS),
    share: podHours === 0 ? null : cut(Math.min(1, observedPodHours / podHours), SHARE_DIGITS),
  };
}

function cut(value: number, digits: number): number {
  return Math.floor(value * 10 ** digits) / 10 ** digits;
}
