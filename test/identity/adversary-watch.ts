/**
 * What of the adversary's cluster reaches the book, and when: late, of each object in order but of different ones in any, seen again
 * without having changed, and cut off for a while, after which only a list tells what is left.
 */
import type { AdversaryCluster } from './adversary-cluster.ts';
import type { PodVersion } from './adversary-telling.ts';
import type { Dice } from './adversary-dice.ts';

/** In the order of `at`. */
export type Delivery = { readonly at: number } & (
  | { readonly kind: 'pod'; readonly version: PodVersion }
  | { readonly kind: 'node'; readonly node: string; readonly bootId: string; readonly heartbeat: number }
  | { readonly kind: 'unwatched'; readonly from: number; readonly until: number }
);

export interface Cut {
  readonly from: number;
  readonly until: number;
}

export interface Watched {
  readonly deliveries: readonly Delivery[];
  readonly cut: Cut | null;
}

/** How far one object may be behind another; ms. */
export const WATCH_LAG_MS = 1500;

export function watched(cluster: AdversaryCluster, dice: Dice): Watched {
  const cut = dice.chance(0.4) ? cutOf(cluster, dice) : null;
  const byUid = Map.groupBy(
    cluster.versions.filter(({ at }) => Number.isFinite(at)),
    ({ uid }) => uid,
  );
  const histories = [...byUid.values()].map((versions) => {
    let last = 0;
    return versions.map((version) => {
      last = Math.max(last, version.at + dice.between(0, WATCH_LAG_MS));
      return { at: last, kind: 'pod' as const, version };
    });
  });
  const nodes = cluster.nodeVersions.map((version) => ({
    kind: 'node' as const,
    ...version,
    at: cut !== null && version.at >= cut.from && version.at < cut.until ? cut.until : version.at,
  }));
  const mayList = cut !== null && histories.every((history) => !hides(history, cut, cluster));
  const pods = histories.flatMap((history) =>
    cut === null ? history : mayList ? listed(history, cut) : resumed(history, cut),
  );
  // A label changes, or everything is listed again: the same is told once more, though its kubelet said nothing.
  const again = [...Map.groupBy(pods, ({ version }) => version.uid).values()].flatMap((history) =>
    history.flatMap((each, index) => {
      const at = each.at + dice.between(1, 30_000);
      const isStillSo = at < (history[index + 1]?.at ?? Number.POSITIVE_INFINITY);
      return isStillSo && each.version.object !== null && dice.chance(0.2) ? [{ ...each, at }] : [];
    }),
  );
  const gap: Delivery[] =
    mayList && cut !== null
      ? [{ at: cut.until - 1, kind: 'unwatched', from: cut.from - WATCH_LAG_MS, until: cut.until }]
      : [];
  return { deliveries: [...pods, ...again, ...nodes, ...gap].toSorted((a, b) => a.at - b.at), cut };
}

type Seen = Extract<Delivery, { kind: 'pod' }>;

function cutOf(cluster: AdversaryCluster, dice: Dice): Cut {
  const from = cluster.end - dice.between(20_000, 80_000);
  return { from, until: from + dice.between(2000, 25_000) };
}

function isLost({ at, version }: Seen, cut: Cut): boolean {
  return at >= cut.from && version.at < cut.until;
}

/** Whether a list would never tell of a sandbox that is told of nowhere else, but for pods that lived only while nobody watched. */
function hides(history: readonly Seen[], cut: Cut, cluster: AdversaryCluster): boolean {
  const kept = new Set(listed(history, cut).map(({ version }) => version.sandbox));
  const isHidden = history.some(
    (each) => isLost(each, cut) && each.version.sandbox !== null && !kept.has(each.version.sandbox),
  );
  if (!isHidden) return false;
  const uid = history[0]?.version.uid;
  const lived = cluster.sandboxes.filter((each) => each.uid === uid);
  return lived.some(({ from, until }) => from < cut.from || until > cut.until);
}

/** After the cut, of each object as it was by then. */
function listed(history: readonly Seen[], cut: Cut): Seen[] {
  const last = history.findLast(({ version }) => version.at < cut.until);
  return history.flatMap((each) => {
    if (each.at < cut.from && each !== last) return [each];
    if (each === last) {
      const now = { ...each, at: cut.until };
      return each.at < cut.from ? [each, ...(each.version.object === null ? [] : [now])] : [now];
    }
    return isLost(each, cut) ? [] : [{ ...each, at: Math.max(each.at, cut.until) }];
  });
}

/** The watch goes on where it was: everything comes, late. */
function resumed(history: readonly Seen[], cut: Cut): Seen[] {
  return history.map((each) => (isLost(each, cut) ? { ...each, at: Math.max(each.at, cut.until) } : each));
}
