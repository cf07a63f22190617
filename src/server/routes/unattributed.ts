/** GET /api/v1/unattributed: what no edge has because an end has no name, by reason, and what was taken back. */
import { z } from 'zod';
import { API_PATHS } from '../../wire/api.ts';
import {
  UNATTRIBUTED_UNIT,
  printUnattributed,
  printWithdrawn,
  unattributedPage,
  unattributedReason,
} from '../../wire/unattributed-json.ts';
import type { UnattributedSum, WithdrawnSum } from '../../wire/unattributed-json.ts';
import { verifySince } from '../../wire/verify-json.ts';
import { problemResponses } from '../problem-json.ts';
import { pageOfRows, pageQuery } from './page.ts';
import { okJson } from './route.ts';
import type { ApiScope } from './route.ts';

export interface UnattributedSource {
  /** Sums over the hours that touch `since` (an instant, or a span that counts back from the end of the record) and later; null means all. */
  unattributed(since: string | null): {
    readonly rows: readonly UnattributedSum[];
    readonly withdrawn: readonly WithdrawnSum[];
  };
}

export function unattributedRoute(app: ApiScope, source: UnattributedSource): void {
  app.get(
    API_PATHS.unattributed,
    {
      schema: {
        operationId: 'listUnattributed',
        summary: 'What could not be attributed, by reason and end',
        tags: ['traffic'],
        querystring: z.strictObject({
          reason: unattributedReason.optional().meta({ description: 'Only this reason.' }),
          since: verifySince
            .optional()
            .describe(
              'Only whole hours from here on: an instant, or a span that counts back from the end of what was recorded.',
            ),
          ...pageQuery,
        }),
        response: {
          200: okJson('One page of what could not be attributed.', unattributedPage),
          ...problemResponses(400, 403, 414, 500),
        },
      },
    },
    async (request) => {
      const { reason, since, ...page } = request.query;
      const { rows: sums, withdrawn } = source.unattributed(since ?? null);
      const wanted = sums.filter((row) => reason === undefined || row.reason === reason);
      const { rows, next } = pageOfRows(wanted, (row) => `${row.reason} ${row.end}`, page);
      return {
        items: rows.map(printUnattributed),
        next,
        unit: UNATTRIBUTED_UNIT,
        withdrawn: withdrawn.map(printWithdrawn),
      };
    },
  );
}
