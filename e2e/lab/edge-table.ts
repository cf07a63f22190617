// The edges of a running system against the truth that the lab wrote, client by client.
import type { EdgeJson } from '../../src/wire/edge-json.ts';
import { edgeNames, shortEdge } from '../../test/replay/truth.ts';
import type { NodeAddresses, Score, Truth } from '../../test/replay/truth.ts';

/** The edges of one client: how many it has by the truth, and what differs. */
export interface EdgeRow {
  readonly client: string;
  readonly expected: number;
  readonly found: number;
  readonly missing: readonly string[];
  readonly extra: readonly string[];
}

/** Compares the needed edges with the truth, client by client, and adds to `score`. `quarantined` are the keys that the server holds back. */
export function judgeEdges(
  edges: readonly EdgeJson[],
  truth: Truth,
  by: { nodes: NodeAddresses; quarantined: readonly string[]; score: Score },
): EdgeRow[] {
  const found = new Set(
    edges
      .filter((edge) => isNeeded(edge) && !by.quarantined.includes(edge.key))
      .map(({ key }) => shortEdge(key)),
  );
  const expected = edgeNames(truth.edges, by.nodes);
  const others = edgeNames(truth.otherViews, by.nodes);
  const clients = new Set([...expected, ...found, ...others].map(clientOf));
  const rows = [...clients].toSorted().map((client) => {
    const own = [...expected].filter((edge) => clientOf(edge) === client);
    const seen = [...found].filter((edge) => clientOf(edge) === client);
    return {
      client,
      expected: own.length,
      found: own.filter((edge) => found.has(edge)).length,
      missing: own.filter((edge) => !found.has(edge)),
      extra: seen.filter((edge) => !expected.has(edge) && !others.has(edge)),
    };
  });
  for (const row of rows) {
    by.score.allowed += row.found + row.extra.length;
    by.score.wanted += row.expected;
    by.score.both += row.found;
  }
  return rows;
}

function clientOf(edge: string): string {
  return edge.split(' -> ')[0] ?? '';
}

function isNeeded(edge: EdgeJson): boolean {
  return edge.answered > 0 || edge.present > 0 || edge.protocol === 'udp';
}
