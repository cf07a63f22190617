/** Peers that are no pods: nodes, the API server and the outside, as ipBlocks with the caveats they need. */
import type { Cidr } from '../domain/cidr.ts';
import type { Edge } from '../domain/edge.ts';
import type { Identity } from '../domain/identity.ts';
import type { IpAddress, IpFamily } from '../domain/ip.ts';
import type { IpBlock } from '../netpol/policy.ts';
import { anyButPrivate, blocksOfSeen, familiesOf, isPublic } from './addresses.ts';
import type { WorkloadInfo } from './cluster.ts';
import type { Caveat } from './draft.ts';
import { portKey } from './rule-draft.ts';
import type { RuleDraft } from './rule-draft.ts';

/** Ranges a user supplies because traffic cannot show them whole. Empty: only what was seen. */
export interface KnownRanges {
  readonly nodeCidrs: readonly string[];
  readonly controlPlaneCidrs: readonly string[];
}

export interface OutsideContext {
  /** Every range of the cluster. */
  readonly ranges: readonly Cidr[];
  /** The same without the nodes' own addresses. */
  readonly podAndServiceRanges: readonly Cidr[];
  readonly known: KnownRanges;
}

type OutsideIdentity = Exclude<Identity, { kind: 'workload' }>;

export interface OutsideNeed {
  readonly peer: OutsideIdentity;
  readonly edge: Edge;
}

interface OutsideClass {
  readonly order: number;
  readonly title: string;
  readonly blocks: (addresses: readonly IpAddress[]) => IpBlock[];
  readonly caveats: readonly Caveat[];
}

const CONTROL_PLANE_MOVES: Caveat = {
  code: 'api-server-addresses',
  sentence: 'managed control planes change their addresses; give controlPlaneCIDRs when yours does',
};
const NODES_COME_AND_GO: Caveat = {
  code: 'node-addresses',
  sentence: 'only node addresses that were seen are allowed; give nodeCIDRs when nodes come and go',
};

/** One draft rule per class of address and port, so that each port gets only the addresses it was used with. */
export function outsideRules(
  needs: readonly OutsideNeed[],
  cluster: OutsideContext & { readonly podFamilies: readonly IpFamily[] },
): RuleDraft[] {
  const groups = Map.groupBy(needs, ({ peer, edge }) => `${classNameOf(peer)} ${portKey(edge)}`);
  return [...groups.values()].map((group) => {
    const kind = classOf(classNameOf(group[0]?.peer), cluster);
    const blocks = kind.blocks(group.map(({ peer }) => peer.address));
    const edges = group.map(({ edge }) => edge);
    const { order, title, caveats } = kind;
    return {
      order,
      title,
      caveats,
      basis: 'observed',
      peers: blocks.map((ipBlock) => ({ ipBlock })),
      ports: edges,
      edges,
    };
  });
}

/** Families in which the workload's own pods have addresses. */
export function podFamiliesOf(workload: WorkloadInfo): IpFamily[] {
  return familiesOf(workload.pods.flatMap((pod) => pod.ips));
}

type ClassName = 'node' | 'apiserver' | 'public' | 'outside';

function classNameOf(peer: OutsideIdentity | undefined): ClassName {
  if (peer === undefined) return 'outside';
  if (peer.kind !== 'external') return peer.kind;
  return isPublic(peer.address) ? 'public' : 'outside';
}

function classOf(
  name: ClassName,
  cluster: OutsideContext & { readonly podFamilies: readonly IpFamily[] },
): OutsideClass {
  const { ranges, podAndServiceRanges, known } = cluster;
  switch (name) {
    case 'node':
      return {
        order: 4,
        title: 'nodes',
        blocks: (seen) => supplied(known.nodeCidrs) ?? blocksOfSeen(seen, podAndServiceRanges),
        caveats: known.nodeCidrs.length > 0 ? [] : [NODES_COME_AND_GO],
      };
    case 'apiserver':
      return {
        order: 3,
        title: 'API server',
        blocks: (seen) => supplied(known.controlPlaneCidrs) ?? blocksOfSeen(seen, ranges),
        caveats: known.controlPlaneCidrs.length > 0 ? [] : [CONTROL_PLANE_MOVES],
      };
    case 'public':
      return {
        order: 6,
        title: 'public addresses',
        // A name with addresses of both families is dialled over either, from one lookup to the next.
        blocks: (seen) => anyButPrivate([...new Set([...familiesOf(seen), ...cluster.podFamilies])], ranges),
        caveats: [],
      };
    case 'outside':
      return {
        order: 5,
        title: 'outside addresses',
        blocks: (seen) => blocksOfSeen(seen, ranges),
        caveats: [],
      };
    default:
      return name satisfies never;
  }
}

function supplied(blocks: readonly string[]): IpBlock[] | null {
  return blocks.length === 0 ? null : blocks.map((cidr) => ({ cidr }));
}
