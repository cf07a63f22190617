/** Weighs the testimony of edges as they are read: who could have told of them, and who did. */
import type Database from 'better-sqlite3';
import type { Testimony } from '../domain/edge.ts';
import type { Identity } from '../domain/identity.ts';
import type { Sight, SightReader, Word as SightWord } from './edge-sights.ts';
import { isRewritten } from './edge-sights.ts';
import { weigh } from './edge-testimony.ts';
import type { Surroundings, Telling, Word } from './edge-testimony.ts';
import { remembering } from './meanings.ts';
import type { Meanings } from './meanings.ts';
import { nodeWatchReader } from './node-watch.ts';

export interface Weighed {
  /** Names of nodes that saw the client only as the node that rewrote it. */
  readonly behind: readonly string[];
  readonly testimony: Testimony;
}

interface EdgeEnds {
  readonly id: number;
  readonly client: number;
  readonly server: number;
}

/** Identities of nodes are keyed `node:NAME@ADDRESS`; the letter after `@` ends the range of one name. */
const SELECT_TO_NODE = `
SELECT witness, hour, first_ms AS first, last_ms AS last
FROM identities
  CROSS JOIN edges ON edges.server = identities.id AND edges.client = @client
  CROSS JOIN evidence ON evidence.edge = edges.id
WHERE identities.key >= 'node:' || @node || '@' AND identities.key < 'node:' || @node || 'A'
  AND (@clientLease = 0 OR client_lease = @clientLease)`;

/** Each call of the result reads what nodes watched anew. */
export function edgeWeigher(
  db: Database.Database,
  reader: SightReader,
): (meaning: Meanings) => (edge: EdgeEnds, sights: readonly Sight[]) => Weighed {
  const watchOf = nodeWatchReader(db);
  const toNode = db.prepare<{ client: number; node: string; clientLease: number }, SightWord>(SELECT_TO_NODE);
  return (meaning) => {
    const watch = remembering(watchOf);
    const wordOf = ({ witness, hour, first, last }: SightWord): Word => {
      return { node: meaning.witness(witness), hour, first, last };
    };
    return (edge, sights) => {
      const client = meaning.identity(edge.client);
      const server = meaning.identity(edge.server);
      const wordsOfSeen = remembering((seen: number) =>
        remembering((serverLease: number) => reader.wordsOf(edge.id, seen, serverLease).map(wordOf)),
      );
      const around: Surroundings = {
        clientNode: (lease) => nodeOf(client, lease, meaning),
        serverNode: (lease) => nodeOf(server, lease, meaning),
        wordsOfSeen: (seen, serverLease) => wordsOfSeen(seen)(serverLease),
        wordsToNode: (clientLease, node) =>
          toNode.all({ client: edge.client, node, clientLease }).map(wordOf),
        watch,
      };
      const tellings = sights.map((sight): Telling => {
        const { server_lease: serverLease, seen, opened, present } = sight;
        // Leases of a node's address are one: nobody else holds it.
        const clientLease = client.kind === 'node' ? 0 : sight.client_lease;
        const told = { clientLease, serverLease, seen: seen === edge.client ? null : seen, opened, present };
        return { ...wordOf(sight), ...told };
      });
      const behind = sights.filter(isRewritten).flatMap(({ hour, seen, server_lease: serverLease }) =>
        wordsOfSeen(seen)(serverLease)
          .filter((word) => word.hour === hour)
          .map(({ node }) => node),
      );
      return { behind, testimony: weigh(tellings, around) };
    };
  };
}

function nodeOf(end: Identity, lease: number, meaning: Meanings): string | null {
  return end.kind === 'node' ? end.name : meaning.node(lease);
}
