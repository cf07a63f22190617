/**
 * Prints the fault table, `make faults`: every row of fault-rows.ts played with WatchList and with LIST, what was told and how
 * long it took. Exits with 1 when an event was missed, invented or out of order, or a fault was passed over in silence.
 */
import { FAULT_ROWS } from './fault-rows.ts';
import { FAST, SPEED, playRow } from './fault-scene.ts';
import type { FaultRow, Outcome } from './fault-scene.ts';

/** A row waits more than it works. */
const AT_ONCE = 6;

/** What is wrong with an outcome, in words; empty when all is as it must be. */
export function faultsOf(row: FaultRow, outcome: Outcome): string[] {
  const isDeaf = outcome.stoodStillMs > FAST.idleMs / 3;
  const allowed = new Set([...row.tells, ...(row.also ?? []), ...(isDeaf ? ['silent'] : [])]);
  return [
    ...outcome.violations,
    ...(outcome.missed > 0 ? [`${outcome.missed} events missed`] : []),
    ...row.tells.filter((code) => !outcome.troubles.has(code)).map((code) => `nothing was told of: ${code}`),
    ...[...outcome.troubles.keys()]
      .filter((code) => !allowed.has(code))
      .map((code) => `unforeseen trouble: ${code}`),
  ];
}

if (process.argv[1] === import.meta.filename) await print();

async function print(): Promise<void> {
  const jobs = (['served', 'refused'] as const).flatMap((watchList) =>
    FAULT_ROWS.map((row) => ({ watchList, row })),
  );
  const lines: string[][] = [];
  const wrong: string[] = [];
  const work = jobs.entries();
  const worker = async (): Promise<void> => {
    for (const [index, { watchList, row }] of work) {
      const outcome = await playRow(row, watchList);
      lines[index] = lineOf(outcome, watchList);
      wrong.push(...faultsOf(row, outcome).map((each) => `${row.fault} (${watchList}): ${each}`));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  const head = [
    'fault',
    'state by',
    'troubles told',
    'watches',
    'lists',
    'caught up after',
    'events',
    'told',
    'by a list',
    'deletes found by it',
    'missed',
  ];
  process.stdout.write(`Waits are production's divided by ${SPEED}; 8 pods, random changes in each gap.\n`);
  process.stdout.write(tableOf([head, ...lines]));
  process.stdout.write(
    `${wrong.length === 0 ? `${jobs.length} rows: nothing missed, nothing invented, nothing silent` : wrong.join('\n')}\n`,
  );
  if (wrong.length > 0) process.exitCode = 1;
}

function lineOf(outcome: Outcome, watchList: 'served' | 'refused'): string[] {
  const { troubles, watches, lists, events, told, summedUp, unseenDeletions, missed } = outcome;
  return [
    outcome.fault,
    watchList === 'served' ? 'WatchList' : 'LIST',
    [...troubles].map(([code, count]) => (count === 1 ? code : `${code} x${count}`)).join(', ') || '-',
    ...[watches, lists].map(String),
    `${Math.round(outcome.caughtUpMs)} ms`,
    ...[events, told, summedUp, unseenDeletions, missed].map(String),
  ];
}

function tableOf(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map((row) =>
      row
        .map((cell, column) =>
          column < 3 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
        )
        .join('  '),
    )
    .map((line) => `${line.trimEnd()}\n`)
    .join('');
}
