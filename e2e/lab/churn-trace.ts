// What an engineer needs of a connection that went wrong: who held its address, what the API leaves open, what the server stored and
// which leases it went by. It judges nothing.
import type { Lease } from '../../src/domain/lease.ts';
import type { ChurnEvidence } from './churn-evidence.ts';
import type { Doubt } from './churn-doubt.ts';
import type { ChurnTruth, Tenure } from './churn-truth.ts';
import { timeText } from './churn-verdict.ts';
import type { Wrong } from './churn-verdict.ts';

/** What is close enough to explain something. */
const AROUND_MS = 20_000;
const SHOWN_OF_A_STORY = 3;
const STORIES_SHOWN = 12;

export interface Traced {
  readonly truth: ChurnTruth;
  readonly evidence: ChurnEvidence;
  readonly doubts: readonly Doubt[];
  /** What the running server says of an address at a time, in one line. */
  readonly verdictAt: (ip: string, at: number) => Promise<string>;
}

/** What went wrong, by address and holder: the first of each with everything around it. */
export async function traces(wrong: readonly Wrong[], traced: Traced): Promise<string[]> {
  const stories = [...Map.groupBy(wrong, (each) => `${each.ip} ${tenureAt(traced.truth, each)?.pod ?? '-'}`)];
  const lines: string[] = [];
  for (const [, alike] of stories.slice(0, STORIES_SHOWN)) lines.push(...(await storyOf(alike, traced)));
  const more = stories.slice(STORIES_SHOWN).reduce((sum, [, alike]) => sum + alike.length, 0);
  if (more > 0) lines.push(`${more} more on other addresses or of other pods`);
  return lines;
}

async function storyOf(alike: readonly Wrong[], traced: Traced): Promise<string[]> {
  const { truth, evidence, doubts, verdictAt } = traced;
  const shown = alike.slice(0, SHOWN_OF_A_STORY);
  const [first] = shown;
  if (first === undefined) return [];
  const { ip } = first;
  const from = Math.min(...shown.map((each) => each.from));
  const until = Math.max(...shown.map((each) => each.until));
  const isNear = (start: number, end: number): boolean => start < until + AROUND_MS && end > from - AROUND_MS;
  const touches = (start: number, end: number): boolean => start <= until && end >= from;
  const more = alike.length - shown.length;
  const last = alike.at(-1);
  const verdicts = [];
  for (const at of new Set(shown.map((each) => Math.round((each.from + each.until) / 2))))
    verdicts.push(`  asked about ${timeText(at)}: ${await verdictAt(ip, at)}`);
  return [
    ...shown.map(({ text }) => text),
    ...(more > 0 && last !== undefined ? [`  and ${more} more like it until ${timeText(last.from)}`] : []),
    ...truth.tenures
      .filter((each) => each.ip === ip && isNear(each.from, each.until))
      .map((each) => `  truth: ${tenureText(each)}`),
    ...doubts
      .filter((each) => each.ip === ip && isNear(each.from, each.until))
      .map((each) => `  doubt: ${timeText(each.from)}-${timeText(each.until)}`),
    ...truth.blind
      .filter((each) => isNear(each.from, each.until))
      .map((each) => `  blind: ${timeText(each.from)}-${timeText(each.until)}`),
    ...evidence.leases
      .filter((each) => each.ip === ip && isNear(each.from, each.until ?? Number.POSITIVE_INFINITY))
      .map((each) => `  lease: ${leaseText(each)}`),
    ...verdicts,
    ...evidence.moments
      .filter((each) => each.ip === ip && touches(each.start, each.end))
      .map(
        (each) =>
          `  stored: ${each.witness} ${each.protocol} ${each.role} with ${each.anchor}:${each.port} as ${each.holder}` +
          ` ${timeText(each.start)}-${timeText(each.end)} (${each.opened} opened, ${each.present} present)`,
      ),
  ];
}

function tenureAt({ tenures }: ChurnTruth, { ip, from, until }: Wrong): Tenure | undefined {
  return tenures.find((each) => each.ip === ip && each.from < until && each.until > from);
}

function tenureText({ pod, possibleFrom, from, startedAt, until, ending }: Tenure): string {
  return (
    `${pod} ${timeText(from)}-${timeText(until)}, begun ${timeText(possibleFrom)}, ran by ${timeText(startedAt)},` +
    ` ended ${JSON.stringify(ending)}`
  );
}

function leaseText({ id, holder, from, heldFrom, heldUntil, until, sources }: Lease): string {
  const name = holder.kind === 'pod' ? `${holder.name} (sandbox ${id.split(':').at(-1) ?? '?'})` : id;
  return [
    `${name} from ${boundText(from, sources?.from)}`,
    `held from ${boundText(heldFrom, sources?.heldFrom)}`,
    `held until ${boundText(heldUntil, sources?.heldUntil)}`,
    `until ${boundText(until, sources?.until)}`,
  ].join(', ');
}

function boundText(at: number | null, source: string | null | undefined): string {
  return at === null ? 'open' : `${timeText(at)} (${source ?? 'unsaid'})`;
}
