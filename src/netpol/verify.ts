/**
 * Would it break? Judges policies against recorded traffic, and says what they open that was shut. A pure function of
 * values that can be sent to a thread; it asks no clock and no cluster, and proves what the policies mean, never that
 * a network plugin enforces them (NETPOL rule 31).
 */
import type { Edge } from '../domain/edge.ts';
import { edgeKeyText } from '../domain/edge.ts';
import type { Identity } from '../domain/identity.ts';
import { identityKey } from '../domain/identity.ts';
import type { QuarantineReason } from '../domain/quarantine-reason.ts';
import { compareText } from '../domain/text-order.ts';
import { compilePolicies } from './compile.ts';
import type { PolicySet } from './compile.ts';
import type { NetworkPolicy } from './policy.ts';
import { judgeEdge } from './verify-edge.ts';
import { EndBook } from './verify-ends.ts';
import type { EdgeEnds, VerifyWorkload } from './verify-ends.ts';
import { effectOnReach } from './verify-reach.ts';
import type { ReachEffect } from './verify-reach.ts';
import { denialReason } from './verify-reason.ts';
import type { DenialReason } from './verify-reason.ts';
import type { Direction, PolicyWorld } from './world.ts';

/** `needed`: somebody relies on it. `unanswered`: nobody answered, so nothing would be lost. The others are held back. */
export type EdgeNeed = 'needed' | 'unanswered' | QuarantineReason;

export interface VerifyInput {
  /** The policies that the change starts from, and those that it leads to. One name stands once in each. */
  readonly before: readonly NetworkPolicy[];
  readonly after: readonly NetworkPolicy[];
  readonly world: PolicyWorld;
  readonly workloads: readonly VerifyWorkload[];
  /** Of the window judged: hours outside it are not counted. */
  readonly edges: readonly { readonly edge: Edge; readonly need: EdgeNeed }[];
}

export interface DenialSide {
  /** `client`: the client's policies do not let it out; `server`: the server's do not let it in. */
  readonly side: 'client' | 'server';
  /** The client as the server's side saw it; null at the client's side. */
  readonly seenAs: Identity | null;
  /** Policies (`namespace/name`, sorted) that isolate the guarded pods. */
  readonly isolatedBy: readonly string[];
  readonly reason: DenialReason;
}

export interface DeniedEdge {
  readonly edge: Edge;
  readonly need: EdgeNeed;
  /** Whether every way it was seen is denied, or only some of them (of the pods, or of the addresses it was seen as). */
  readonly ways: 'all' | 'some';
  /** Whether `before` denies at least what `after` does. */
  readonly deniedBefore: boolean;
  /** Needed, and not denied before. */
  readonly breaks: boolean;
  readonly sides: readonly DenialSide[];
}

/** An edge about which nothing can be said, because nothing is left of one end: never silently allowed. */
export interface UnjudgedEdge {
  readonly edge: Edge;
  readonly need: EdgeNeed;
  readonly reason: 'workload-gone';
  /** The ends of which neither a pod nor an object is left. */
  readonly gone: readonly Identity[];
}

export interface Verification {
  /** Those that break first, then what was denied before, then noise; each in the order of their key texts. */
  readonly denied: readonly DeniedEdge[];
  /** Needed edges that `before` denies and `after` allows, by key text. */
  readonly admitted: readonly Edge[];
  readonly unjudged: readonly UnjudgedEdge[];
  /** How many edges `after` allows. */
  readonly allowed: number;
  readonly reach: ReachEffect;
}

export function verifyPolicies(input: VerifyInput): Verification {
  const { before, after, world, workloads } = input;
  const sets = { before: compilePolicies(before, world), after: compilePolicies(after, world) };
  const book = new EndBook(workloads, [...before, ...after]);
  const denied: DeniedEdge[] = [];
  const admitted: Edge[] = [];
  const unjudged: UnjudgedEdge[] = [];
  let allowed = 0;
  for (const { edge, need } of input.edges) {
    const ends = book.endsOfEdge(edge);
    const gone = goneEnds(edge, ends);
    if (gone.length > 0) {
      unjudged.push({ edge, need, reason: 'workload-gone', gone });
      continue;
    }
    const judged = judgeBoth(sets, edge, { ends, book });
    if (judged.after.sides.length > 0) {
      const { deniedBefore } = judged;
      denied.push({
        edge,
        need,
        ways: judged.after.ways.every(Boolean) ? 'all' : 'some',
        deniedBefore,
        breaks: need === 'needed' && !deniedBefore,
        sides: judged.after.sides.map(({ direction, ...side }) => ({
          side: sideOf(direction),
          seenAs: direction === 'ingress' ? side.peer : null,
          isolatedBy: side.isolatedBy,
          reason: denialReason(sets.after, { direction, ...side }),
        })),
      });
      continue;
    }
    allowed++;
    if (need === 'needed' && judged.wasDenied) admitted.push(edge);
  }
  return {
    denied: denied.toSorted((a, b) => rank(a) - rank(b) || byKey(a.edge, b.edge)),
    admitted: admitted.toSorted(byKey),
    unjudged: unjudged.toSorted((a, b) => byKey(a.edge, b.edge)),
    allowed,
    reach: effectOnReach(input, sets),
  };
}

function judgeBoth(
  sets: { before: PolicySet; after: PolicySet },
  edge: Edge,
  by: { ends: EdgeEnds; book: EndBook },
) {
  const judging = { ends: by.ends, endsOf: (identity: Identity) => by.book.endsOf(identity) };
  const before = judgeEdge(sets.before, edge, judging);
  const after = judgeEdge(sets.after, edge, judging);
  return {
    after,
    wasDenied: before.sides.length > 0,
    deniedBefore: after.ways.every((isDenied, way) => !isDenied || before.ways[way] === true),
  };
}

/** A view that shows the client as another workload is judged by that workload's pods, so it must have some, too. */
function goneEnds(edge: Edge, ends: EdgeEnds): Identity[] {
  const gone: Identity[] = [];
  if (ends.client.length === 0) gone.push(edge.client);
  if (ends.server.length === 0 && identityKey(edge.server) !== identityKey(edge.client))
    gone.push(edge.server);
  return gone;
}

function sideOf(direction: Direction): DenialSide['side'] {
  return direction === 'egress' ? 'client' : 'server';
}

function rank({ breaks, need }: DeniedEdge): number {
  if (breaks) return 0;
  return need === 'needed' ? 1 : 2;
}

function byKey(a: Edge, b: Edge): number {
  return compareText(edgeKeyText(a), edgeKeyText(b));
}
