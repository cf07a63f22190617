/** GET /api/v1/policies.yaml: the drafts as multi-document YAML that `kubectl apply -f` accepts. */
import { z } from 'zod';
import type { Omission } from '../../recommend/draft.ts';
import { API_PATHS, OMITTED_HEADER } from '../../wire/api.ts';
import { problemResponses } from '../problem-json.ts';
import { askedDrafts, askedDraftsQuery } from './asked-drafts.ts';
import type { AskedDrafts } from './asked-drafts.ts';
import { booleanQuery, namespaceQuery, requireKnown } from './filters.ts';
import type { KnownNames } from './filters.ts';
import type { ApiScope } from './route.ts';

export interface PoliciesYamlSource {
  /** The same bytes for the same drafts. A workload without a draft stands in its place as a comment. */
  policiesYaml(
    namespace: string | null,
    options: { readonly withEvidence: boolean; readonly asked: AskedDrafts },
  ): { readonly yaml: string; readonly omitted: readonly Omission[] };
}

/** RFC 9512. */
const YAML_MEDIA_TYPE = 'application/yaml';

export function policiesYamlRoute(app: ApiScope, source: PoliciesYamlSource & KnownNames): void {
  app.get(
    API_PATHS.policiesYaml,
    {
      schema: {
        operationId: 'getPoliciesYaml',
        summary: 'Drafted policies as YAML',
        description:
          'Carries only what does not move with traffic, unless evidence is asked for. A workload without a draft ' +
          'is a comment that says why; the header Netscribe-Omitted counts them and is absent when there is none.',
        tags: ['policies'],
        querystring: z.strictObject({
          namespace: namespaceQuery,
          ...askedDraftsQuery,
          'with-evidence': booleanQuery
            .default(false)
            .meta({ description: 'Add the numbers behind each rule as comments.', examples: ['true'] }),
        }),
        response: {
          200: {
            description: 'A stream of NetworkPolicy documents.',
            content: { [YAML_MEDIA_TYPE]: { schema: z.string() } },
          },
          ...problemResponses(400, 403, 404, 414, 500),
        },
      },
    },
    async (request, reply) => {
      const { namespace, 'with-evidence': withEvidence } = request.query;
      requireKnown(source, { namespace });
      const { yaml, omitted } = source.policiesYaml(namespace ?? null, {
        withEvidence,
        asked: askedDrafts(request.query),
      });
      if (omitted.length > 0) reply.header(OMITTED_HEADER, omitted.length);
      return reply.type(YAML_MEDIA_TYPE).send(yaml);
    },
  );
}
