/** Which edges a draft must allow, and which it must not: noise is not need, and doubt is not evidence. */
import type { Edge } from '../domain/edge.ts';
import { edgeKeyText, edgeTotals, isDisputed } from '../domain/edge.ts';
import { identityKey } from '../domain/identity.ts';

/** A client with more unanswered servers or ports than this is scanning (DESIGN section 5). */
const MAX_UNANSWERED_TARGETS = 20;

export interface Quarantined {
  readonly edge: Edge;
  /** `scan`: its client scans. `disputed`: a node that its connections passed says that there were none. */
  readonly reason: 'scan' | 'disputed';
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
  const quarantined = wanted.flatMap((edge): Quarantined[] => {
    if (isDisputed(edge)) return [{ edge, reason: 'disputed' }];
    return isScanner(edge) ? [{ edge, reason: 'scan' }] : [];
  });
  return {
    needed: wanted.filter((edge) => !isDisputed(edge) && !isScanner(edge)),
    quarantined,
    unanswered: unanswered.filter((edge) => edge.protocol !== 'udp'),
  };
}

/** A connection that was found alive was answered, too: dumps count only established ones. */
function isAnswered(edge: Edge): boolean {
  const totals = edgeTotals(edge);
  return totals.answered > 0 || totals.present > 0;
}
