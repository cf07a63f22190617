/** GET /healthz: the process answers. It says nothing of how much is seen; /api/v1/coverage does. */
import { z } from 'zod';
import { API_PATHS, healthJson } from '../../wire/api.ts';
import { problemResponses } from '../problem-json.ts';
import { okJson } from './route.ts';
import type { ApiScope } from './route.ts';

export function healthRoute(app: ApiScope, version: string): void {
  app.get(
    API_PATHS.health,
    {
      schema: {
        operationId: 'getHealth',
        summary: 'Whether the server answers',
        tags: ['server'],
        querystring: z.strictObject({}),
        response: { 200: okJson('It answers.', healthJson), ...problemResponses(400, 403, 500) },
      },
    },
    async () => ({ status: 'ok' as const, version }),
  );
}
