/** Whom a server's side must let in for an edge: its client as each view has it, where no rule of Kubernetes lets it in anyway. */
import type { Edge, SourceView } from '../domain/edge.ts';
import { identityKey } from '../domain/identity.ts';
import type { Identity } from '../domain/identity.ts';

type Seen = Pick<Edge, 'client' | 'server' | 'views'>;

/**
 * Distinct; empty for an edge that needs no rule at ingress. A pod's own node always comes in (NETPOL rule 23), so what it
 * dials itself, as a kubelet does, needs none. That does not hold of others whom it only rewrote: once one of the two pods
 * runs elsewhere they are seen as another node, or as themselves.
 */
export function clientsToLetIn(edge: Seen): readonly Identity[] {
  const { client, views } = edge;
  const [one] = views;
  if (one === undefined) return [client];
  if (views.length === 1) {
    const seen = clientToLetIn(edge, one);
    return seen === null ? NONE : [seen];
  }
  return [...new Set(views.map((view) => clientToLetIn(edge, view)).filter((seen) => seen !== null))];
}

/** Whether none of its connections needs a rule at ingress, because the server's own node made all of them (NETPOL rule 23). */
export function isOfOwnNode({ client, views }: Pick<Edge, 'client' | 'views'>): boolean {
  return views.length > 0 && views.every((view) => isOwnNodeItself(client, view));
}

const NONE: readonly never[] = [];

function clientToLetIn({ client, server }: Seen, view: SourceView): Identity | null {
  if (!view.ownNode) return view.seen;
  if (isOwnNodeItself(client, view)) return null;
  // A pod that reaches itself through its Service is rewritten to its node; the next replica sees it as it is (NETPOL rule 22).
  return identityKey(client) === identityKey(server) ? client : view.seen;
}

/** Addresses are not compared: a node has one for each network, and dials its pods from that of their bridge. */
function isOwnNodeItself(client: Identity, { seen, ownNode }: SourceView): boolean {
  return ownNode && client.kind === 'node' && seen.kind === 'node' && client.name === seen.name;
}
