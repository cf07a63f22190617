/** GET /api/v1/namespaces: every namespace known, with how much was seen and drafted in it. */
import { z } from 'zod';
import { API_PATHS, namespacesPage } from '../../wire/api.ts';
import { problemResponses } from '../problem-json.ts';
import { pageOfRows, pageQuery } from './page.ts';
import { okJson } from './route.ts';
import type { ApiScope } from './route.ts';

export interface NamespaceRow {
  readonly name: string;
  readonly workloads: number;
  /** Edges with at least one end in it. */
  readonly edges: number;
  readonly drafts: number;
  readonly omitted: number;
}

export interface NamespacesSource {
  namespaces(): readonly NamespaceRow[];
}

export function namespacesRoute(app: ApiScope, source: NamespacesSource): void {
  app.get(
    API_PATHS.namespaces,
    {
      schema: {
        operationId: 'listNamespaces',
        summary: 'Namespaces, by name',
        tags: ['traffic'],
        querystring: z.strictObject(pageQuery),
        response: {
          200: okJson('One page of namespaces.', namespacesPage),
          ...problemResponses(400, 403, 414, 500),
        },
      },
    },
    async (request) => {
      const { rows, next } = pageOfRows(source.namespaces(), (row) => row.name, request.query);
      return { items: rows, next };
    },
  );
}
