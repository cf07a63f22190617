/** Who answers DNS as peers of a rule, and what of it no rule can name: that is said, never left out in silence. */
import { workloadKey, workloadTitle } from '../domain/workload.ts';
import type { NetworkPolicyPeer } from '../netpol/policy.ts';
import { exactBlocks } from './addresses.ts';
import type { WorkloadInfo } from './cluster.ts';
import type { DnsServers } from './dns.ts';
import type { Caveat } from './draft.ts';
import type { DraftingContext } from './drafting.ts';
import { rangesAndSeen } from './given-ranges.ts';
import { isCurrentSubject } from './peers.ts';

export interface DnsPeers {
  readonly peers: readonly NetworkPolicyPeer[];
  /** Keys of the workloads that they name, as edges have them for servers. */
  readonly workloads: readonly string[];
  readonly caveats: readonly Caveat[];
  /** Why servers are missing, for people. */
  readonly gaps: readonly string[];
}

type PeerContext = Pick<DraftingContext, 'peers' | 'given'>;

const DNS_OF_TODAY: Caveat = {
  code: 'node-addresses',
  sentence:
    "DNS is on its nodes' network and allowed at the addresses of those where it runs today; give nodeCIDRs, because it moves",
};

/** As peers in policies of that namespace. */
export function dnsPeers(servers: DnsServers, namespace: string, context: PeerContext): DnsPeers {
  const { backends, isWhole } = servers;
  const current = backends.filter((backend) => isCurrentSubject({ members: [backend] }));
  const each = backends.map((backend) => ({ backend, ...backendPeers(backend, namespace, context) }));
  // Of what is gone nothing is missing while another answers in its place.
  const missed = each.filter(({ backend }) => current.length === 0 || current.includes(backend));
  return {
    peers: distinct(each.flatMap(({ peers }) => peers)),
    workloads: each.flatMap(({ workloads }) => workloads),
    caveats: each.flatMap(({ caveats }) => caveats),
    gaps: [
      ...(backends.length === 0 ? ['no workload that its selector finds is known'] : []),
      ...(backends.length > 0 && !isWhole ? ['nobody is known to have the port that it names'] : []),
      ...missed.flatMap(({ gaps }) => gaps),
    ],
  };
}

const NOTHING: DnsPeers = { peers: [], workloads: [], caveats: [], gaps: [] };

/** DNS on its nodes' network is reached at their addresses (NETPOL rule 24). */
function backendPeers(backend: WorkloadInfo, namespace: string, { peers, given }: PeerContext): DnsPeers {
  const title = workloadTitle(backend.ref);
  if (!backend.hostNetwork) {
    const named = peers.known(backend.ref).peerIn(namespace);
    if (named.kind !== 'named') return { ...NOTHING, gaps: [`${title} (${named.why})`] };
    const { peers: own, caveats } = named;
    return { ...NOTHING, peers: own, caveats, workloads: [workloadKey(backend.ref)] };
  }
  const running = backend.pods.filter((pod) => pod.hostNetwork && !pod.ended).flatMap((pod) => pod.ips);
  const isGone = !isCurrentSubject({ members: [backend] });
  const { blocks, isBeside } = rangesAndSeen(isGone ? [] : given.nodes, running, exactBlocks);
  if (blocks.length === 0)
    return {
      ...NOTHING,
      gaps: [`${title} is on its nodes' network and none of its pods runs; give nodeCIDRs`],
    };
  return {
    ...NOTHING,
    peers: blocks.map((ipBlock) => ({ ipBlock })),
    caveats: [...(isBeside ? [DNS_OF_TODAY] : []), ...given.nodeCaveats],
  };
}

function distinct(peers: readonly NetworkPolicyPeer[]): NetworkPolicyPeer[] {
  return [...new Map(peers.map((peer) => [JSON.stringify(peer), peer])).values()];
}
