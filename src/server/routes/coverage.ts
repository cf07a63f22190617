/** GET /api/v1/coverage: what was looked at, what was lost, what has no name. Honesty in numbers (DESIGN.md section 8). */
import { z } from 'zod';
import { API_PATHS } from '../../wire/api.ts';
import { coverageJson } from '../../wire/coverage-json.ts';
import type { CoverageJson } from '../../wire/coverage-json.ts';
import { rfc3339, rfc3339OrNull } from '../../wire/listing.ts';
import type { HeldBackEdge } from '../../recommend/draft.ts';
import { problemResponses } from '../problem-json.ts';
import { okJson } from './route.ts';
import type { ApiScope } from './route.ts';

export interface NodeCoverage {
  readonly node: string;
  /** Unix ms, ascending, disjoint. */
  readonly windows: readonly { readonly start: number; readonly end: number }[];
  /** Events the kernel dropped on the agent's socket. */
  readonly dropped: number;
  /** Entries left out, by reason. */
  readonly skipped: Readonly<Record<string, number>>;
}

/** How one kind of object is known; DESIGN section 8: a late watch is a number on the page. */
export interface WatchCoverage {
  readonly kind: string;
  readonly required: boolean;
  readonly synced: boolean;
  readonly objects: number;
  readonly progressAgeMs: number | null;
  readonly resourceVersion: string | null;
  readonly refreshBy: 'initial-events' | 'list' | null;
  readonly relists: number;
  readonly reconnects: Readonly<Record<string, number>>;
  readonly handlerFailures: number;
  readonly malformedLists: number;
  /** `since` is unix ms. */
  readonly trouble: { readonly code: string; readonly detail: string; readonly since: number } | null;
}

export interface WatchReport {
  readonly watches: readonly WatchCoverage[];
  readonly apiServers: readonly {
    readonly server: string;
    readonly clockOffsetMs: number | null;
    readonly clockUncertaintyMs: number | null;
    /** Unix ms. */
    readonly measuredAt: number | null;
  }[];
}

export interface CoverageReport extends WatchReport {
  /** Null when nobody looked for them. */
  readonly otherPolicies: readonly { readonly group: string; readonly kind: string }[] | null;
  /** Unix ms of everything seen; null before the first batch. */
  readonly windowStart: number | null;
  readonly windowEnd: number | null;
  readonly nodes: readonly NodeCoverage[];
  readonly blindNodes: readonly string[];
  readonly unattributed: readonly {
    readonly reason: string;
    readonly end: 'client' | 'server' | 'flow';
    readonly count: number;
    readonly example: string;
  }[];
  readonly quarantined: readonly HeldBackEdge[];
  readonly batches: { readonly accepted: number; readonly pending: number };
}

export interface CoverageSource {
  coverage(): CoverageReport;
}

export function coverageRoute(app: ApiScope, source: CoverageSource): void {
  app.get(
    API_PATHS.coverage,
    {
      schema: {
        operationId: 'getCoverage',
        summary: 'How much was really seen',
        tags: ['traffic'],
        querystring: z.strictObject({}),
        response: {
          200: okJson('What was looked at and what was not.', coverageJson),
          ...problemResponses(400, 403, 414, 500),
        },
      },
    },
    async () => printCoverage(source.coverage()),
  );
}

function printCoverage(report: CoverageReport): CoverageJson {
  return {
    ...report,
    windowStart: rfc3339OrNull(report.windowStart),
    windowEnd: rfc3339OrNull(report.windowEnd),
    nodes: report.nodes.map((node) => ({
      ...node,
      windows: node.windows.map(({ start, end }) => ({ start: rfc3339(start), end: rfc3339(end) })),
    })),
    watches: report.watches.map(({ trouble, ...watch }) => ({
      ...watch,
      trouble: trouble === null ? null : { ...trouble, since: rfc3339(trouble.since) },
    })),
    apiServers: report.apiServers.map(({ measuredAt, ...server }) => ({
      ...server,
      measuredAt: rfc3339OrNull(measuredAt),
    })),
  };
}
