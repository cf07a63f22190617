import type { Migration } from './migration.ts';

/** When a batch may be attributed is decided by its own end: one that ends later must not hold back those that sort after it. */
export const batchEnds: Migration = {
  version: 9,
  sql: `
ALTER TABLE batches ADD COLUMN ends_at INTEGER NOT NULL DEFAULT 0; -- of its window, by the server's clock at the latest; unix ms
UPDATE batches SET ends_at =
  CAST(json_extract(body, '$.windowEnd') + coalesce(json_extract(body, '$.clock.latestMs'), 0) AS INTEGER)
WHERE body IS NOT NULL;

-- All that a batch is chosen by, so that those which are not due yet are passed over without reading their bodies.
DROP INDEX batches_pending;
CREATE INDEX batches_pending ON batches (window_start, node_uid, sequence, epoch, ready_at, ends_at) WHERE body IS NOT NULL;
`,
};
