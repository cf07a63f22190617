/** POST /api/v1/verify as both sides of it see it: what is asked, and what would break, be opened, or stay unknown. */
import { z } from 'zod';
import { QUARANTINE_REASONS } from '../domain/quarantine-reason.ts';
import { caveatJson } from './workload-coverage-json.ts';
import { edgeKeyJson } from './edge-json.ts';
import { identityJson, protocolJson } from './identity-json.ts';
import { instant, listOf } from './listing.ts';

/** A policy for each workload of the largest cluster netscribe is built for. */
export const MAX_VERIFY_POLICIES = 10_000;
/** Bytes of a request: 10,000 policies of a kilobyte and a half, ten times what drafts have. */
export const MAX_VERIFY_BYTES = 16 << 20;
/** Rows of each list of the answer; what is left out is counted. */
export const MAX_VERIFY_ROWS = 5_000;

/** `7d`, `36h`, `90m`, or an instant. Spans count back from the end of what was recorded. */
export const verifySince = z
  .union([z.string().regex(/^[1-9][0-9]{0,4}[mhdw]$/), z.iso.datetime({ offset: true })], {
    error: 'must be an instant as 2026-11-03T09:00:00Z, or a span as 7d, 36h or 90m',
  })
  .meta({ examples: ['7d', '2026-11-03T09:00:00Z'] });

export const verifyRequestJson = z
  .strictObject({
    policies: z
      .discriminatedUnion('kind', [
        z.strictObject({
          kind: z.literal('given'),
          items: listOf(z.unknown())
            .refine((items) => items.length <= MAX_VERIFY_POLICIES, `at most ${MAX_VERIFY_POLICIES} policies`)
            .describe('networking.k8s.io/v1 NetworkPolicies, checked as the API server checks them.'),
        }),
        z.strictObject({ kind: z.literal('drafts') }),
        z.strictObject({ kind: z.literal('in-force') }),
      ])
      .describe('Which policies are judged.'),
    mode: z
      .enum(['together', 'instead'])
      .default('together')
      .describe(
        'Beside the policies in force, of which one with the same namespace and name is replaced; or instead of all those in the namespaces that are judged.',
      ),
    namespace: z
      .string()
      .min(1)
      .max(63)
      .optional()
      .describe('Only the policies of this namespace, and only edges with an end in it.'),
    since: verifySince
      .default('7d')
      .describe('Start of the window, in whole hours; spans count back from the end of what was recorded.'),
    explain: z
      .string()
      .min(1)
      .max(700)
      .optional()
      .describe('One connection to tell in words: `shop/web -> shop/db:5432`, with `/udp` for UDP.'),
  })
  .meta({ id: 'VerifyRequest', examples: [{ policies: { kind: 'drafts' }, namespace: 'shop' }] });

const counts = {
  opened: z.number().describe('Connections seen opening in the window.'),
  present: z
    .number()
    .describe('Most connections that one look at the kernel table found alive in the window.'),
  answered: z.number().describe('Of the connections seen in the window, those that were answered.'),
  firstSeen: instant.describe('Ever, also before the window.'),
  lastSeen: instant,
};

const need = z
  .enum(['needed', 'unanswered', ...QUARANTINE_REASONS])
  .describe('Unanswered TCP and what is held back out of the drafts are noise: they do not break.');

const recordedEdge = { key: z.string(), ...edgeKeyJson.shape, need, ...counts };

export const deniedEdgeJson = z
  .object({
    ...recordedEdge,
    breaks: z.boolean().describe('Needed, and not denied before the change.'),
    deniedBefore: z.boolean().describe('The policies before the change deny it as well.'),
    ways: z
      .enum(['all', 'some'])
      .describe(
        'Whether it is denied between all pods it has now and however it was seen, or for some only.',
      ),
    sides: listOf(
      z.object({
        side: z.enum(['client', 'server']).describe('At which side it is denied.'),
        seenAs: identityJson
          .nullable()
          .describe("The client as the server's side saw it; null at the client's."),
        isolatedBy: listOf(z.string()).describe('Policies that isolate the pods there, as `namespace/name`.'),
        reason: z.object({
          code: z.enum(['wrong-port', 'wrong-peer', 'no-rule', 'deny-all']),
          policy: z.string().describe('The policy that comes nearest.'),
          sentence: z.string(),
        }),
      }),
    ),
  })
  .meta({ id: 'DeniedEdge', description: 'A recorded edge that the policies would deny, and why.' });

const unjudgedEdgeJson = z
  .object({
    ...recordedEdge,
    reason: z.literal('workload-gone'),
    gone: listOf(identityJson).describe('The ends of which neither a pod nor an object is left.'),
  })
  .meta({ id: 'UnjudgedEdge' });

const reachEnd = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('group'), title: z.string() }),
  z.object({ kind: z.literal('outside'), ranges: listOf(z.string()).describe('`10.0.0.0-10.0.0.255`.') }),
]);

const newlyAllowedJson = z
  .object({
    client: reachEnd,
    server: reachEnd,
    protocol: protocolJson,
    ports: listOf(z.object({ from: z.number(), to: z.number() })),
    pods: z.enum(['all', 'some']),
  })
  .meta({ id: 'NewlyAllowed', description: 'A connection that the change would open, seen or not.' });

const measured = z.string().describe('How it was measured.');

export const verifyAnswerJson = z
  .object({
    window: z.object({
      start: instant.describe('Start of the first hour counted.'),
      end: instant.describe('End of what was recorded.'),
      measured,
    }),
    policies: z.object({
      judged: z.number(),
      before: z.number(),
      after: z.number(),
      replaced: listOf(z.string()).describe('In force, and given anew under the same name.'),
      removed: listOf(z.string()).describe('In force before and not after.'),
      touchedNamespaces: listOf(z.string()),
    }),
    summary: z.object({
      edges: z.number().describe('Recorded in the window.'),
      allowed: z.number(),
      wouldBreak: z.number(),
      deniedBefore: z
        .number()
        .describe('Needed, denied, and denied by the policies before the change as well.'),
      noise: z.number().describe('Denied, but nobody answered, or a scan.'),
      unjudged: z.number(),
      admitted: z.number().describe('Needed edges that were denied before and would be allowed.'),
      measured,
    }),
    denied: listOf(deniedEdgeJson),
    unjudged: listOf(unjudgedEdgeJson),
    newlyAllowed: listOf(newlyAllowedJson),
    leftOut: z
      .object({ denied: z.number(), unjudged: z.number(), newlyAllowed: z.number() })
      .describe(`Rows beyond the first ${MAX_VERIFY_ROWS} of each list.`),
    reachable: z.object({
      before: z.number().nullable().describe('Null when nobody counted: see `measured`.'),
      after: z.number().nullable(),
      possible: z.number().describe('Without any policy.'),
      pods: z.number(),
      measured,
    }),
    otherPolicyKinds: listOf(z.object({ group: z.string(), kind: z.string() }))
      .nullable()
      .describe(
        'Other kinds of policy that this cluster has and that were not judged; null when nobody looked.',
      ),
    caveats: listOf(caveatJson),
    explanation: z.string().nullable(),
  })
  .meta({ id: 'Verification', description: 'What policies would do to what was recorded.' });

export type VerifyRequestJson = z.input<typeof verifyRequestJson>;
export type VerifyAnswerJson = z.output<typeof verifyAnswerJson>;
export type DeniedEdgeJson = z.output<typeof deniedEdgeJson>;
export type NewlyAllowedJson = z.output<typeof newlyAllowedJson>;
