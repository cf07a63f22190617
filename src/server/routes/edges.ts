/** GET /api/v1/edges: who really talked to whom, with the evidence by the hour. */
import { z } from 'zod';
import type { Edge } from '../../domain/edge.ts';
import { PROTOCOLS } from '../../domain/protocol.ts';
import type { Protocol } from '../../domain/protocol.ts';
import { API_PATHS, edgesPage } from '../../wire/api.ts';
import { printEdge, printEdgeWithHours } from '../../wire/edge-json.ts';
import { problemResponses } from '../problem-json.ts';
import { booleanQuery, namespaceQuery, requireKnown, wholeNumberQuery, workloadQuery } from './filters.ts';
import type { KnownNames } from './filters.ts';
import { pageQuery } from './page.ts';
import { okJson } from './route.ts';
import type { ApiScope } from './route.ts';

/** Namespace and workload match either end; absent means any. */
export interface EdgeFilter {
  readonly namespace?: string;
  readonly workload?: string;
  readonly protocol?: Protocol;
  readonly port?: number;
}

export interface EdgesSource {
  /** Pages by a stable unique key; the cursor is the source's own. Throws a ProblemError `bad-cursor`. */
  edges(
    filter: EdgeFilter,
    page: { readonly limit: number; readonly after: string | null },
  ): { readonly edges: readonly Edge[]; readonly next: string | null };
}

/** Edges of one page with hours: a week of hours for 1,000 edges was measured at 15 MB and 0.8 s on the main thread. */
const MAX_WITH_HOURS = 100;

const portQuery = wholeNumberQuery(1, 65535)
  .optional()
  .meta({ description: "Only this port of the server's side, after DNAT.", examples: [8080] });

export function edgesRoute(app: ApiScope, source: EdgesSource & KnownNames): void {
  app.get(
    API_PATHS.edges,
    {
      schema: {
        operationId: 'listEdges',
        summary: 'Edges, in a stable order',
        description: 'A namespace or workload filter matches either end.',
        tags: ['traffic'],
        querystring: z.strictObject({
          namespace: namespaceQuery,
          workload: workloadQuery,
          protocol: z.enum(PROTOCOLS).optional().describe('Only this protocol.'),
          port: portQuery,
          'with-hours': booleanQuery
            .default(false)
            .describe(`Add the counts of each hour; a page then holds ${MAX_WITH_HOURS} edges at most.`),
          ...pageQuery,
        }),
        response: {
          200: okJson('One page of edges.', edgesPage),
          ...problemResponses(400, 403, 404, 414, 500),
        },
      },
    },
    async (request) => {
      const { limit, cursor, namespace, workload, protocol, port, 'with-hours': withHours } = request.query;
      requireKnown(source, { namespace, workload });
      const filter: EdgeFilter = {
        ...(namespace !== undefined && { namespace }),
        ...(workload !== undefined && { workload }),
        ...(protocol !== undefined && { protocol }),
        ...(port !== undefined && { port }),
      };
      const { edges, next } = source.edges(filter, {
        limit: withHours ? Math.min(limit, MAX_WITH_HOURS) : limit,
        after: cursor ?? null,
      });
      return { items: edges.map(withHours ? printEdgeWithHours : printEdge), next };
    },
  );
}
