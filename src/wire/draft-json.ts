/** Drafted policies as the API prints them, and the workloads that got none with the reason why. */
import { z } from 'zod';
import { edgeKeyJson } from './edge-json.ts';
import { workloadRefJson } from './identity-json.ts';
import { instant, listOf } from './listing.ts';
import { networkPolicyJson, networkPolicyPeerJson, networkPolicyPortJson } from './network-policy-json.ts';

const title = z.string().describe('For people: `shop/web`.');

export const caveatJson = z
  .object({
    code: z.string().describe('Stable, for programs.'),
    sentence: z.string().describe('For the reviewer.'),
  })
  .meta({ id: 'Caveat', description: 'Something a reviewer must know.' });

const ruleEvidence = z.object({
  opened: z.number(),
  present: z.number(),
  answered: z.number(),
  firstSeen: instant,
  lastSeen: instant,
  clientPods: z.number(),
  serverPods: z.number(),
  witnesses: listOf(z.string()),
  edges: listOf(edgeKeyJson),
});

const rule = z
  .object({
    direction: z.enum(['ingress', 'egress']),
    basis: z
      .enum(['observed', 'convention', 'configuration'])
      .describe('Why the rule is there: traffic, a convention such as DNS, or configuration.'),
    title: z.string().describe('The other end, for people.'),
    peers: listOf(networkPolicyPeerJson).nullable().describe('Null means any peer at all.'),
    ports: listOf(networkPolicyPortJson),
    services: listOf(z.string()).describe('Services dialled, as `namespace/name`.'),
    caveats: listOf(caveatJson),
    evidence: ruleEvidence.nullable().describe('Null for rules that rest on no traffic.'),
  })
  .meta({ id: 'DraftRule' });

export const draftJson = z
  .object({
    kind: z.literal('draft'),
    workload: workloadRefJson,
    title,
    policy: networkPolicyJson,
    rules: listOf(rule),
    caveats: listOf(caveatJson),
    readiness: z.discriminatedUnion('state', [
      z.object({ state: z.literal('ready') }),
      z.object({ state: z.literal('incomplete'), reasons: listOf(caveatJson) }),
    ]),
  })
  .meta({ id: 'Draft', description: 'A drafted policy with a basis for each rule.' });

export const omissionJson = z
  .object({
    kind: z.literal('omitted'),
    workload: workloadRefJson,
    title,
    code: z.string(),
    sentence: z.string().describe('Why there is no draft.'),
  })
  .meta({ id: 'Omission', description: 'A workload that gets no draft, and why.' });

export const draftOutcomeJson = z.discriminatedUnion('kind', [draftJson, omissionJson]);

export type DraftJson = z.output<typeof draftJson>;
export type OmissionJson = z.output<typeof omissionJson>;
export type DraftOutcomeJson = z.output<typeof draftOutcomeJson>;
