/** A database from before the backlog had its order, and before the hours of an edge were read from its evidence. */
import Database from 'better-sqlite3';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { identityKey } from '../../src/domain/identity.ts';
import { edgeKeyText } from '../../src/domain/edge.ts';
import { APPLICATION_ID } from '../../src/store/database-file.ts';
import { migrate, MIGRATIONS } from '../../src/store/migrate.ts';
import { openStore } from '../../src/store/store.ts';
import { batch, DB, evidence, HOUR, NOW, scratchDirectory, WEB } from './samples.ts';

let scratch: ReturnType<typeof scratchDirectory>;
beforeEach(() => {
  scratch = scratchDirectory();
});
afterEach(() => scratch.remove());

test('what waits in it comes in the new order, and its edges are what they were', () => {
  const file = scratch.file('netscribe.db');
  const old = new Database(file);
  migrate(
    old,
    APPLICATION_ID,
    MIGRATIONS.filter(({ version }) => version < 10),
  );
  const insert = old.prepare(
    'INSERT INTO batches (node_uid, epoch, sequence, window_start, ends_at, body) VALUES (?, ?, ?, ?, ?, ?)',
  );
  const waiting = [
    batch(1, { nodeUid: 'b', windowStart: HOUR }),
    batch(1, { nodeUid: 'a', windowStart: HOUR + 10_000 }),
    batch(2, { nodeUid: 'b', windowStart: HOUR + 20_000 }),
  ];
  for (const each of waiting)
    insert.run(
      each.nodeUid,
      each.epoch,
      each.sequence,
      each.windowStart,
      each.windowEnd,
      JSON.stringify(each),
    );
  old.exec(`
    INSERT INTO lease_ids VALUES (1, 'web-1'), (2, 'db-0');
    INSERT INTO witnesses VALUES (1, 'node-a'), (2, 'node-b');
    INSERT INTO identities VALUES (1, '${identityKey(WEB)}', '${JSON.stringify(WEB)}', 'shop', 'web'),
      (2, '${identityKey(DB)}', '${JSON.stringify(DB)}', 'shop', 'db');
    INSERT INTO edges VALUES (1, '${edgeKeyText(evidence())}', 1, 2, 'tcp', 5432, ${HOUR}, ${HOUR + 5000});
    INSERT INTO evidence VALUES (1, ${HOUR}, 1, 2, 1, 1, 0, 0, 3, 0, 3, 0, ${HOUR}, ${HOUR + 5000}, 0, NULL),
      (1, ${HOUR}, 1, 2, 2, 1, 0, 0, 4, 1, 2, 0, ${HOUR}, ${HOUR + 4000}, 0, NULL);
    INSERT INTO edge_hours VALUES (1, ${HOUR}, 4, 1, 3, 0);`);
  old.close();

  const store = openStore(file);
  const [b1, a1, b2] = waiting;
  expect(store.inbox.pending(10, NOW)).toEqual([a1, b1, b2]);
  expect(store.edges.all()).toMatchObject([
    {
      hours: [{ hour: HOUR, opened: 4, present: 1, answered: 3, bytes: 0 }],
      firstSeen: HOUR,
      lastSeen: HOUR + 5000,
      witnesses: ['node-a', 'node-b'],
    },
  ]);
  store.close();
});
