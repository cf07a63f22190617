import type { Migration } from './migration.ts';

/** Connections seen before and after their client's address was rewritten; the column's values are those of masquerade.ts. */
export const masquerade: Migration = {
  version: 4,
  sql: `
ALTER TABLE evidence ADD COLUMN masquerade INTEGER NOT NULL DEFAULT 0;
UPDATE evidence SET masquerade = (
  SELECT CASE
    WHEN evidence.seen <> edges.client AND seen.key LIKE 'node:' || witnesses.name || '@%' THEN 1
    WHEN evidence.seen = edges.client AND seen.key LIKE 'node:%' AND seen.key NOT LIKE 'node:' || witnesses.name || '@%' THEN 2
    ELSE 0
  END
  FROM edges, identities AS seen, witnesses
  WHERE edges.id = evidence.edge AND seen.id = evidence.seen AND witnesses.id = evidence.witness
) WHERE server_lease <> 0;
-- What a node rewrote, found by the address that others saw.
CREATE INDEX evidence_rewritten ON evidence (seen, hour, server_lease) WHERE masquerade = 1;
`,
};
