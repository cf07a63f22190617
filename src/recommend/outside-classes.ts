/** Of what class an address is that is no pod's, and as which blocks the addresses of a class are drafted. */
import { formatCidr } from '../domain/cidr.ts';
import { ip } from '../domain/ip.ts';
import type { IpAddress } from '../domain/ip.ts';
import { isTranslated } from '../domain/special-ranges.ts';
import type { IpBlock } from '../netpol/policy.ts';
import type { Direction } from '../netpol/world.ts';
import { blocksOfSeen, exactBlocks, familiesOf, isPublic, prefixBlocks } from './addresses.ts';
import type { Caveat } from './draft.ts';
import { holdsPodsCaveats, rangesAndSeen, sortedCidrs } from './given-ranges.ts';
import type { OutsideContext, OutsideIdentity } from './outside-peers.ts';

/** Istio ambient redirects kubelet probes so that pods see this address instead of their node's (istio.io, ambient, "Platform prerequisites"). */
const AMBIENT_PROBES = ip('169.254.7.127');

const CONTROL_PLANE_MOVES: Caveat = {
  code: 'api-server-addresses',
  sentence: 'managed control planes change their addresses; give controlPlaneCIDRs when yours does',
};
const BESIDE_CONTROL_PLANE: Caveat = {
  code: 'api-server-addresses',
  sentence: 'it was seen outside controlPlaneCIDRs too, and there only the addresses seen are allowed',
};
const OWN_IN_PUBLIC_SPACE: Caveat = {
  code: 'own-public-ranges',
  sentence:
    'the cluster has public addresses of its own, which public addresses leave out with the network around each; an outside server in there is allowed only where it was seen (nodeCIDRs makes that of nodes exact)',
};
const NODES_COME_AND_GO: Caveat = {
  code: 'node-addresses',
  sentence: 'only node addresses that were seen are allowed; give nodeCIDRs when nodes come and go',
};
const BESIDE_NODE_RANGES: Caveat = {
  code: 'node-addresses',
  sentence: 'nodes were seen outside nodeCIDRs too, and there only the addresses seen are allowed',
};
const TRANSLATED: Caveat = {
  code: 'translated-addresses',
  sentence:
    'IPv4 hosts were reached through a translator (64:ff9b::/96), and only those seen are allowed; name their ranges with namedRanges when they move',
};

export interface OutsideClass {
  readonly name: string;
  readonly order: number;
  readonly title: string;
  readonly draft: (seen: readonly IpAddress[]) => OutsideBlocks;
}

export interface OutsideBlocks {
  readonly blocks: readonly IpBlock[];
  readonly caveats: readonly Caveat[];
}

/** One side of one subject. */
export interface OutsideScope extends OutsideContext {
  readonly direction: Direction;
}

/** Addresses of one class and port share a rule. */
export function classOf(peer: OutsideIdentity, scope: OutsideScope): OutsideClass {
  switch (peer.kind) {
    case 'node':
      return { name: 'node', order: 4, title: 'nodes', draft: (seen) => nodeBlocks(seen, scope) };
    case 'apiserver':
      return {
        name: 'apiserver',
        order: 3,
        title: 'API server',
        draft: (seen) =>
          controlPlaneBlocks(seen, scope, () =>
            prefixBlocks([...seen, ...scope.apiServers], scope.podAndServiceRoom),
          ),
      };
    case 'external':
      return externalClass(peer.address, scope);
    default:
      return peer satisfies never;
  }
}

function nodeBlocks(seen: readonly IpAddress[], { given, podAndServiceRoom }: OutsideScope): OutsideBlocks {
  const { blocks, isBeside } = rangesAndSeen(given.nodes, seen, (beside) =>
    blocksOfSeen(beside, podAndServiceRoom),
  );
  const beside = given.nodes.length === 0 ? NODES_COME_AND_GO : BESIDE_NODE_RANGES;
  return { blocks, caveats: [...(isBeside ? [beside] : []), ...given.nodeCaveats] };
}

/** The ranges that were given for it and what was seen beside them; `unguided` where none were. */
function controlPlaneBlocks(
  seen: readonly IpAddress[],
  { given }: OutsideScope,
  unguided: () => IpBlock[],
): OutsideBlocks {
  if (given.controlPlane.length === 0) return { blocks: unguided(), caveats: [CONTROL_PLANE_MOVES] };
  const { blocks, isBeside } = rangesAndSeen(given.controlPlane, seen, exactBlocks);
  return {
    blocks,
    caveats: [...(isBeside ? [BESIDE_CONTROL_PLANE] : []), ...given.controlPlaneCaveats],
  };
}

function externalClass(address: IpAddress, scope: OutsideScope): OutsideClass {
  const { direction, strategy } = scope;
  if (address === AMBIENT_PROBES && direction === 'ingress')
    return { name: 'ambient', order: 4, title: 'probes through the ambient mesh', draft: exactly };
  const named = scope.named.find(address, direction);
  if (named !== null)
    return {
      name: `named ${named.name}`,
      order: 5,
      title: named.name,
      draft: () => {
        const cidrs = sortedCidrs(named.cidrs);
        const blocks = cidrs.map((block) => ({ cidr: formatCidr(block) }));
        return { blocks, caveats: holdsPodsCaveats(named.name, cidrs, scope.podsAndServices) };
      },
    };
  // An API server's address on a port that is not the API's, as that of its tunnels to nodes.
  if (scope.apiServers.includes(address))
    return {
      name: 'control plane',
      order: 3,
      title: 'API server',
      draft: (seen) => controlPlaneBlocks(seen, scope, () => exactBlocks(seen)),
    };
  if (strategy === 'public' && isPublic(address)) {
    // The cluster's own, or beside them, so the rule for public addresses leaves it out.
    if (scope.own.has(address)) return { name: 'own', order: 5, title: 'outside addresses', draft: exactly };
    return {
      name: 'public',
      order: 6,
      title: 'public addresses',
      draft: (seen) => publicBlocks(seen, scope),
    };
  }
  return {
    name: 'outside',
    order: 5,
    title: 'outside addresses',
    draft: (seen) => ({
      blocks: strategy === 'exact' ? exactBlocks(seen) : blocksOfSeen(seen, scope.taken),
      caveats: seen.some(isTranslated) ? [TRANSLATED] : [],
    }),
  };
}

/** A name with addresses of both families is dialled over either, from one lookup to the next; a client has the one it was seen with. */
function publicBlocks(seen: readonly IpAddress[], scope: OutsideScope): OutsideBlocks {
  const dialled = scope.direction === 'egress' ? scope.podFamilies : [];
  const families = [...new Set([...familiesOf(seen), ...dialled])];
  const isCut = families.some((family) => scope.roomInPublic.includes(family));
  return { blocks: scope.publicBlocks(families), caveats: isCut ? [OWN_IN_PUBLIC_SPACE] : [] };
}

function exactly(seen: readonly IpAddress[]): OutsideBlocks {
  return { blocks: exactBlocks(seen), caveats: [] };
}
