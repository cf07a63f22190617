/** The drafting options as flags of a command line; a query has the same names (`--min-days`, `minDays`). */
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
} from './drafting-options.ts';
import type { DraftingOptions } from './drafting-options.ts';
import { parseExclusion } from './exclusion.ts';
import { learningWindowText, parseLearningWindow } from './learning-window.ts';

/** Every option by its flag. `read` gives the value, or what is wrong with the text; without it the text is one of `choices`. */
export const DRAFTING_FLAGS = [
  {
    flags: '--granularity <what>',
    description: 'one policy per workload, or per namespace, which then also names peers by namespace only',
    choices: GRANULARITIES,
  },
  {
    flags: '--baseline <what>',
    description: 'draft a policy first in each namespace that lets every pod ask DNS and nothing else',
    choices: BASELINES,
  },
  {
    flags: '--outside <how>',
    description:
      'addresses outside the cluster: each by itself, in prefixes, or public ones as any but private',
    choices: OUTSIDE_STRATEGIES,
  },
  {
    flags: '--nodes <how>',
    description:
      'where no prefix tells nodes from pods: each address seen, as usual, the port open to any source, or no nodes',
    choices: NODES_FALLBACKS,
  },
  {
    flags: '--gone <how>',
    description:
      'where a peer is gone from the cluster: no draft for who talked to it, or one without its connections',
    choices: GONE_PEERS,
  },
  {
    flags: '--cni <profile>',
    description:
      'the network plugin: aws-vpc-cni enforces before a Service is resolved, so its view is added',
    choices: CNI_PROFILES,
  },
  {
    flags: '--exclude <what>',
    description:
      'leave connections out: workload=NS/NAME, peer=NS/NAME|NS/*|node|apiserver|outside, port=N[-M][/PROTOCOL], cidr=CIDR, joined by commas; repeat it for several',
    read: parseExclusion,
    repeated: MAX_EXCLUSIONS,
  },
  {
    flags: '--min-opened <n>',
    description: 'leave out what was opened, and found alive, fewer times than this',
    read: (text: string) => wholeNumber(text, MAX_MIN_OPENED),
  },
  {
    flags: '--min-days <n>',
    description: 'leave out what was seen on fewer days than this',
    read: (text: string) => wholeNumber(text, MAX_MIN_DAYS),
  },
  {
    flags: '--window <span>',
    description: 'draft from the end of the record only, and call nothing ready before so much is recorded',
    read: parseLearningWindow,
  },
] as const;

/** What a command line or a query gives of them. */
export type DraftingFlags = { readonly [Name in keyof DraftingOptions]?: DraftingOptions[Name] | undefined };

/** Only the options that were given: what is not asked for is as usual. */
export function draftingOptionsOf(flags: DraftingFlags): Partial<DraftingOptions> {
  const { granularity, cni, outside, baseline, nodes, gone, exclude, minOpened, minDays, window } = flags;
  return {
    ...(granularity !== undefined && { granularity }),
    ...(cni !== undefined && { cni }),
    ...(outside !== undefined && { outside }),
    ...(baseline !== undefined && { baseline }),
    ...(nodes !== undefined && { nodes }),
    ...(gone !== undefined && { gone }),
    ...(exclude !== undefined && { exclude }),
    ...(minOpened !== undefined && { minOpened }),
    ...(minDays !== undefined && { minDays }),
    ...(window !== undefined && { window }),
  };
}

/** The same as parameters of a query. */
export function draftingQuery(flags: DraftingFlags): Record<string, string | readonly string[] | undefined> {
  const { exclude, minOpened, minDays, window, ...words } = draftingOptionsOf(flags);
  return {
    ...words,
    exclude: exclude?.map(({ text }) => text),
    minOpened: minOpened?.toString(),
    minDays: minDays?.toString(),
    window: typeof window === 'number' ? learningWindowText(window) : undefined,
  };
}

function wholeNumber(text: string, most: number): number | { readonly problem: string } {
  const value = Number(text);
  return /^[0-9]{1,9}$/.test(text) && value >= 1 && value <= most
    ? value
    : { problem: `${text} is not a whole number from 1 to ${most}` };
}
