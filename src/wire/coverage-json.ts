/** What was looked at and what was not, as the API prints it: windows by node, losses, blind nodes, flows without a name. */
import { z } from 'zod';
import { instant, listOf } from './listing.ts';
import { heldBackJson } from './workload-coverage-json.ts';

const watchJson = z.object({
  kind: z.string(),
  required: z.boolean().describe('Others are missing in some clusters, and nothing waits for them.'),
  synced: z.boolean().describe('All of its objects have been told since the start.'),
  objects: z.number().describe('Objects of the kind that are known at this moment.'),
  progressAgeMs: z
    .number()
    .nullable()
    .describe('Since the last list, event or bookmark; a quiet kind makes progress about once a minute.'),
  resourceVersion: z.string().nullable().describe('Everything up to it has been told.'),
  refreshBy: z
    .enum(['initial-events', 'list'])
    .nullable()
    .describe('How all of it was last asked for; null before the first request.'),
  relists: z.number().describe('How often all of it was asked for again, after a gap.'),
  reconnects: z.record(z.string(), z.number()).describe('Requests that had to be made anew, by cause.'),
  handlerFailures: z.number().describe('Events that could not be used.'),
  malformedLists: z.number().describe('Lists of which some items were no objects.'),
  trouble: z
    .object({ code: z.string(), detail: z.string(), since: instant })
    .nullable()
    .describe('What keeps it from being read at this moment.'),
});

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
        count: z.number().describe('Connections seen opening, and those that dumps found alive.'),
        example: z.string(),
      }),
    ),
    quarantined: listOf(heldBackJson).describe('Edges that are held back out of the drafts.'),
    watches: listOf(watchJson).describe('One for each kind of object that is watched; none in a replay.'),
    apiServers: listOf(
      z.object({
        server: z.string().describe('Its address, as `https://10.96.0.1:443`; several may stand behind it.'),
        clockOffsetMs: z
          .number()
          .nullable()
          .describe("To add to the server's clock to get the API server's, by the Date of its answers."),
        clockUncertaintyMs: z.number().nullable().describe('The offset is surely within so much.'),
        measuredAt: instant.nullable(),
      }),
    ),
    otherPolicies: listOf(z.object({ group: z.string(), kind: z.string() }))
      .nullable()
      .describe(
        'Other kinds of network policy that the cluster has objects of; no verdict regards them. Null when nobody could look.',
      ),
    batches: z.object({
      accepted: z.number().describe('Ever, each once.'),
      pending: z.number().describe('Accepted and not yet attributed.'),
    }),
  })
  .meta({ id: 'Coverage', description: 'How much was really seen. Nothing here enters a rule.' });

export type CoverageJson = z.output<typeof coverageJson>;
