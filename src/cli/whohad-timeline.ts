/** The holders of an address as a timeline for people: the verdict first, then each lease with its four bounds in order of time. */
import type { LeaseJson } from '../wire/lease-json.ts';
import type { LeaseVerdictJson } from '../wire/lease-verdict-json.ts';
import { plural } from './command.ts';
import { spanText } from './span-text.ts';

export interface AddressHistory {
  /** Oldest first. */
  readonly items: readonly LeaseJson[];
  /** Null when no instant was asked for. */
  readonly verdict: LeaseVerdictJson | null;
}

/** Ends with a newline. */
export function timelineText(ip: string, { items, verdict }: AddressHistory): string {
  const at = verdict === null ? null : Date.parse(verdict.at);
  const head =
    verdict === null ? [] : [`${ip} at ${verdict.at}: ${verdict.kind} (${verdict.reason})`, verdict.sentence];
  if (items.length === 0) return [...head, `Nobody was ever known to hold ${ip}.`, ''].join('\n');
  const intro =
    verdict === null
      ? [`${ip}: ${plural(items.length, 'lease')}, oldest first. --at TIME gives a verdict.`]
      : head;
  return [...intro, ...items.flatMap((lease) => ['', ...leaseLines(lease, at)]), ''].join('\n');
}

/** How far the lines of a lease stand in. */
const INDENT = ' '.repeat(8);

function leaseLines(lease: LeaseJson, at: number | null): string[] {
  const mark = lease.when === null ? '-' : lease.when.toUpperCase();
  const rows = boundRows(lease).map(({ time, meaning, why }) => [
    time ?? 'unknown',
    ...(at === null ? [] : [time === null ? '' : offsetText(Date.parse(time) - at)]),
    meaning,
    why,
  ]);
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? '').length)),
  );
  const lines = rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  '));
  return [`${mark.padEnd(INDENT.length)}${titleOf(lease)}`, ...lines.map((line) => INDENT + line.trimEnd())];
}

function titleOf({ title, holder }: LeaseJson): string {
  switch (holder.kind) {
    case 'pod':
      return `${title}${holder.node === '' ? '' : ` on node ${holder.node}`} (uid ${holder.uid})`;
    case 'service':
      return `${title}, ports ${holder.ports.map(({ port, protocol }) => `${port}/${protocol}`).join(', ')}`;
    case 'apiserver':
      return `${title}, ports ${holder.ports.join(', ')}`;
    case 'node':
      return title;
    default:
      return holder satisfies never;
  }
}

interface Bound {
  /** Null when nothing says. */
  readonly time: string | null;
  readonly meaning: string;
  readonly why: string;
}

/** What the API prints for a bound that nothing sets: nothing was recorded in 1970. */
const EPOCH = new Date(0).toISOString();

function boundRows({ from, heldFrom, heldUntil, until, sources }: LeaseJson): Bound[] {
  const begin: Bound[] = [
    { time: timeOf(from), meaning: 'not before', why: whyText(sources?.from) },
    { time: timeOf(heldFrom), meaning: 'surely from', why: whyText(sources?.heldFrom) },
  ];
  if (heldUntil === null && until === null)
    return [...begin, { time: null, meaning: 'end', why: 'it holds the address still, as far as is known' }];
  return [
    ...begin,
    { time: heldUntil, meaning: 'surely until', why: whyText(sources?.heldUntil) },
    {
      time: until,
      meaning: 'not after',
      why: until === null ? 'nothing tells its end: it may have lived on' : whyText(sources?.until),
    },
  ];
}

function timeOf(instant: string): string | null {
  return instant === EPOCH ? null : instant;
}

type Source = NonNullable<LeaseJson['sources']>['until'];

function whyText(source: Source | undefined): string {
  return source === null || source === undefined ? '' : `${source.code}: ${source.sentence}`;
}

/** `-1.5 s`, `+12 min`: from the instant that was asked for. */
function offsetText(ms: number): string {
  return `${ms < 0 ? '-' : '+'}${spanText(Math.abs(ms))}`;
}
