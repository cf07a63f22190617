/**
 * Evidence rows a second into the store, against bare inserts of the same rows into one table without key, index or
 * merge: same settings, same transactions, same run. Each side starts with a new file on the disk of the temporary
 * directory; the rows are made and flattened before the clock starts.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { HOUR_MS } from '../../src/domain/edge.ts';
import type { Evidence } from '../../src/domain/edge.ts';
import { identityKey } from '../../src/domain/identity.ts';
import type { Identity } from '../../src/domain/identity.ts';
import { openConnection } from '../../src/store/connection.ts';
import { openStore } from '../../src/store/store.ts';
import type { BenchResult } from './run.ts';

const EDGES = 20_000;
const ROWS = 200_000;
const ROWS_A_TRANSACTION = 1_000;
const WORKLOADS = 2_000;
const NODES = 50;
const WINDOW_MS = 10_000;

export function bench(): BenchResult {
  const rows = evidenceRows();
  const directory = mkdtempSync(path.join(tmpdir(), 'netscribe-bench-'));
  try {
    const bare = elapsed(() => bareInserts(path.join(directory, 'bare'), rows.map(flat)));
    const merged = elapsed(() => records(path.join(directory, 'store'), rows));
    return {
      unit: 'rows',
      measured: {
        what: `record() of evidence for ${EDGES} edges by two witnesses, ${ROWS_A_TRANSACTION} a transaction`,
        units: ROWS,
        elapsedMs: merged,
      },
      baseline: {
        what: 'bare inserts of the same rows, no key, index or merge',
        units: ROWS,
        elapsedMs: bare,
      },
      targetMs: null,
    };
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** Only `run` is timed, so that opening and flattening stay outside. */
interface Prepared {
  readonly run: () => void;
  readonly close: () => void;
}

function elapsed(prepare: () => Prepared): number {
  const { run, close } = prepare();
  const start = performance.now();
  run();
  const elapsedMs = performance.now() - start;
  close();
  return elapsedMs;
}

function records(file: string, rows: readonly Evidence[]): Prepared {
  const store = openStore(file);
  return {
    run: () => {
      for (const chunk of chunks(rows)) store.edges.record(chunk);
    },
    close: () => store.close(),
  };
}

function bareInserts(file: string, rows: readonly (readonly unknown[])[]): Prepared {
  const connection = openConnection(file);
  connection.db
    .exec(`CREATE TABLE bare (client TEXT, server TEXT, protocol TEXT, port INTEGER, client_lease TEXT,
    server_lease TEXT, seen TEXT, own_node INTEGER, service TEXT, witness TEXT, hour INTEGER, opened INTEGER,
    present INTEGER, answered INTEGER, bytes INTEGER, first_ms INTEGER, last_ms INTEGER) STRICT`);
  const insert = connection.db.prepare(`INSERT INTO bare VALUES (${Array(17).fill('?').join(', ')})`);
  return {
    run: () => {
      for (const chunk of chunks(rows)) {
        connection.write(() => {
          for (const row of chunk) insert.run(...row);
        });
      }
    },
    close: () => connection.close(),
  };
}

/**
 * Ten batch windows, the last two in the next hour; in each window a tenth of the rows: every second edge, each told by
 * the client's and by the server's node, node by node as batches arrive.
 */
function evidenceRows(): Evidence[] {
  const start = 1_700_000_000_000 - (1_700_000_000_000 % HOUR_MS) + HOUR_MS - 8 * WINDOW_MS;
  const rows: Evidence[] = [];
  for (let window = 0; window < 10; window++) {
    const told = Array.from({ length: EDGES / 2 }, (_, index) => index * 2 + (window % 2)).flatMap((edge) => [
      evidence(edge, clientOf(edge) % NODES, start + window * WINDOW_MS),
      evidence(edge, serverOf(edge) % NODES, start + window * WINDOW_MS + 1),
    ]);
    rows.push(...told.toSorted((a, b) => Number(a.witness.slice(5)) - Number(b.witness.slice(5))));
  }
  return rows;
}

function evidence(edge: number, witness: number, at: number): Evidence {
  const client = workload(clientOf(edge));
  const server = workload(serverOf(edge));
  return {
    client,
    server,
    protocol: edge % 10 === 0 ? 'udp' : 'tcp',
    port: 8000 + (edge % 7),
    clientLease: `pod/uid-of-client-${clientOf(edge)}/10.0.${clientOf(edge) % 250}.${edge % 3}/1`,
    serverLease: `pod/uid-of-server-${serverOf(edge)}/10.1.${serverOf(edge) % 250}.${edge % 2}/1`,
    view: { seen: client, ownNode: false },
    service: { namespace: `team-${serverOf(edge) % 40}`, name: `service-${serverOf(edge)}` },
    witness: `node-${witness}`,
    hour: at - (at % HOUR_MS),
    opened: 1 + (edge % 5),
    present: edge % 2,
    answered: 1,
    bytes: 1500,
    first: at,
    last: at + WINDOW_MS,
  };
}

/** Ten servers a client, spread so that neighbours in one list are strangers in the other. */
function clientOf(edge: number): number {
  return edge % WORKLOADS;
}

function serverOf(edge: number): number {
  return (clientOf(edge) * 37 + Math.floor(edge / WORKLOADS) * 101 + 1) % WORKLOADS;
}

function workload(index: number): Identity {
  return {
    kind: 'workload',
    workload: { namespace: `team-${index % 40}`, kind: 'Deployment', name: `workload-${index}` },
  };
}

function flat(row: Evidence): unknown[] {
  return [
    identityKey(row.client),
    identityKey(row.server),
    row.protocol,
    row.port,
    row.clientLease,
    row.serverLease,
    identityKey(row.view.seen),
    row.view.ownNode ? 1 : 0,
    `${row.service?.namespace}/${row.service?.name}`,
    row.witness,
    row.hour,
    row.opened,
    row.present,
    row.answered,
    row.bytes,
    row.first,
    row.last,
  ];
}

function* chunks<T>(rows: readonly T[]): Generator<readonly T[]> {
  for (let start = 0; start < rows.length; start += ROWS_A_TRANSACTION)
    yield rows.slice(start, start + ROWS_A_TRANSACTION);
}
