/** Peers that are no pods: nodes, the API server, named ranges and the outside, as ipBlocks with the caveats they need. */
import { compareCidrs, formatCidr, parseCidr } from '../domain/cidr.ts';
import type { Identity } from '../domain/identity.ts';
import { ip } from '../domain/ip.ts';
import type { IpAddress, IpFamily } from '../domain/ip.ts';
import type { IpBlock } from '../netpol/policy.ts';
import type { Direction } from '../netpol/world.ts';
import { blockHolds, blocksOfSeen, exactBlocks, familiesOf, isPublic, prefixBlocks } from './addresses.ts';
import type { WorkloadInfo } from './cluster.ts';
import type { Caveat } from './draft.ts';
import type { OutsideStrategy } from './drafting-options.ts';
import type { NeededEdge } from './needed-edges.ts';
import type { NamedRanges } from './named-ranges.ts';
import type { RangeIndex } from './range-index.ts';
import { portKey } from './rule-draft.ts';
import type { RuleDraft } from './rule-draft.ts';

/** Ranges a user supplies because traffic cannot show them whole. Empty: only what was seen. */
export interface KnownRanges {
  readonly nodeCidrs: readonly string[];
  readonly controlPlaneCidrs: readonly string[];
  /** Blocks by the name that rules carry; a rule for an address in one is drafted for all of its blocks. */
  readonly named?: Readonly<Record<string, readonly string[]>>;
}

export interface OutsideContext {
  /** Every range of the cluster and every named one: no prefix may reach into it. */
  readonly taken: RangeIndex;
  /** Ranges of pods and Services alone. */
  readonly podsAndServices: RangeIndex;
  readonly known: KnownRanges;
  readonly named: NamedRanges;
  readonly apiServers: readonly IpAddress[];
  readonly strategy: OutsideStrategy;
  /** Any address that is neither private nor of this cluster. */
  readonly publicBlocks: (families: readonly IpFamily[]) => IpBlock[];
}

export type OutsideIdentity = Exclude<Identity, { kind: 'workload' }>;

export interface OutsideNeed {
  readonly peer: OutsideIdentity;
  readonly needed: NeededEdge;
}

/** Istio ambient redirects kubelet probes so that pods see this address instead of their node's (istio.io, ambient, "Platform prerequisites"). */
const AMBIENT_PROBES = ip('169.254.7.127');

const CONTROL_PLANE_MOVES: Caveat = {
  code: 'api-server-addresses',
  sentence: 'managed control planes change their addresses; give controlPlaneCIDRs when yours does',
};
const NODES_COME_AND_GO: Caveat = {
  code: 'node-addresses',
  sentence: 'only node addresses that were seen are allowed; give nodeCIDRs when nodes come and go',
};

interface OutsideClass {
  readonly name: string;
  readonly order: number;
  readonly title: string;
  readonly blocks: (addresses: readonly IpAddress[]) => IpBlock[];
  readonly caveats: readonly Caveat[];
}

interface Scope extends OutsideContext {
  readonly direction: Direction;
  /** Families in which the subject's own pods have addresses. */
  readonly podFamilies: readonly IpFamily[];
}

interface Group {
  readonly kind: OutsideClass;
  readonly needs: OutsideNeed[];
  readonly blocks: readonly IpBlock[];
}

/** One draft rule per class of address and port, so that each port gets only the addresses it was used with. */
export function outsideRules(needs: readonly OutsideNeed[], scope: Scope): RuleDraft[] {
  const byPort = Map.groupBy(needs, ({ needed }) => portKey(needed));
  return [...byPort.values()].flatMap((ofPort) =>
    withoutCovered(groupsOf(ofPort, scope)).map(({ kind, needs: group, blocks }) => {
      const edges = group.map(({ needed }) => needed);
      const { order, title, caveats } = kind;
      const peers = blocks.map((ipBlock) => ({ ipBlock }));
      return { order, title, caveats, basis: 'observed' as const, peers, ports: edges, edges };
    }),
  );
}

/** Families in which the workloads' own pods have addresses. */
export function podFamiliesOf(workloads: readonly WorkloadInfo[]): IpFamily[] {
  return familiesOf(workloads.flatMap(({ pods }) => pods).flatMap((pod) => pod.ips));
}

function groupsOf(needs: readonly OutsideNeed[], scope: Scope): Group[] {
  const groups = new Map<string, { kind: OutsideClass; needs: OutsideNeed[] }>();
  for (const need of needs) {
    const kind = classOf(need.peer, scope);
    const known = groups.get(kind.name);
    if (known === undefined) groups.set(kind.name, { kind, needs: [need] });
    else known.needs.push(need);
  }
  return [...groups.values()]
    .toSorted((a, b) => a.kind.order - b.kind.order)
    .map(({ kind, needs: own }) => ({
      kind,
      needs: own,
      blocks: kind.blocks(own.map(({ peer }) => peer.address)),
    }));
}

/** A rule of which another allows every address is no need of its own: its connections stand with the other. */
function withoutCovered(groups: readonly Group[]): readonly Group[] {
  if (groups.length < 2) return groups;
  const kept = [...groups];
  for (const group of groups) {
    const cover = kept.find(
      (other) =>
        other !== group &&
        group.needs.every(({ peer }) => other.blocks.some((block) => blockHolds(block, peer.address))),
    );
    if (cover === undefined) continue;
    kept.splice(kept.indexOf(group), 1);
    cover.needs.push(...group.needs);
  }
  return kept;
}

function classOf(peer: OutsideIdentity, scope: Scope): OutsideClass {
  const { known } = scope;
  switch (peer.kind) {
    case 'node':
      return {
        name: 'node',
        order: 4,
        title: 'nodes',
        blocks: (seen) => supplied(known.nodeCidrs) ?? blocksOfSeen(seen, scope.podsAndServices),
        caveats: known.nodeCidrs.length > 0 ? [] : [NODES_COME_AND_GO],
      };
    case 'apiserver':
      return {
        name: 'apiserver',
        order: 3,
        title: 'API server',
        blocks: (seen) =>
          supplied(known.controlPlaneCidrs) ??
          prefixBlocks([...seen, ...scope.apiServers], scope.podsAndServices),
        caveats: known.controlPlaneCidrs.length > 0 ? [] : [CONTROL_PLANE_MOVES],
      };
    case 'external':
      return externalClass(peer.address, scope);
    default:
      return peer satisfies never;
  }
}

function externalClass(address: IpAddress, scope: Scope): OutsideClass {
  const caveats: readonly Caveat[] = [];
  if (address === AMBIENT_PROBES && scope.direction === 'ingress')
    return {
      name: 'ambient',
      order: 4,
      title: 'probes through the ambient mesh',
      blocks: exactBlocks,
      caveats,
    };
  const named = scope.named.find(address, scope.direction);
  if (named !== null)
    return {
      name: `named ${named.name}`,
      order: 5,
      title: named.name,
      blocks: () => supplied(named.cidrs) ?? [],
      caveats,
    };
  if (isPublic(address) && scope.strategy === 'public') {
    return {
      name: 'public',
      order: 6,
      title: 'public addresses',
      // A name with addresses of both families is dialled over either, from one lookup to the next.
      blocks: (seen) => scope.publicBlocks([...new Set([...familiesOf(seen), ...scope.podFamilies])]),
      caveats,
    };
  }
  return {
    name: 'outside',
    order: 5,
    title: 'outside addresses',
    blocks: (seen) => (scope.strategy === 'exact' ? exactBlocks(seen) : blocksOfSeen(seen, scope.taken)),
    caveats,
  };
}

function supplied(blocks: readonly string[]): IpBlock[] | null {
  if (blocks.length === 0) return null;
  return blocks
    .map(parseCidr)
    .filter((block) => block !== null)
    .toSorted(compareCidrs)
    .map((block) => ({ cidr: formatCidr(block) }));
}
