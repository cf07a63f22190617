/** GET /api/v1/workloads: every workload known, with its pods, its edges and whether it got a draft. */
import { z } from 'zod';
import { workloadKey, workloadTitle } from '../../domain/workload.ts';
import type { WorkloadRef } from '../../domain/workload.ts';
import type { LabelSelector } from '../../netpol/policy.ts';
import type { WorkloadCoverage } from '../../recommend/coverage.ts';
import type { Readiness } from '../../recommend/draft.ts';
import { API_PATHS, workloadsPage } from '../../wire/api.ts';
import type { WorkloadJson } from '../../wire/api.ts';
import { problemResponses } from '../problem-json.ts';
import { namespaceQuery, requireKnown, workloadQuery } from './filters.ts';
import type { KnownNames } from './filters.ts';
import { pageOfRows, pageQuery } from './page.ts';
import { okJson } from './route.ts';
import { printWorkloadCoverage } from './workload-coverage.ts';
import type { ApiScope } from './route.ts';

export interface WorkloadRow {
  readonly workload: WorkloadRef;
  readonly pods: number;
  /** Labels that select exactly its pods; null when there are none. */
  readonly selector: LabelSelector | null;
  readonly hostNetwork: boolean;
  readonly edgesIn: number;
  readonly edgesOut: number;
  readonly draft: 'draft' | 'omitted' | 'none';
  /** Null when nobody knows who watched what. */
  readonly coverage: WorkloadCoverage | null;
  readonly readiness: Readiness;
}

export interface WorkloadsSource {
  workloads(): readonly WorkloadRow[];
}

export function workloadsRoute(app: ApiScope, source: WorkloadsSource & KnownNames): void {
  app.get(
    API_PATHS.workloads,
    {
      schema: {
        operationId: 'listWorkloads',
        summary: 'Workloads, by namespace, kind and name',
        tags: ['traffic'],
        querystring: z.strictObject({ namespace: namespaceQuery, workload: workloadQuery, ...pageQuery }),
        response: {
          200: okJson('One page of workloads.', workloadsPage),
          ...problemResponses(400, 403, 404, 414, 500),
        },
      },
    },
    async (request) => {
      const { namespace, workload, ...page } = request.query;
      requireKnown(source, { namespace, workload });
      const matching = source
        .workloads()
        .filter((row) => namespace === undefined || row.workload.namespace === namespace)
        .filter((row) => workload === undefined || row.workload.name === workload);
      const { rows, next } = pageOfRows(matching, (row) => workloadKey(row.workload), page);
      return { items: rows.map(printRow), next };
    },
  );
}

function printRow(row: WorkloadRow): WorkloadJson {
  const coverage = row.coverage === null ? null : printWorkloadCoverage(row.coverage);
  return { ...row, title: workloadTitle(row.workload), coverage };
}
