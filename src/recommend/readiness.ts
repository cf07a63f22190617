/**
 * Whether a draft can be signed: long enough, quiet long enough, a start and a termination seen whole, nobody blind, CronJobs
 * run (DESIGN section 6). It judges figures that others measured; what is missing is said with what would complete it.
 */
import type { Edge } from '../domain/edge.ts';
import { HOUR_MS } from '../domain/edge.ts';
import { READINESS_MEANINGS } from './caveat-codes.ts';
import type { ReadinessCode } from './caveat-codes.ts';
import type { WorkloadCoverage } from './coverage.ts';
import type { Readiness, ReadinessReason } from './draft.ts';
import type { Span } from './history.ts';
import { LEARNING_WINDOW_MS } from './learning-window.ts';
import { isBetweenWorkloads, needClass } from './need-class.ts';
import type { ExposedPorts } from './need-class.ts';

/** A workload that got no new edge for this long has shown what it does. */
const QUIET_MS = 48 * HOUR_MS;

export interface ReadinessInput {
  readonly window: Span;
  /** How long a window was asked for, ms; less than 7 days counts as 7. */
  readonly learningWindowMs: number;
  /** Needed edges at either end of the workload. */
  readonly edges: readonly Edge[];
  readonly exposed: ExposedPorts;
  /** Null when nobody knows who watched what. */
  readonly coverage: WorkloadCoverage | null;
  /** Names of CronJobs that did not run: of the namespace, and the workload itself if it is one. */
  readonly idleCronJobs: readonly string[];
}

export function readinessOf(input: ReadinessInput): Readiness {
  const { window, learningWindowMs, coverage } = input;
  const reasons: ReadinessReason[] = [];
  if (window.end - window.start < Math.max(learningWindowMs, LEARNING_WINDOW_MS))
    reasons.push(reason('window'));
  if (coverage === null) reasons.push(reason('not-assessed'));
  else {
    if (newestNeed(input) > window.end - QUIET_MS) reasons.push(reason('new-edges'));
    if (coverage.starts.whole === 0) reasons.push(reason('no-start-seen'));
    if (coverage.terminations.whole === 0) reasons.push(reason('no-termination-seen'));
    if (coverage.blindNodes.length > 0) reasons.push(reason('blind-nodes', coverage.blindNodes));
    if (input.idleCronJobs.length > 0) reasons.push(reason('cronjobs-not-run', input.idleCronJobs));
  }
  return reasons.length === 0 ? { state: 'ready' } : { state: 'incomplete', reasons };
}

function reason(code: ReadinessCode, names: readonly string[] = []): ReadinessReason {
  const { sentence, completedBy } = READINESS_MEANINGS[code];
  return { code, sentence, completedBy, ...(names.length > 0 && { names }) };
}

/** When something was needed for the first time that no rule named before; unix ms. Rotating addresses are nothing new. */
function newestNeed({ edges, exposed }: ReadinessInput): number {
  const firstSeen = new Map<string, number>();
  let newest = Number.NEGATIVE_INFINITY;
  for (const edge of edges) {
    if (isBetweenWorkloads(edge)) {
      newest = Math.max(newest, edge.firstSeen);
      continue;
    }
    const key = needClass(edge, exposed);
    firstSeen.set(key, Math.min(firstSeen.get(key) ?? edge.firstSeen, edge.firstSeen));
  }
  for (const at of firstSeen.values()) newest = Math.max(newest, at);
  return newest;
}
