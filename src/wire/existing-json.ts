/** What the API says of the NetworkPolicies in force beside a draft. */
import { z } from 'zod';
import { listOf } from './listing.ts';

const direction = z.enum(['ingress', 'egress']);

const allowance = z
  .enum(['nothing', 'some', 'anything'])
  .nullable()
  .describe(
    'What it lets through where it isolates: no rule, some rules, or a rule for any peer on every port; null where it does not isolate.',
  );

export const ruleEffectJson = z
  .enum(['adds', 'carries-over', 'already-allowed', 'not-compared'])
  .nullable()
  .describe(
    'Beside the policies in force. `adds`: they deny some connection behind it. `carries-over`: they allow every connection behind ' +
      'it, but not without one that is replaced. `already-allowed`: those that stay in force allow every connection behind it; it may ' +
      'still be wider than they are. `not-compared`: no connection is behind it, or nothing is left of an end. Null where they do not ' +
      'isolate every pod of the draft in its direction, or nobody could list them.',
  );

export const existingJson = z
  .object({
    policies: listOf(
      z.object({
        policy: z.string().describe('As `namespace/name`.'),
        becomes: z
          .enum(['unchanged', 'replaced', 'replaced-by-other', 'kept'])
          .describe(
            'When the draft is applied. `unchanged`: the draft has its name and is written to say the same; `replaced`: the draft has ' +
              'its name and overwrites it; `replaced-by-other`: another draft does; `kept`: it stays, and what it allows stays allowed.',
          ),
        pods: z
          .enum(['all', 'some'])
          .describe(
            "Whether it selects every pod of the draft's workloads; `some` also where it goes by labels that change with a rollout.",
          ),
        allows: z.object({ ingress: allowance, egress: allowance }),
      }),
    ).describe('NetworkPolicies in force that select pods of the draft, sorted by name.'),
    isolatesFirst: listOf(direction).describe(
      'Directions in which not every pod of it is isolated today: the draft is the first to do so.',
    ),
  })
  .meta({ id: 'Existing', description: 'The NetworkPolicies in force beside a draft.' });
