import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { HOUR_MS } from '../../src/domain/edge.ts';
import { batchSlots, mergedSlots, slotsOf } from '../../src/store/batch-slots.ts';
import { migrate, MIGRATIONS } from '../../src/store/migrate.ts';
import Database from 'better-sqlite3';

const HOUR = 471 * HOUR_MS;
const instants = fc.array(fc.nat({ max: HOUR_MS - 1 }).map((at) => HOUR + at));

test('the three earliest windows of an hour are kept, each once', () => {
  expect(slotsOf(batchSlots([]))).toEqual([]);
  expect(slotsOf(batchSlots([HOUR + 3_599_999, HOUR, HOUR + 9_999]))).toEqual([0, 359]);
  expect(slotsOf(batchSlots([50, 40, 30, 20].map((second) => HOUR + second * 1000)))).toEqual([2, 3, 4]);
});

test('merging is the same in any order and grouping, and counts nothing twice', () => {
  fc.assert(
    fc.property(instants, instants, instants, (a, b, c) => {
      const [x, y, z] = [batchSlots(a), batchSlots(b), batchSlots(c)];
      expect(mergedSlots(x, y)).toBe(mergedSlots(y, x));
      expect(mergedSlots(mergedSlots(x, y), z)).toBe(mergedSlots(x, mergedSlots(y, z)));
      expect(mergedSlots(x, x)).toBe(x);
      expect(mergedSlots(x, y)).toBe(batchSlots([...a, ...b]));
    }),
    { seed: 1, numRuns: 200 },
  );
});

test('of evidence stored before, the windows of its first and last instant are known', () => {
  const db = new Database(':memory:');
  migrate(db, 7, MIGRATIONS.slice(0, 5));
  db.exec(`
    INSERT INTO identities (id, key, json) VALUES (1, 'a', '{}'), (2, 'b', '{}');
    INSERT INTO witnesses VALUES (1, 'node-a');
    INSERT INTO edges VALUES (1, 'udp', 1, 2, 'udp', 53, 0, 0), (2, 'tcp', 1, 2, 'tcp', 53, 0, 0);`);
  const insert = db.prepare('INSERT INTO evidence VALUES (?, ?, 0, 0, 1, 1, 0, 0, 1, 0, 0, 0, ?, ?, 0)');
  insert.run(1, HOUR, HOUR + 25_000, HOUR + 3_599_999);
  insert.run(1, HOUR + HOUR_MS, HOUR + HOUR_MS + 5, HOUR + HOUR_MS + 9);
  insert.run(2, HOUR, HOUR, HOUR);
  migrate(db, 7);
  const stored = db.prepare('SELECT slots FROM evidence ORDER BY edge, hour').pluck().all();
  expect(stored).toEqual([batchSlots([HOUR + 25_000, HOUR + 3_599_999]), batchSlots([HOUR + HOUR_MS]), null]);
  db.close();
});
