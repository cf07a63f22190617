/** What a request asks of the drafts themselves, beside which of them it wants to see. */
import { z } from 'zod';
import { draftingOptionsOf } from '../../recommend/drafting-flags.ts';
import type { DraftingFlags } from '../../recommend/drafting-flags.ts';
import {
  BASELINES,
  CNI_PROFILES,
  GONE_PEERS,
  GRANULARITIES,
  MAX_EXCLUSIONS,
  MAX_MIN_DAYS,
  MAX_MIN_OPENED,
  NODES_FALLBACKS,
  OUTSIDE_STRATEGIES,
} from '../../recommend/drafting-options.ts';
import type { DraftingOptions } from '../../recommend/drafting-options.ts';
import { parseExclusion } from '../../recommend/exclusion.ts';
import type { Exclusion } from '../../recommend/exclusion.ts';
import { parseLearningWindow } from '../../recommend/learning-window.ts';
import { wholeNumberQuery } from './filters.ts';

export interface AskedDrafts {
  /** Edges that are held back and that a person takes in. */
  readonly include: readonly string[];
  /** What people chose about drafts; as usual where absent. */
  readonly options: Partial<DraftingOptions>;
}

/** As the server drafts when nobody asks for anything. */
export const PLAIN_DRAFTS: AskedDrafts = { include: [], options: {} };

/** Two workloads with the longest names that Kubernetes allows, their kinds, a port and a protocol. */
const MAX_KEY_CHARS = 1200;
/** More than a URL holds of them. */
const MAX_INCLUDES = 50;

/** Two workloads with the longest names, a range of ports and a CIDR. */
const MAX_EXCLUSION_CHARS = 800;

/** A parameter that may stand in a query once or several times. */
function several<T extends z.ZodType>(item: T, most: number) {
  return z.preprocess((given) => (typeof given === 'string' ? [given] : given), z.array(item).max(most));
}

const exclusion = z
  .string()
  .max(MAX_EXCLUSION_CHARS)
  .transform((text, context): Exclusion => {
    const parsed = parseExclusion(text);
    if (!('problem' in parsed)) return parsed;
    context.addIssue({ code: 'custom', message: parsed.problem });
    return z.NEVER;
  });

/** The longest that is understood, and a little of what is not, to be told. */
const MAX_WINDOW_CHARS = 40;

const learningWindow = z
  .string()
  .max(MAX_WINDOW_CHARS)
  .transform((text, context): number => {
    const parsed = parseLearningWindow(text);
    if (typeof parsed === 'number') return parsed;
    context.addIssue({ code: 'custom', message: parsed.problem });
    return z.NEVER;
  });

/** Query parameters of every route that shows drafts. */
export const askedDraftsQuery = {
  granularity: z
    .enum(GRANULARITIES)
    .optional()
    .describe(
      'One policy per workload, as usual, or per namespace, which then also names peers by namespace only.',
    ),
  baseline: z
    .enum(BASELINES)
    .optional()
    .describe(
      '`default-deny` drafts a policy first in each namespace that lets every pod ask DNS and nothing else.',
    ),
  outside: z
    .enum(OUTSIDE_STRATEGIES)
    .optional()
    .describe(
      'Addresses outside the cluster: each by itself, in prefixes, or, as usual, public ones as any but private.',
    ),
  nodes: z
    .enum(NODES_FALLBACKS)
    .optional()
    .describe(
      'Where no prefix tells nodes from pods: each address seen, as usual, any source on the port, or no rule for them.',
    ),
  gone: z
    .enum(GONE_PEERS)
    .optional()
    .describe(
      'Where a peer is gone from the cluster: no draft for who talked to it, as usual, or one without its connections.',
    ),
  cni: z
    .enum(CNI_PROFILES)
    .optional()
    .describe(
      'The network plugin; `aws-vpc-cni` enforces before a Service is resolved, so its view is added.',
    ),
  exclude: several(exclusion, MAX_EXCLUSIONS)
    .optional()
    .meta({
      description:
        'Connections to leave out of drafts: `workload=NS/NAME`, `peer=NS/NAME|NS/*|node|apiserver|outside`, `port=N[-M][/PROTOCOL]`, `cidr=CIDR`; parts joined by commas must all hold. Repeat it for several.',
      examples: ['workload=shop/web,port=9100/tcp'],
    }),
  minOpened: wholeNumberQuery(1, MAX_MIN_OPENED)
    .optional()
    .describe('Connections opened, or found alive, that an edge needs to enter a draft.'),
  minDays: wholeNumberQuery(1, MAX_MIN_DAYS)
    .optional()
    .describe('Days (UTC) on which an edge must have been seen to enter a draft.'),
  window: learningWindow.optional().meta({
    description:
      'The learning window, back from the end of the record in whole hours: what was last seen before it is left out, and no draft is ready before so much is recorded (7 days at least). Everything that was recorded unless given, or as the server is told by --learning-window.',
    examples: ['14d', '36h', '2w'],
  }),
  include: several(z.string().min(1).max(MAX_KEY_CHARS), MAX_INCLUDES)
    .optional()
    .meta({
      description:
        'The key of an edge that is held back (`heldBack` of a draft, `quarantined` of /api/v1/coverage) and is to be taken in; repeat it for several. Nothing of it is stored.',
      examples: ['workload:shop/Deployment/web -> workload:shop/StatefulSet/db:5432/tcp'],
    }),
} as const;

/** What the query asks for. */
export function askedDrafts(
  query: DraftingFlags & { readonly include?: readonly string[] | undefined },
): AskedDrafts {
  return { include: query.include ?? [], options: draftingOptionsOf(query) };
}
