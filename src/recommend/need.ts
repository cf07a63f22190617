/** Which edges a draft must allow, and which it must not: noise is not need, and doubt is not evidence. */
import type { Edge } from '../domain/edge.ts';
import { edgeKeyText } from '../domain/edge.ts';
import type { QuarantineReason } from '../domain/quarantine-reason.ts';
import { isAnswered, quarantineOf } from './quarantine.ts';
import type { QuarantineScope } from './quarantine.ts';

/** An edge that is held back, and why; QUARANTINE_SENTENCES has the words. */
export interface Quarantined {
  readonly edge: Edge;
  readonly reason: QuarantineReason;
}

export interface Needs {
  /** Edges that every draft set must allow. */
  readonly needed: readonly Edge[];
  /** Shown to people, out of every draft. */
  readonly quarantined: readonly Quarantined[];
  /** Of `needed`: what would be held back, had a person not taken it in. */
  readonly takenIn: readonly Quarantined[];
  /** Never answered: refused, dropped or probing. */
  readonly unanswered: readonly Edge[];
}

export interface NeedScope extends QuarantineScope {
  /** Edges (`edgeKeyText`) that a person takes in though they are held back. */
  readonly include: ReadonlySet<string>;
}

/** A key as a person gives it: no Kubernetes name has an arrow, so blanks around it, which shells split at, may be left out. */
export function givenEdgeKey(text: string): string {
  return text.trim().replace(/\s*->\s*/, ' -> ');
}

/** A window too short to compare anything in. */
const SHORT: NeedScope = { window: { start: 0, end: 0 }, exposed: new Map(), include: new Set() };

/** Sorts edges into what is needed, what is held back, and what nobody answered. Without a scope as in a window of under a day. */
export function needsOf(edges: readonly Edge[], scope: NeedScope = SHORT): Needs {
  const reasonOf = quarantineOf(edges, scope);
  const needed: Edge[] = [];
  const quarantined: Quarantined[] = [];
  const takenIn: Quarantined[] = [];
  const unanswered: Edge[] = [];
  for (const edge of edges) {
    if (!isAnswered(edge) && edge.protocol !== 'udp') {
      unanswered.push(edge);
      continue;
    }
    const reason = reasonOf(edge);
    const isIncluded = reason !== null && scope.include.has(edgeKeyText(edge));
    if (reason !== null && !isIncluded) quarantined.push({ edge, reason });
    else needed.push(edge);
    if (reason !== null && isIncluded) takenIn.push({ edge, reason });
  }
  return { needed, quarantined, takenIn, unanswered };
}
