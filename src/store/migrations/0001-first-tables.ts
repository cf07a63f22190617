import type { Migration } from './migration.ts';

/**
 * Times are unix ms. Texts that many rows repeat (identities, lease ids, node and Service names) have a table each
 * and are meant by integer id. Id 0 of `lease_ids` and `services` means "none", because NULLs never collide and
 * would let one row of evidence stand twice.
 */
export const firstTables: Migration = {
  version: 1,
  sql: `
CREATE TABLE meta (
  key   TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO meta VALUES ('generation', lower(hex(randomblob(16))));

-- A batch keeps its row for ever, so that it is accepted once; its body goes when it is attributed.
CREATE TABLE batches (
  id           INTEGER PRIMARY KEY,
  node_uid     TEXT NOT NULL,
  epoch        TEXT NOT NULL,
  sequence     INTEGER NOT NULL,
  window_start INTEGER NOT NULL,
  body         TEXT,
  UNIQUE (node_uid, epoch, sequence)
) STRICT;
CREATE INDEX batches_pending ON batches (window_start, node_uid, sequence, epoch) WHERE body IS NOT NULL;

CREATE TABLE lease_ids (
  id   INTEGER PRIMARY KEY,
  text TEXT NOT NULL UNIQUE
) STRICT;
INSERT INTO lease_ids VALUES (0, '');

CREATE TABLE leases (
  lease      INTEGER PRIMARY KEY REFERENCES lease_ids,
  ip         TEXT NOT NULL,
  holder     TEXT NOT NULL, -- JSON
  pod        TEXT,          -- namespace/name when the holder is a pod
  from_ms    INTEGER NOT NULL,
  held_from  INTEGER NOT NULL,
  held_until INTEGER,
  until      INTEGER
) STRICT;
CREATE INDEX leases_ip ON leases (ip, from_ms);

CREATE TABLE identities (
  id        INTEGER PRIMARY KEY,
  key       TEXT NOT NULL UNIQUE,
  json      TEXT NOT NULL,
  namespace TEXT, -- of a workload, else NULL
  workload  TEXT  -- its name
) STRICT;
CREATE INDEX identities_workload ON identities (namespace, workload);

CREATE TABLE witnesses (
  id   INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE services (
  id        INTEGER PRIMARY KEY,
  namespace TEXT NOT NULL,
  name      TEXT NOT NULL,
  UNIQUE (namespace, name)
) STRICT;
INSERT INTO services VALUES (0, '', '');

CREATE TABLE edges (
  id         INTEGER PRIMARY KEY,
  key        TEXT NOT NULL UNIQUE,
  client     INTEGER NOT NULL REFERENCES identities,
  server     INTEGER NOT NULL REFERENCES identities,
  protocol   TEXT NOT NULL,
  port       INTEGER NOT NULL,
  first_seen INTEGER NOT NULL,
  last_seen  INTEGER NOT NULL,
  UNIQUE (client, server, protocol, port)
) STRICT;
CREATE INDEX edges_server ON edges (server);

CREATE TABLE evidence (
  edge         INTEGER NOT NULL REFERENCES edges,
  hour         INTEGER NOT NULL,
  client_lease INTEGER NOT NULL REFERENCES lease_ids,
  server_lease INTEGER NOT NULL REFERENCES lease_ids,
  witness      INTEGER NOT NULL REFERENCES witnesses,
  seen         INTEGER NOT NULL REFERENCES identities,
  own_node     INTEGER NOT NULL,
  service      INTEGER NOT NULL REFERENCES services,
  opened       INTEGER NOT NULL,
  present      INTEGER NOT NULL,
  answered     INTEGER NOT NULL,
  bytes        INTEGER NOT NULL,
  first_ms     INTEGER NOT NULL,
  last_ms      INTEGER NOT NULL,
  PRIMARY KEY (edge, hour, client_lease, server_lease, witness, seen, own_node, service)
) STRICT, WITHOUT ROWID;

-- Follows from evidence, and outlives it.
CREATE TABLE edge_hours (
  edge     INTEGER NOT NULL REFERENCES edges,
  hour     INTEGER NOT NULL,
  opened   INTEGER NOT NULL,
  present  INTEGER NOT NULL,
  answered INTEGER NOT NULL,
  bytes    INTEGER NOT NULL,
  PRIMARY KEY (edge, hour)
) STRICT, WITHOUT ROWID;

CREATE TABLE unattributed (
  reason  TEXT NOT NULL,
  end     TEXT NOT NULL,
  hour    INTEGER NOT NULL,
  count   INTEGER NOT NULL,
  example TEXT NOT NULL,
  PRIMARY KEY (reason, end, hour)
) STRICT, WITHOUT ROWID;

CREATE TABLE node_windows (
  id       INTEGER PRIMARY KEY,
  node     TEXT NOT NULL,
  start_ms INTEGER NOT NULL,
  end_ms   INTEGER NOT NULL,
  dropped  INTEGER NOT NULL,
  skipped  TEXT NOT NULL -- JSON: reason to count
) STRICT;
CREATE INDEX node_windows_node ON node_windows (node, start_ms);
`,
};
