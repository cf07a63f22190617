import { expect, test } from 'vitest';
import { openStore } from '../../src/store/store.ts';
import { HOUR, NEXT_HOUR } from './samples.ts';

test('counts are summed by reason, end and hour, and the first example stays', () => {
  const store = openStore(':memory:');
  const row = { reason: 'no-lease', end: 'client', hour: HOUR, count: 2, example: '10.0.0.1' } as const;
  store.unattributed.add([row, { ...row, count: 3, example: '10.0.0.2' }]);
  store.unattributed.add([
    { ...row, hour: NEXT_HOUR },
    { ...row, end: 'server' },
    { ...row, reason: 'ambiguous' },
    row,
  ]);
  expect(store.unattributed.list()).toEqual([
    { ...row, reason: 'ambiguous' },
    { ...row, count: 7 },
    { ...row, end: 'server' },
    { ...row, hour: NEXT_HOUR },
  ]);
  store.close();
});
