/** Which edges a draft must allow, and which it must not: noise is not need, and doubt is not evidence. */
import type { Edge } from '../domain/edge.ts';
import { edgeKeyText, edgeTotals } from '../domain/edge.ts';
import { identityKey } from '../domain/identity.ts';

/** A client with more unanswered servers or ports than this is scanning (DESIGN section 5). */
const MAX_UNANSWERED_TARGETS = 20;

export interface Quarantined {
  readonly edge: Edge;
  readonly reason: 'scan';
}

export interface Needs {
  /** Edges that every draft set must allow. */
  readonly needed: readonly Edge[];
  /** Shown to people, out of every draft. */
  readonly quarantined: readonly Quarantined[];
  /** Never answered: refused, dropped or probing. */
  readonly unanswered: readonly Edge[];
}

/** Sorts edges into what is needed, what is held back, and what nobody answered. */
export function needsOf(edges: readonly Edge[]): Needs {
  const unanswered = edges.filter((edge) => !isAnswered(edge));
  const targets = new Map<string, Set<string>>();
  for (const edge of unanswered) {
    const client = identityKey(edge.client);
    targets.set(client, (targets.get(client) ?? new Set()).add(edgeKeyText(edge)));
  }
  const isScanner = (edge: Edge): boolean =>
    (targets.get(identityKey(edge.client))?.size ?? 0) > MAX_UNANSWERED_TARGETS;
  const wanted = edges.filter((edge) => isAnswered(edge) || edge.protocol === 'udp');
  return {
    needed: wanted.filter((edge) => !isScanner(edge)),
    quarantined: wanted.filter(isScanner).map((edge) => ({ edge, reason: 'scan' })),
    unanswered: unanswered.filter((edge) => edge.protocol !== 'udp'),
  };
}

/** A connection that was found alive was answered, too: dumps count only established ones. */
function isAnswered(edge: Edge): boolean {
  const totals = edgeTotals(edge);
  return totals.answered > 0 || totals.present > 0;
}
