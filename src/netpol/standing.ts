/** Whether rules decide a side of a connection at all, or something that stands above them does. */
import type { PolicySet } from './compile.ts';
import type { Isolation } from './isolation.ts';
import { seenPeer } from './seen-peer.ts';
import type { Ends, SeenPeer } from './seen-peer.ts';
import type { Direction, End, PolicyPod } from './world.ts';

/**
 * Why a side allows everything. `self`: own-pod traffic (NETPOL rule 22). `own-node`: ingress from the pod's node
 * (rule 23). `host-network`: the guarded end is a host-network pod, which no policy selects (rule 24a). `not-a-pod`:
 * the guarded end is an address (rule 7). `not-isolated`: no policy isolates the pod in this direction (rule 6).
 */
export type Exemption = 'self' | 'own-node' | 'host-network' | 'not-a-pod' | 'not-isolated';

export type Standing =
  | { readonly kind: 'exempt'; readonly reason: Exemption; readonly isolatedBy: readonly string[] }
  | {
      readonly kind: 'judged';
      readonly pod: PolicyPod;
      readonly isolation: Isolation;
      readonly peer: SeenPeer;
    };

/**
 * Only ingress is exempt for the own node: the API's concept page says that traffic to it is always allowed too, the
 * egress section of its types does not (NETPOL rule 23), so a draft that relied on it could break on some plugins.
 */
export function standingOf(set: PolicySet, direction: Direction, ends: Ends): Standing {
  const guarded = direction === 'ingress' ? ends.server : ends.client;
  if (guarded.kind === 'address') return EXEMPT['not-a-pod'];
  const { pod } = guarded;
  if (pod.hostNetwork) return EXEMPT['host-network'];
  return standingOfGuarded(set, direction, ends, { pod, isolation: set.isolation(direction, pod) });
}

/** A pod that policies may select, and those that isolate it. */
export interface Guarded {
  readonly pod: PolicyPod;
  readonly isolation: Isolation;
}

/** The same where the guarded end was looked at before; it is the server at ingress, the client at egress. */
export function standingOfGuarded(
  set: PolicySet,
  direction: Direction,
  ends: Ends,
  { pod, isolation }: Guarded,
): Standing {
  const other = direction === 'ingress' ? ends.client : ends.server;
  if (isSamePod(pod, other)) return { kind: 'exempt', reason: 'self', isolatedBy: isolation.keys };
  // A pod that is seen as itself is exempt for no other reason, so most ends of most connections need not be looked at.
  const rewritten = direction === 'ingress' && ends.seenAs !== undefined;
  const isSeenAsPod = other.kind === 'pod' && !other.pod.hostNetwork && !rewritten;
  if (isSeenAsPod && isolation.policies.length === 0) return EXEMPT['not-isolated'];
  const peer = seenPeer(set.nodes, direction, ends);
  if (isOwnAddress(pod, peer)) return { kind: 'exempt', reason: 'self', isolatedBy: isolation.keys };
  if (direction === 'ingress' && isOwnNode(set, pod, peer)) {
    return { kind: 'exempt', reason: 'own-node', isolatedBy: isolation.keys };
  }
  if (isolation.policies.length === 0) return EXEMPT['not-isolated'];
  return { kind: 'judged', pod, isolation, peer };
}

/** The standings that no policy has a part in, made once. */
const EXEMPT = {
  'not-a-pod': { kind: 'exempt', reason: 'not-a-pod', isolatedBy: [] },
  'host-network': { kind: 'exempt', reason: 'host-network', isolatedBy: [] },
  'not-isolated': { kind: 'exempt', reason: 'not-isolated', isolatedBy: [] },
} as const satisfies Readonly<Record<string, Standing>>;

function isSamePod(pod: PolicyPod, other: End): boolean {
  return other.kind === 'pod' && other.pod.name === pod.name && other.pod.namespace === pod.namespace;
}

/** A pod cannot block access to itself, be it by its own address or by loopback, which never leaves it. */
function isOwnAddress(pod: PolicyPod, peer: SeenPeer): boolean {
  if (peer.kind === 'pod' || peer.address === null) return false;
  return pod.ips.includes(peer.address) || peer.address.startsWith('127.') || peer.address === '::1';
}

function isOwnNode(set: PolicySet, pod: PolicyPod, peer: SeenPeer): boolean {
  if (pod.node === null || peer.kind === 'pod') return false;
  if (peer.node === pod.node) return true;
  return peer.address !== null && (set.nodes.get(pod.node) ?? []).includes(peer.address);
}
