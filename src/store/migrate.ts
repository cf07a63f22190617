/**
 * Brings a database to the newest schema, one numbered step at a time. Each step is one transaction, so that a
 * crash or a full disk leaves the schema at the step before; a step that has run anywhere is never edited.
 */
import type Database from 'better-sqlite3';
import { firstTables } from './migrations/0001-first-tables.ts';
import { attributionLog } from './migrations/0002-attribution-log.ts';
import { leaseSources } from './migrations/0003-lease-sources.ts';
import { masquerade } from './migrations/0004-masquerade.ts';
import { unattributedExamples } from './migrations/0005-unattributed-examples.ts';
import { batchSlots } from './migrations/0006-batch-slots.ts';
import { whatWaits } from './migrations/0007-what-waits.ts';
import { exampleTimes } from './migrations/0008-example-times.ts';
import { batchEnds } from './migrations/0009-batch-ends.ts';
import { backlogOrder } from './migrations/0010-backlog-order.ts';
import type { Migration } from './migrations/migration.ts';

/** In order; versions count from 1 without a gap. */
export const MIGRATIONS: readonly Migration[] = [
  firstTables,
  attributionLog,
  leaseSources,
  masquerade,
  unattributedExamples,
  batchSlots,
  whatWaits,
  exampleTimes,
  batchEnds,
  backlogOrder,
];

/** Runs the steps that `db` has not had yet and marks it with `applicationId`. Errors are SQLite's own. */
export function migrate(
  db: Database.Database,
  applicationId: number,
  migrations: readonly Migration[] = MIGRATIONS,
): void {
  const done = Number(db.pragma('user_version', { simple: true }));
  for (const { version, sql } of migrations) {
    if (version <= done) continue;
    const step = db.transaction(() => {
      db.exec(sql);
      db.pragma(`application_id = ${applicationId}`);
      db.pragma(`user_version = ${version}`);
    });
    step.immediate();
  }
}
