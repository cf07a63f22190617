import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import { migrate, MIGRATIONS } from '../../src/store/migrate.ts';
import { openStore } from '../../src/store/store.ts';
import { HOUR, NEXT_HOUR } from './samples.ts';

const row = {
  reason: 'no-holder-then',
  end: 'client',
  hour: HOUR,
  count: 2,
  example: '10.0.0.1',
  at: HOUR + 1000,
} as const;

test('counts are summed by reason, end and hour, each with its examples', () => {
  const store = openStore(':memory:');
  store.unattributed.add([row, { ...row, count: 3, example: '10.0.0.2' }]);
  store.unattributed.add([
    { ...row, hour: NEXT_HOUR },
    { ...row, end: 'server' },
    { ...row, reason: 'ambiguous' },
    row,
  ]);
  const { example: flow, at, ...counted } = row;
  const example = { flow, at };
  expect(store.unattributed.list()).toEqual([
    { ...counted, reason: 'ambiguous', examples: [example] },
    { ...counted, count: 7, examples: [example, { flow: '10.0.0.2', at }] },
    { ...counted, end: 'server', examples: [example] },
    { ...counted, hour: NEXT_HOUR, examples: [example] },
  ]);
  store.close();
});

test('the first five distinct examples stay, whether they came at once or one by one', () => {
  const rows = [3, 1, 3, 4, 1, 5, 9, 2, 6].map((digit, index) => ({
    ...row,
    example: `10.0.0.${digit}`,
    at: HOUR + index,
  }));
  const expected = [
    [1, 1],
    [3, 0],
    [4, 3],
    [5, 5],
    [9, 6],
  ].map(([digit, index]) => ({ flow: `10.0.0.${digit}`, at: HOUR + Number(index) }));
  for (const groups of [[rows], rows.map((each) => [each])]) {
    const store = openStore(':memory:');
    for (const group of groups) store.unattributed.add(group);
    expect(store.unattributed.list()).toMatchObject([{ count: 18, examples: expected }]);
    store.close();
  }
});

test('the one example of an older database is kept', () => {
  const db = new Database(':memory:');
  migrate(
    db,
    7,
    MIGRATIONS.filter(({ version }) => version < 5),
  );
  db.prepare("INSERT INTO unattributed VALUES ('ambiguous', 'server', 7, 3, 'old')").run();
  migrate(db, 7);
  expect(db.prepare('SELECT * FROM unattributed').all()).toEqual([
    { reason: 'ambiguous', end: 'server', hour: 7, count: 3 },
  ]);
  expect(db.prepare('SELECT * FROM unattributed_examples').all()).toEqual([
    { reason: 'ambiguous', end: 'server', hour: 7, example: 'old', at: null },
  ]);
  db.close();
});

test('hours that ended by then are forgotten with their examples', () => {
  const store = openStore(':memory:');
  store.unattributed.add([row, { ...row, end: 'server' }, { ...row, hour: NEXT_HOUR }]);
  store.withdrawn.add([HOUR, NEXT_HOUR].map((hour) => ({ outcome: 'ambiguous', hour, count: 1 })));
  expect([
    store.unattributed.forgetBefore(NEXT_HOUR - 1),
    store.withdrawn.forgetBefore(NEXT_HOUR - 1),
  ]).toEqual([0, 0]);
  expect([store.unattributed.forgetBefore(NEXT_HOUR), store.withdrawn.forgetBefore(NEXT_HOUR)]).toEqual([
    2, 1,
  ]);
  expect(store.unattributed.list()).toMatchObject([{ hour: NEXT_HOUR, examples: [{ flow: '10.0.0.1' }] }]);
  expect(store.withdrawn.list()).toMatchObject([{ hour: NEXT_HOUR }]);
  // What comes again after that has its own example.
  store.unattributed.add([{ ...row, example: 'other' }]);
  expect(store.unattributed.list()[0]?.examples).toEqual([{ flow: 'other', at: row.at }]);
  store.close();
});
