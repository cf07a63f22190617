/** Drafted policies as the API prints them, and the workloads that got none with the reason why. */
import { z } from 'zod';
import { edgeKeyJson, testimonyJson } from './edge-json.ts';
import { workloadRefJson } from './identity-json.ts';
import { existingJson, ruleEffectJson } from './existing-json.ts';
import { instant, listOf } from './listing.ts';
import { networkPolicyJson, networkPolicyPeerJson, networkPolicyPortJson } from './network-policy-json.ts';
import {
  caveatJson,
  heldBackJson,
  readinessJson,
  unusedJson,
  workloadCoverageJson,
} from './workload-coverage-json.ts';

const title = z.string().describe('For people: `shop/web`.');

const ruleEvidence = z
  .object({
    opened: z
      .number()
      .describe('Connections seen opening (conntrack NEW), added up over the edges and the hours kept.'),
    present: z
      .number()
      .describe(
        'Most connections that one dump of the kernel table found alive in an hour, added up over the edges.',
      ),
    answered: z
      .number()
      .describe('Of the connections seen, those that were answered (conntrack UPDATE), added up.'),
    daysSeen: z.number().describe('Distinct days (UTC) with an hour in which any of the edges was seen.'),
    firstSeen: instant.describe(
      'Of the earliest packet, by the time of the kernel event or dump; also before the window.',
    ),
    lastSeen: instant.describe('Of the latest packet, likewise.'),
    clientPods: z
      .number()
      .describe('Distinct pods by their leases, at least: an edge names at most 16 of each side.'),
    serverPods: z.number().describe('As clientPods.'),
    witnesses: listOf(z.string()).describe('Names of the nodes whose agents told of it.'),
    testimony: testimonyJson,
    edges: listOf(edgeKeyJson),
  })
  .meta({ id: 'RuleEvidence', description: 'The numbers behind a rule, over the edges that it rests on.' });

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
    effect: ruleEffectJson,
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
    readiness: readinessJson,
    coverage: workloadCoverageJson
      .nullable()
      .describe('How much of the workload was observed; null when nobody knows who watched what.'),
    sharedWith: listOf(workloadRefJson).describe(
      'Other workloads that the policy selects, because no label tells them apart.',
    ),
    cni: z
      .enum(['default', 'aws-vpc-cni'])
      .describe(
        'Where the network plugin is taken to enforce: on pod addresses, or before a Service is resolved too.',
      ),
    leftOut: listOf(
      z.object({
        edge: z.string().describe('`CLIENT -> SERVER:PORT/PROTOCOL`, as the list of edges names it.'),
        reason: z.enum(['excluded', 'evidence', 'nodes', 'window', 'gone']),
        option: z.string().describe('The option that did it, as `exclude=port=9100/tcp`.'),
      }),
    ).describe(
      'Recorded edges that options kept out of the draft, and that it denies unless another rule allows them.',
    ),
    unused: unusedJson.describe('What the workload offers and nobody used in the window.'),
    heldBack: listOf(heldBackJson).describe(
      'Edges at either end of the workload that the draft does not allow.',
    ),
    existing: existingJson
      .nullable()
      .describe('The policies in force that select its pods; null when nobody could list them.'),
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
