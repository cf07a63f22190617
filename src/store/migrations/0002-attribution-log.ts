import type { Migration } from './migration.ts';

/** Times are unix ms. */
export const attributionLog: Migration = {
  version: 2,
  sql: `
-- What one transaction attributed, moment by moment, while it can be revoked. The body is that of moment-codec.ts.
CREATE TABLE attribution_log (
  id       INTEGER PRIMARY KEY,
  from_ms  INTEGER NOT NULL, -- every moment lies within these two
  until_ms INTEGER NOT NULL,
  body     BLOB NOT NULL
) STRICT;
CREATE INDEX attribution_log_until ON attribution_log (until_ms);

-- A batch of which a part must wait for a kubelet: not before this time, unix ms.
ALTER TABLE batches ADD COLUMN ready_at INTEGER NOT NULL DEFAULT 0;

-- Connections whose attribution was revoked, by what became of them.
CREATE TABLE withdrawn (
  outcome TEXT NOT NULL, -- 'attributed-anew', or the reason why they no longer are
  hour    INTEGER NOT NULL,
  count   INTEGER NOT NULL,
  PRIMARY KEY (outcome, hour)
) STRICT, WITHOUT ROWID;
`,
};
