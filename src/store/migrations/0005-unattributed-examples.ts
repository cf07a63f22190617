import type { Migration } from './migration.ts';

/** Several examples beside each count of what could not be attributed, where there was one. */
export const unattributedExamples: Migration = {
  version: 5,
  sql: `
CREATE TABLE unattributed_examples (
  reason  TEXT NOT NULL,
  end     TEXT NOT NULL,
  hour    INTEGER NOT NULL,
  example TEXT NOT NULL,
  PRIMARY KEY (reason, end, hour, example)
) STRICT, WITHOUT ROWID;
INSERT INTO unattributed_examples SELECT reason, end, hour, example FROM unattributed;
ALTER TABLE unattributed DROP COLUMN example;
`,
};
