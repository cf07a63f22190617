/** Groups of pods, reduced to the kinds of pods that policies can tell apart. */
import { compareText } from '../domain/text-order.ts';
import { numbering } from './party.ts';
import type { ReachEnd, ReachGroup } from './reach-end.ts';
import type { Direction, End, PolicyPod } from './world.ts';

export interface Member<P> {
  /** `namespace/name`. */
  readonly key: string;
  readonly party: P;
  readonly kind: string | null;
}

/** A group, ready to be looked at. */
export interface Crew<P> {
  readonly end: ReachEnd;
  readonly members: readonly Member<P>[];
  /** One member of each kind, and whether there are more of it; null where members must be looked at one by one. */
  readonly kinds: readonly { readonly party: P; readonly hasMore: boolean }[] | null;
  /** Equal for groups made of the same kinds. */
  readonly shape: number;
  /** One member of each kind on each node, for these alone differ towards addresses. */
  readonly grounds: readonly P[];
  readonly groundShape: number;
  /** Whether a side of any member is of interest. */
  readonly mayDecide: Readonly<Record<Direction, boolean>>;
}

/** How a pod is turned into a party, and which parties are of one kind. */
export interface Reducer<P> {
  partyOf(end: End): P;
  /** Equal for pods that no policy can tell apart; null for pods on their node's network. */
  kindOf(party: P): string | null;
  /** False when what this side of the guarded party says is of no interest, whatever the other end. */
  mayDecide(direction: Direction, guarded: P): boolean;
}

/** Sorted by title. */
export function crewsOf<P>(view: Reducer<P>, groups: readonly ReachGroup[]): Crew<P>[] {
  const timesGrouped = new Map<string, number>();
  for (const { pods } of groups) {
    for (const key of new Set(pods.map(podKey))) timesGrouped.set(key, (timesGrouped.get(key) ?? 0) + 1);
  }
  const shapeNumber = numbering();
  const groundNumber = numbering();
  return groups
    .toSorted((a, b) => compareText(a.title, b.title))
    .map(({ title, pods }) => {
      const distinct = new Map(pods.map((pod) => [podKey(pod), pod]));
      const members: Member<P>[] = [];
      const grounds = new Map<string, P>();
      const counts = new Map<string, { party: P; count: number }>();
      let alike = true;
      for (const [key, pod] of distinct) {
        const party = view.partyOf({ kind: 'pod', pod });
        const kind = view.kindOf(party);
        members.push({ key, party, kind });
        if (kind === null || timesGrouped.get(key) !== 1) alike = false;
        if (kind !== null) counts.set(kind, { party, count: (counts.get(kind)?.count ?? 0) + 1 });
        grounds.set(JSON.stringify([kind, kind === null ? null : pod.node]), party);
      }
      return {
        end: { kind: 'group', title },
        members,
        kinds: alike ? [...counts.values()].map(({ party, count }) => ({ party, hasMore: count > 1 })) : null,
        shape: shapeNumber([...counts.keys()].toSorted().join('\n')),
        grounds: [...grounds.values()],
        mayDecide: {
          ingress: members.some(({ party }) => view.mayDecide('ingress', party)),
          egress: members.some(({ party }) => view.mayDecide('egress', party)),
        },
        groundShape: groundNumber([...grounds.keys()].toSorted().join('\n')),
      };
    });
}

function podKey({ namespace, name }: PolicyPod): string {
  return `${namespace}/${name}`;
}
