/** One recorded edge under one set of policies: every way it was seen, between every kind of pod it has now. */
import type { Edge, SourceView } from '../domain/edge.ts';
import { identityKey } from '../domain/identity.ts';
import type { Identity } from '../domain/identity.ts';
import type { PolicySet } from './compile.ts';
import { evaluateSide } from './evaluate.ts';
import type { Connection } from './evaluate.ts';
import type { EdgeEnds } from './verify-ends.ts';
import type { Direction, End } from './world.ts';

/** A side that denies the edge, with one connection that shows it. */
export interface DenyingSide {
  readonly direction: Direction;
  /** Whom the side would have to let through: the server at egress; the client as it was seen at ingress. */
  readonly peer: Identity;
  readonly connection: Connection;
  /** Policies (`namespace/name`, sorted) that isolate the guarded pod. */
  readonly isolatedBy: readonly string[];
}

export interface EdgeVerdict {
  /** For each way the connection can be made (view, client, server; in a fixed order), whether it is denied. */
  readonly ways: readonly boolean[];
  /** Empty when nothing is denied; at most one at egress, and one for each view at ingress. */
  readonly sides: readonly DenyingSide[];
}

/**
 * Judges `client` at the client's side and each view at the server's side, because the plugin that guards the server
 * sees the rewritten address. A view through the server's own node is always let in (NETPOL rule 23). `ends` must hold
 * at least one end on each side.
 */
export function judgeEdge(
  set: PolicySet,
  edge: Edge,
  by: { readonly ends: EdgeEnds; readonly endsOf: (identity: Identity) => readonly End[] },
): EdgeVerdict {
  const { client: clients, server: servers } = by.ends;
  const sides = new Map<string, DenyingSide>();
  const isDenied = (
    direction: Direction,
    peer: Identity,
    ends: Pick<Connection, 'client' | 'server'>,
  ): boolean => {
    const connection = { ...ends, protocol: edge.protocol, port: edge.port };
    const { allowed, isolatedBy } = evaluateSide(set, direction, connection);
    if (allowed) return false;
    const side = `${direction} ${identityKey(peer)}`;
    if (!sides.has(side)) sides.set(side, { direction, peer, connection, isolatedBy });
    return true;
  };
  const egress = clients.map((client) =>
    servers.map((server) => isDenied('egress', edge.server, { client, server })),
  );
  const ways: boolean[] = [];
  for (const { seen, ownNode } of viewsOf(edge)) {
    const isClient = identityKey(seen) === identityKey(edge.client);
    const others = isClient ? clients : by.endsOf(seen);
    const ingress = servers.map((server) =>
      others.map((client) => !ownNode && isDenied('ingress', seen, { client, server })),
    );
    for (let c = 0; c < clients.length; c++) {
      for (let s = 0; s < servers.length; s++) {
        const cells = ingress[s] ?? [];
        const isShut = isClient ? cells[c] === true : cells.includes(true);
        ways.push(egress[c]?.[s] === true || isShut);
      }
    }
  }
  return { ways, sides: [...sides.values()] };
}

/** An edge whose evidence has expired keeps no view; its client is then judged as itself. */
function viewsOf(edge: Edge): readonly SourceView[] {
  return edge.views.length > 0 ? edge.views : [{ seen: edge.client, ownNode: false }];
}
