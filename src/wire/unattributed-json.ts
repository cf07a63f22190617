/** What could not be attributed, as the API prints it: by reason and end, with what the reason means and examples. */
import { z } from 'zod';
import { UNATTRIBUTED_REASONS, outcomeText, reasonText } from './attribution-reasons.ts';
import { flowTitle } from './flow-title.ts';
import { instant, listOf, rfc3339 } from './listing.ts';

/** Hours of one row that are listed, the newest: a learning window. */
export const MAX_HOURS = 168;
/** Examples of one row. */
export const MAX_ROW_EXAMPLES = 5;
/** What the counts count. One connection that several dumps found is counted as often. */
export const UNATTRIBUTED_UNIT = 'connections opened + present' as const;

const end = z
  .enum(['client', 'server', 'flow'])
  .describe('Which end has no name; `flow` where it holds of the whole.');

const count = z
  .number()
  .describe('Connections seen opening plus those that a look at the table found present.');
const hours = listOf(z.object({ hour: instant.describe('Start of the hour.'), count }));

const exampleJson = z
  .object({
    flow: z.string().describe('As in `10.0.0.9 > 10.0.0.7:8080/tcp`.'),
    at: instant.nullable().describe('When one of its connections was; null where that was not kept.'),
  })
  .meta({ id: 'UnattributedExample' });

export const unattributedRowJson = z
  .object({
    reason: z.string().describe('Stable; the parameter `reason` lists those of this version.'),
    end,
    meaning: z.string().describe('The reason, for people.'),
    advice: z.string().describe('What to do about it.'),
    count,
    firstHour: instant,
    lastHour: instant,
    hours: hours.describe(`Hours that had any, ascending; the newest ${MAX_HOURS}.`),
    examples: listOf(exampleJson).describe(
      `At most ${MAX_ROW_EXAMPLES}, of distinct flows, of the newest hours.`,
    ),
  })
  .meta({ id: 'Unattributed', description: 'Connections that no edge has, because an end has no name.' });

const withdrawnJson = z
  .object({
    outcome: z
      .string()
      .describe('`attributed-anew`, or the reason why nobody can say any more who the ends were.'),
    meaning: z.string(),
    count: z.number().describe('Connections seen opening plus those found present.'),
    firstHour: instant,
    lastHour: instant,
  })
  .meta({ id: 'Withdrawn', description: 'Connections whose attribution a late fact contradicted.' });

export const unattributedPage = z
  .object({
    items: listOf(unattributedRowJson),
    next: z
      .string()
      .nullable()
      .describe('Give it back as `cursor` for the next page; null when this page is the last.'),
    unit: z.literal(UNATTRIBUTED_UNIT).describe('What is counted.'),
    withdrawn: listOf(withdrawnJson).describe(
      'By outcome, of the same hours, whatever the reason asked for.',
    ),
  })
  .meta({ id: 'UnattributedPage' });

/** The reasons of this version. */
export const unattributedReason = z.enum(UNATTRIBUTED_REASONS);

export type UnattributedRowJson = z.output<typeof unattributedRowJson>;
export type UnattributedPageJson = z.output<typeof unattributedPage>;
export type WithdrawnJson = z.output<typeof withdrawnJson>;

/** Counts of one reason and end; hours are unix ms, ascending. */
export interface UnattributedSum {
  readonly reason: string;
  readonly end: 'client' | 'server' | 'flow';
  readonly hours: readonly { readonly hour: number; readonly count: number }[];
  /** Texts of flow keys with their times, unix ms; the newest hour first. */
  readonly examples: readonly { readonly flow: string; readonly at: number | null }[];
}

/** Counts of one outcome; hours are unix ms, ascending. */
export interface WithdrawnSum {
  readonly outcome: string;
  readonly hours: UnattributedSum['hours'];
}

export function printUnattributed({
  reason,
  end: which,
  hours: all,
  examples,
}: UnattributedSum): UnattributedRowJson {
  const { meaning, advice } = reasonText(reason);
  return {
    reason,
    end: which,
    meaning,
    advice,
    ...spanOf(all),
    hours: all.slice(-MAX_HOURS).map((each) => ({ hour: rfc3339(each.hour), count: each.count })),
    examples: distinct(examples).map(({ flow, at }) => ({ flow, at: at === null ? null : rfc3339(at) })),
  };
}

export function printWithdrawn({ outcome, hours: all }: WithdrawnSum): WithdrawnJson {
  return { outcome, meaning: outcomeText(outcome), ...spanOf(all) };
}

/** By their titles; of the same ones the first. */
function distinct(examples: UnattributedSum['examples']): UnattributedSum['examples'] {
  const byTitle = new Map<string, number | null>();
  for (const { flow, at } of examples) {
    const title = flowTitle(flow);
    if (!byTitle.has(title)) byTitle.set(title, at);
  }
  return [...byTitle].slice(0, MAX_ROW_EXAMPLES).map(([flow, at]) => ({ flow, at }));
}

function spanOf(all: UnattributedSum['hours']): Pick<WithdrawnJson, 'count' | 'firstHour' | 'lastHour'> {
  return {
    count: all.reduce((sum, each) => sum + each.count, 0),
    firstHour: rfc3339(all[0]?.hour ?? 0),
    lastHour: rfc3339(all.at(-1)?.hour ?? 0),
  };
}
