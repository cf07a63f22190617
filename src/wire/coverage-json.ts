/** What was looked at and what was not, as the API prints it: windows by node, losses, blind nodes, flows without a name. */
import { z } from 'zod';
import { instant, listOf } from './listing.ts';

export const coverageJson = z
  .object({
    windowStart: instant.nullable().describe('Of everything seen; null before the first batch.'),
    windowEnd: instant.nullable(),
    nodes: listOf(
      z.object({
        node: z.string(),
        windows: listOf(z.object({ start: instant, end: instant })).describe('When its agent looked.'),
        dropped: z.number().describe("Events the kernel dropped on the agent's socket."),
        skipped: z.record(z.string(), z.number()).describe('Entries left out, by reason.'),
      }),
    ),
    blindNodes: listOf(z.string()).describe('Nodes that nobody looked at.'),
    unattributed: listOf(
      z.object({
        reason: z.string(),
        end: z.enum(['client', 'server', 'flow']).describe('Which end has no name.'),
        count: z.number(),
        example: z.string(),
      }),
    ),
    quarantined: listOf(z.object({ edge: z.string(), reason: z.string() })),
    batches: z.object({
      accepted: z.number(),
      pending: z.number().describe('Accepted and not yet attributed.'),
    }),
  })
  .meta({ id: 'Coverage', description: 'How much was really seen. Nothing here enters a rule.' });

export type CoverageJson = z.output<typeof coverageJson>;
