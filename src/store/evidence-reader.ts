import type Database from 'better-sqlite3';
import type { EdgeKey, Evidence } from '../domain/edge.ts';
import type { Identity } from '../domain/identity.ts';

const SELECT_EVIDENCE = `
SELECT hour, nullif(client.text, '') AS clientLease, nullif(server.text, '') AS serverLease,
       witnesses.name AS witness, seen.json AS seen, own_node AS ownNode,
       services.namespace AS serviceNamespace, services.name AS serviceName,
       opened, present, answered, bytes, first_ms AS first, last_ms AS last
FROM evidence
  JOIN lease_ids AS client ON client.id = client_lease
  JOIN lease_ids AS server ON server.id = server_lease
  JOIN witnesses ON witnesses.id = witness
  JOIN identities AS seen ON seen.id = evidence.seen
  JOIN services ON services.id = service
WHERE edge = (SELECT id FROM edges WHERE key = ?)
ORDER BY hour, client.text, server.text, witnesses.name, seen.key, own_node, services.namespace, services.name`;

interface EvidenceRow extends Omit<Evidence, keyof EdgeKey | 'view' | 'service'> {
  /** JSON. */
  readonly seen: string;
  readonly ownNode: number;
  /** Empty when no Service was dialled. */
  readonly serviceNamespace: string;
  readonly serviceName: string;
}

/** The function that reads all evidence of the edge with this key text. */
export function evidenceReader(db: Database.Database): (keyText: string, key: EdgeKey) => Evidence[] {
  const select = db.prepare<[string], EvidenceRow>(SELECT_EVIDENCE);
  return (keyText, key) => select.all(keyText).map((row) => evidenceOf(row, key));
}

function evidenceOf(row: EvidenceRow, { client, server, protocol, port }: EdgeKey): Evidence {
  const { seen, ownNode, serviceNamespace, serviceName, ...rest } = row;
  return {
    client,
    server,
    protocol,
    port,
    ...rest,
    view: { seen: JSON.parse(seen) as Identity, ownNode: ownNode === 1 },
    service: serviceName === '' ? null : { namespace: serviceNamespace, name: serviceName },
  };
}
