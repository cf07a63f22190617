import type { Migration } from './migration.ts';

/**
 * What was attributed, then contradicted, and waits for a fact that says who the ends were; what is known of the clocks of nodes, so
 * that facts that are told right after a restart are read by them; and the times in which pods could come and go without being told.
 */
export const whatWaits: Migration = {
  version: 7,
  sql: `
CREATE TABLE revoked (
  id INTEGER PRIMARY KEY,
  ready_at INTEGER NOT NULL,
  final_at INTEGER NOT NULL,
  body TEXT NOT NULL
) STRICT;
CREATE INDEX revoked_by_ready_at ON revoked (ready_at);
CREATE TABLE node_clocks (
  node TEXT PRIMARY KEY,
  body TEXT NOT NULL
) STRICT;
CREATE TABLE unwatched (
  node TEXT, -- null for all nodes
  from_ms INTEGER NOT NULL,
  until_ms INTEGER NOT NULL
) STRICT;
`,
};
