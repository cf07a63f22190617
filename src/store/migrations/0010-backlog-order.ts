import type { Migration } from './migration.ts';

/**
 * A backlog is attributed node by node within ten minutes, because a node tells of the same connections again and again; the length
 * is that of inbox.ts. What follows from evidence is made when it is read.
 */
export const backlogOrder: Migration = {
  version: 10,
  sql: `
-- All that a batch is chosen by, so that those which are not due yet are passed over without reading their bodies.
DROP INDEX batches_pending;
CREATE INDEX batches_pending
  ON batches (window_start / 600000, node_uid, window_start, sequence, epoch, ready_at, ends_at) WHERE body IS NOT NULL;

DROP TABLE edge_hours;
`,
};
