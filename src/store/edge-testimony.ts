/**
 * Weighs what nodes told of an edge (DESIGN section 5). A connection between two nodes passes both, so that one of them
 * alone is believed only while the other could not have seen it. This bounds what a compromised node can write into policy.
 */
import type { Testimony } from '../domain/edge.ts';
import type { NodeWatch } from './node-watch.ts';

/** When a node told of something; unix ms. */
export interface Word {
  readonly node: string;
  readonly hour: number;
  readonly first: number;
  readonly last: number;
}

/** What one node told of connections between two leases in one hour. */
export interface Telling extends Word {
  readonly clientLease: number;
  readonly serverLease: number;
  /** The identity that the node put in the client's place; null where it did not. */
  readonly seen: number | null;
  readonly opened: number;
  readonly present: number;
}

/** What else must be known of the edge's ends. Asked only where it matters. */
export interface Surroundings {
  /** The node that holds the lease or hosts its pod; null when it is not known, or outside the cluster. */
  clientNode(lease: number): string | null;
  serverNode(lease: number): string | null;
  /** What was told of connections of the identity `seen` to this lease of the server. */
  wordsOfSeen(seen: number, serverLease: number): readonly Word[];
  /** What was told of connections of the client to addresses of `node` itself, on any port. */
  wordsToNode(clientLease: number, node: string): readonly Word[];
  watch(node: string): NodeWatch;
}

/** Two nodes may put one connection into different hours; between what they told lies less than this then; ms. */
const HOURS_APART_MS = 30_000;
/** What a node saw may still wait for a kubelet this long after its window was taken in; ms. */
const SETTLE_MS = 30_000;
/** A window may begin before its agent did, or end after it; never by more than the batch window; ms. */
const WINDOW_GRAIN_MS = 10_000;
/** Of two agents that send, neither is behind the other by more than this; ms. */
const LATE_MS = 120_000;

export function weigh(tellings: readonly Telling[], around: Surroundings): Testimony {
  const sums = { agreed: 0, oneSided: 0, disputed: 0 };
  for (const alike of Map.groupBy(tellings, pairText).values()) {
    for (const ofHour of Map.groupBy(alike, ({ hour }) => hour).values()) {
      const claim = claimOf(ofHour);
      const outcome = outcomeOf(claim, alike, around);
      if (outcome !== 'pending') sums[outcome] += Math.max(claim.opened, claim.present);
    }
  }
  return sums;
}

/** What was told of one pair of leases in one hour, by everybody who saw both ends as they are. */
interface Claim extends Telling {
  readonly nodes: ReadonlySet<string>;
}

/** A node that rewrites is the only one that knows both addresses. */
function pairText({ clientLease, serverLease, seen, node }: Telling): string {
  return seen === null ? `${clientLease} ${serverLease}` : `${clientLease} ${serverLease} ${seen} ${node}`;
}

function claimOf(group: readonly Telling[]): Claim {
  const [first] = group;
  if (first === undefined) throw new RangeError('nobody told anything');
  const byNode = [...Map.groupBy(group, ({ node }) => node).values()];
  const greatest = (count: 'opened' | 'present'): number =>
    Math.max(...byNode.map((told) => told.reduce((sum, each) => sum + each[count], 0)));
  return {
    ...first,
    first: Math.min(...group.map((each) => each.first)),
    last: Math.max(...group.map((each) => each.last)),
    opened: greatest('opened'),
    present: greatest('present'),
    nodes: new Set(group.map(({ node }) => node)),
  };
}

function outcomeOf(
  claim: Claim,
  alike: readonly Telling[],
  around: Surroundings,
): 'agreed' | 'oneSided' | 'disputed' | 'pending' {
  const silent = silentNodes(claim, alike, around);
  if (silent.length === 0) return 'agreed';
  const reasons = new Set(silent.map((node) => silenceOf(node, claim, around)));
  if (reasons.has('denies')) return 'disputed';
  return reasons.has('late') ? 'pending' : 'oneSided';
}

/** The nodes that the connections passed and that told nothing of them. `alike` is what was told of the same pair in any hour. */
function silentNodes(claim: Claim, alike: readonly Telling[], around: Surroundings): string[] {
  const { clientLease, serverLease, seen } = claim;
  const client = around.clientNode(clientLease);
  const server = around.serverNode(serverLease);
  const told = (node: string, words: readonly Word[]): boolean =>
    words.some((word) => word.node === node && isOfClaim(word, claim));
  const toldTo = (node: string, other: string): boolean => told(node, around.wordsToNode(clientLease, other));
  if (seen !== null) {
    const rewriter = claim.node;
    const isClientSilent = client !== null && client !== rewriter && !toldTo(client, rewriter);
    const isServerSilent =
      server !== null && server !== rewriter && !told(server, around.wordsOfSeen(seen, serverLease));
    return [...(isClientSilent ? [client] : []), ...(isServerSilent ? [server] : [])];
  }
  if (client === null || server === null || client === server) return [];
  // An address of the server's node was dialled, and that node alone knows which of its pods answered.
  const isClientSilent = !told(client, alike) && !toldTo(client, server);
  return [...(isClientSilent ? [client] : []), ...(told(server, alike) ? [] : [server])];
}

/** Connections that were only found alive opened at another time, in whatever hour the other node told of them. */
function isOfClaim(word: Word, claim: Claim): boolean {
  return (
    word.hour === claim.hour ||
    claim.opened === 0 ||
    (word.first <= claim.last + HOURS_APART_MS && word.last >= claim.first - HOURS_APART_MS)
  );
}

/** Why a node told nothing: it looked and saw nothing, its word is still to come, or it could not have seen it. */
function silenceOf(node: string, claim: Claim, around: Surroundings): 'denies' | 'late' | 'blind' {
  const { stretches, newest } = around.watch(node);
  if (newest === null) return 'blind';
  const until = Math.min(claim.last, newest - SETTLE_MS);
  if (until < claim.first) {
    const told = Math.max(...[...claim.nodes].map((each) => around.watch(each).newest ?? claim.last));
    return told - newest > LATE_MS ? 'blind' : 'late';
  }
  const isWatched = stretches.some(
    ({ start, end }) => start + WINDOW_GRAIN_MS <= claim.first && until + WINDOW_GRAIN_MS <= end,
  );
  return isWatched ? 'denies' : 'blind';
}
