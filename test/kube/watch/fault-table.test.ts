/** Every row of the fault table, as `make faults` prints it: nothing missed, nothing invented, nothing silent. */
import { describe, expect, test } from 'vitest';
import { FAULT_ROWS } from './fault-rows.ts';
import { playRow } from './fault-scene.ts';
import { faultsOf } from './fault-table.ts';

describe.concurrent.each(['served', 'refused'] as const)('with WatchList %s', (watchList) => {
  test.each(FAULT_ROWS)('$fault', async (row) => {
    const outcome = await playRow(row, watchList);
    expect(faultsOf(row, outcome)).toEqual([]);
    expect(outcome.told).toBeGreaterThan(8);
  });
});
