/** The numbers behind a rule, added up over the edges that it rests on. They stand in JSON and in comments, never in plain YAML. */
import type { Edge, PodSample, Testimony } from '../domain/edge.ts';
import { HOUR_MS } from '../domain/edge.ts';
import { compareText } from '../domain/text-order.ts';
import type { RuleEvidence } from './draft.ts';

const DAY_MS = 24 * HOUR_MS;

/** Null for a rule that rests on no traffic. */
export function ruleEvidence(edges: readonly Edge[]): RuleEvidence | null {
  const [first] = edges;
  if (first === undefined) return null;
  let [opened, present, answered] = [0, 0, 0];
  let { firstSeen, lastSeen } = first;
  for (const edge of edges) {
    let most = 0;
    for (const hour of edge.hours) {
      opened += hour.opened;
      answered += hour.answered;
      most = Math.max(most, hour.present);
    }
    present += most;
    firstSeen = Math.min(firstSeen, edge.firstSeen);
    lastSeen = Math.max(lastSeen, edge.lastSeen);
  }
  return {
    opened,
    present,
    answered,
    daysSeen: daysSeen(edges),
    firstSeen,
    lastSeen,
    clientPods: distinctPods(edges, ({ clientPods }) => clientPods),
    serverPods: distinctPods(edges, ({ serverPods }) => serverPods),
    witnesses: witnessesOf(edges, first),
    testimony: edges.length === 1 ? first.testimony : summed(edges),
  };
}

function summed(edges: readonly Edge[]): Testimony {
  const sums = { agreed: 0, oneSided: 0, disputed: 0 };
  for (const { testimony } of edges) {
    sums.agreed += testimony.agreed;
    sums.oneSided += testimony.oneSided;
    sums.disputed += testimony.disputed;
  }
  return sums;
}

function daysSeen(edges: readonly Edge[]): number {
  const [first] = edges;
  if (first !== undefined && edges.length === 1) return daysOf(first);
  return new Set(edges.flatMap(({ hours }) => hours.map(({ hour }) => Math.floor(hour / DAY_MS)))).size;
}

/** Its hours are ascending. */
function daysOf({ hours }: Edge): number {
  let [days, last] = [0, Number.NEGATIVE_INFINITY];
  for (const { hour } of hours) {
    const day = Math.floor(hour / DAY_MS);
    if (day > last) days++;
    last = day;
  }
  return days;
}

/** At least so many: an edge names only some of its pods, and two edges may have the same ones. */
function distinctPods(edges: readonly Edge[], sampleOf: (edge: Edge) => PodSample): number {
  const [first] = edges;
  if (first !== undefined && edges.length === 1) return sampleOf(first).count;
  let most = 0;
  const named = new Set<string>();
  for (const edge of edges) {
    const { names, count } = sampleOf(edge);
    most = Math.max(most, count);
    for (const name of names) named.add(name);
  }
  return Math.max(most, named.size);
}

/** Sorted; those of one edge are. */
function witnessesOf(edges: readonly Edge[], first: Edge): readonly string[] {
  if (edges.length === 1) return first.witnesses;
  return [...new Set(edges.flatMap(({ witnesses }) => witnesses))].toSorted(compareText);
}
