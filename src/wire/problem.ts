/** RFC 9457 problem documents: how every error of the API is told. */
import { z } from 'zod';
import { listOf } from './listing.ts';

export const PROBLEM_MEDIA_TYPE = 'application/problem+json';

export const problemJson = z
  .object({
    type: z.string().describe('A URN that ends in the code; it is a name, not an address.'),
    title: z.string().describe('The same for every occurrence of the code.'),
    status: z.int().min(400).max(599),
    detail: z.string().describe('What went wrong, and where.'),
    code: z.string().describe('Stable, kebab-case, for programs.'),
    hint: z.string().optional().describe('What to do about it.'),
    errors: listOf(
      z.object({
        at: z.string().describe('The query parameter, as `query.limit`; `query` for unknown ones.'),
        message: z.string(),
      }),
    )
      .optional()
      .describe('Each thing wrong with the request; only with code `invalid-request`.'),
    problems: listOf(
      z.object({
        item: z.int().describe('Index of the policy in `policies.items`.'),
        field: z.string().describe('As in `spec.ingress[0].ports[1].port`.'),
        message: z.string(),
      }),
    )
      .optional()
      .describe('Each thing wrong with the policies given; only with code `invalid-policies`.'),
  })
  .meta({
    id: 'Problem',
    description: 'A problem document (RFC 9457).',
    examples: [
      {
        type: 'urn:netscribe:problem:unknown-namespace',
        title: 'Unknown namespace',
        status: 404,
        detail: 'No namespace "shp" is known here. Nearest in spelling: shop.',
        code: 'unknown-namespace',
      },
    ],
  });

export type Problem = z.output<typeof problemJson>;
