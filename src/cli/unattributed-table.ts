/** What could not be attributed, for people: the counts as a table, then each reason in words with examples. */
import type { UnattributedPageJson, UnattributedRowJson } from '../wire/unattributed-json.ts';
import { textTable } from './text-table.ts';

export type UnattributedAnswer = Omit<UnattributedPageJson, 'next'>;

/** Ends with a newline. The most frequent first. */
export function unattributedText({ items, unit, withdrawn }: UnattributedAnswer): string {
  const rows = items.toSorted((a, b) => b.count - a.count);
  const table = textTable(
    ['COUNT', 'REASON', 'END', 'FIRST HOUR', 'LAST HOUR'],
    rows.map((row) => [
      String(row.count),
      row.reason,
      row.end,
      hourText(row.firstHour),
      hourText(row.lastHour),
    ]),
  );
  const total = rows.reduce((sum, { count }) => sum + count, 0);
  const taken = textTable(
    ['COUNT', 'OUTCOME', 'FIRST HOUR', 'LAST HOUR', 'MEANING'],
    withdrawn.map((row) => [
      String(row.count),
      row.outcome,
      hourText(row.firstHour),
      hourText(row.lastHour),
      row.meaning,
    ]),
  );
  const sections = [
    rows.length === 0 ? 'Everything was attributed.\n' : `Not attributed (${unit}): ${total}\n\n${table}`,
    ...[...Map.groupBy(rows, ({ reason }) => reason).values()].map(reasonText),
    taken === '' ? '' : `Attributed, and taken back when a late fact contradicted it:\n\n${taken}`,
  ];
  return sections.filter((section) => section !== '').join('\n');
}

function reasonText(rows: readonly UnattributedRowJson[]): string {
  const [first] = rows;
  if (first === undefined) return '';
  const examples = rows.flatMap((row) =>
    row.examples.map(
      ({ flow, at }) => `  ${row.end}: ${flow}${at === null ? '' : ` at ${secondText(at)}`}\n`,
    ),
  );
  return `${first.reason}: ${first.meaning}\n  ${first.advice}\n${examples.join('')}`;
}

/** `2026-11-03 09:00:12Z`. */
function secondText(instant: string): string {
  return instant.replace('T', ' ').replace(/\.[0-9]+Z$/, 'Z');
}

/** `2026-11-03 09:00Z` of the start of an hour. */
function hourText(instant: string): string {
  return instant.replace('T', ' ').replace(/:00\.000Z$/, 'Z');
}
