/** GET /api/v1/edges/evidence: the leases and nodes that one edge rests on, hour by hour. */
import { z } from 'zod';
import { ProblemError } from '../../domain/problem.ts';
import { API_PATHS, evidencePage } from '../../wire/api.ts';
import { printEvidence } from '../../wire/evidence-json.ts';
import type { EvidenceRow } from '../../domain/edge-evidence.ts';
import { problemResponses, shorten } from '../problem-json.ts';
import { pageQuery } from './page.ts';
import { okJson } from './route.ts';
import type { ApiScope } from './route.ts';

export interface EdgeEvidenceSource {
  /**
   * A page of what the edge with this key rests on, null when there is no such edge. The cursor is the source's own.
   * Throws a ProblemError `bad-cursor`.
   */
  evidence(
    edge: string,
    page: { readonly limit: number; readonly after: string | null },
  ): { readonly rows: readonly EvidenceRow[]; readonly next: string | null } | null;
}

/** Two workloads with the longest names that Kubernetes allows, their kinds, a port and a protocol. */
const MAX_KEY_CHARS = 1200;

export function edgeEvidenceRoute(app: ApiScope, source: EdgeEvidenceSource): void {
  app.get(
    API_PATHS.edgeEvidence,
    {
      schema: {
        operationId: 'listEdgeEvidence',
        summary: 'What one edge rests on, by hour',
        description:
          'One row for each hour, pair of leases, node that saw it, view and Service. What two nodes saw of the same pair of leases is the same connections.',
        tags: ['traffic'],
        querystring: z.strictObject({
          key: z
            .string()
            .min(1)
            .max(MAX_KEY_CHARS)
            .describe('`key` of the edge.')
            .meta({
              examples: ['workload:shop/Deployment/web -> workload:shop/StatefulSet/db:5432/tcp'],
            }),
          ...pageQuery,
        }),
        response: {
          200: okJson('One page of evidence.', evidencePage),
          ...problemResponses(400, 403, 404, 414, 500),
        },
      },
    },
    async (request) => {
      const { key, limit, cursor } = request.query;
      const page = source.evidence(key, { limit, after: cursor ?? null });
      if (page === null) {
        throw new ProblemError('unknown-edge', `There is no edge ${JSON.stringify(shorten(key))}.`, {
          hint: `${API_PATHS.edges} lists the edges with their keys.`,
        });
      }
      return { items: page.rows.map(printEvidence), next: page.next };
    },
  );
}
