/** How much of a workload was really observed, and whether its draft is ready, as the API prints it. */
import { z } from 'zod';
import { QUARANTINE_REASONS } from '../domain/quarantine-reason.ts';
import { listOf } from './listing.ts';

const names = listOf(z.string())
  .optional()
  .describe(
    'What it is about, sorted: nodes, CronJobs, ports, Services, kinds of policy. Absent where nothing is to be named.',
  );

export const caveatJson = z
  .object({
    code: z.string().describe('Stable, for programs.'),
    sentence: z.string().describe('For the reviewer.'),
    names,
  })
  .meta({ id: 'Caveat', description: 'Something a reviewer must know.' });

const seenWhole = z.object({
  total: z.number().describe('Pods by the bounds of their leases.'),
  whole: z.number().describe('Of these, those during which the agent of the node looked and lost nothing.'),
});

export const workloadCoverageJson = z
  .object({
    pods: z.number().describe('Distinct pods (by uid) with a lease of an address in the learning window.'),
    podHours: z
      .number()
      .describe(
        'Sum of the hours in which these pods held an address, from `heldFrom` to the end of the lease, within the window.',
      ),
    observedPodHours: z
      .number()
      .describe(
        "Of these, hours covered by batch windows of the agent on the pod's node; a batch window in which the kernel dropped events does not count.",
      ),
    share: z
      .number()
      .nullable()
      .describe('observedPodHours by podHours, four digits, cut; null when no pod lived in the window.'),
    starts: seenWhole.describe(
      'Pods that started in the window; whole from before they could have an address until one minute after they surely had it.',
    ),
    terminations: seenWhole.describe(
      'Pods that went in the window; whole from 30 s before the last sign of life until they were surely gone.',
    ),
    olderThanAgent: z
      .boolean()
      .describe('A pod of it held an address before the first batch window of its node.'),
    blindNodes: listOf(z.string()).describe(
      'Nodes that host it and of which no batch window covers any of that time, or of which the last is over 10 minutes old.',
    ),
    lossyNodes: listOf(z.string()).describe(
      'Nodes of which a batch window tells of dropped events while they hosted it.',
    ),
  })
  .meta({
    id: 'WorkloadCoverage',
    description: 'How much of a workload was really observed, by leases and batch windows.',
  });

export const readinessJson = z
  .discriminatedUnion('state', [
    z.object({ state: z.literal('ready') }),
    z.object({
      state: z.literal('incomplete'),
      reasons: listOf(
        z.object({
          ...caveatJson.shape,
          completedBy: z.string().describe('What would complete it, as `Restart one pod.`'),
        }),
      ),
    }),
  ])
  .meta({
    id: 'Readiness',
    description:
      'Ready: 7 days recorded, no new edge for 48 hours, a start and a termination observed whole, no blind node that hosts it, every CronJob of its namespace run.',
  });

export const quarantineReasonJson = z.enum(QUARANTINE_REASONS).describe('Why it is held back.');

export const heldBackJson = z
  .object({
    edge: z.string().describe('Its key, to be given as `include` to take it in.'),
    reason: quarantineReasonJson,
    sentence: z.string(),
  })
  .meta({
    id: 'HeldBackEdge',
    description: 'Recorded, and not allowed by the draft until a person takes it in.',
  });

export const unusedJson = z.object({
  ports: listOf(z.string()).describe(
    'Container ports that its pods declare and no needed edge uses, as `8080/tcp`.',
  ),
  services: listOf(z.string()).describe(
    'Services of its namespace that select it and through which no needed edge was dialled.',
  ),
});
