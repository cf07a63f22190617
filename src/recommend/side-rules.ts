/**
 * The rules of one direction from its needs: ports that are open to any peer first, then pods by selector, then
 * everything else by address. No rule repeats what a wider one of the same port allows.
 */
import type { Identity } from '../domain/identity.ts';
import type { IpAddress } from '../domain/ip.ts';
import { workloadTitle } from '../domain/workload.ts';
import type { Direction } from '../netpol/world.ts';
import { isRefused } from './addresses.ts';
import type { Caveat } from './draft.ts';
import type { DraftingContext } from './drafting.ts';
import { outsideOf } from './given-ranges.ts';
import type { LeftOut } from './left-out.ts';
import { outsideRules } from './outside-peers.ts';
import type { OutsideNeed } from './outside-peers.ts';
import { HBONE_PORT } from './port-ranges.ts';
import { portKey } from './rule-draft.ts';
import type { PortNeed, RuleDraft } from './rule-draft.ts';
import type { KnownWorkload, PeerAnswer } from './known-workload.ts';
import type { NeededEdge } from './needed-edges.ts';
import type { Subject } from './peers.ts';

/** The option that leaves out what is gone. */
export const GONE_OPTION = 'gone=leave-out';

type NamedPeer = Extract<PeerAnswer, { kind: 'named' }>;
export type UnnamedPeer = Exclude<PeerAnswer, NamedPeer>;

/** One connection and whom the subject's side sees at its far end. */
export interface SideNeed {
  readonly needed: NeededEdge;
  readonly peer: Identity;
  /** The peer, if it is a workload. */
  readonly known: KnownWorkload | null;
}

/** Why a port is open to any peer. */
export interface OpenPort extends PortNeed {
  readonly basis: 'observed' | 'configuration';
  readonly caveats: readonly Caveat[];
  readonly services: readonly string[];
}

export interface SideRules {
  readonly drafts: RuleDraft[];
  /** Why no selector can name a peer, by its title. */
  readonly unnamed: ReadonlyMap<string, UnnamedPeer>;
  readonly leftOut: readonly LeftOut[];
}

export interface Side {
  readonly direction: Direction;
  readonly subject: Subject;
  readonly open: readonly OpenPort[];
  /** Keys (`portKey`) of ports on which a convention lets every pod in. */
  readonly openToPods: ReadonlySet<string>;
}

const NODES_ANY: Caveat = {
  code: 'nodes-any-source',
  sentence:
    'nodes use this port, and no prefix holds their addresses without those of pods or Services; give nodeCIDRs that hold no pods to narrow it',
};
const MESH: Caveat = {
  code: 'mesh-any-port',
  sentence:
    'a mesh carries connections to any port of the pod through port 15008; only its own policies can narrow them',
};

export function sideRules(side: Side, needs: readonly SideNeed[], context: DraftingContext): SideRules {
  const open = new Map(side.open.map((port) => [portKey(port), port]));
  const leftOut: LeftOut[] = [];
  const { given } = context;
  const refused = new Set(refusedNodePorts(side.direction, needs, context).filter((key) => !open.has(key)));
  if (context.options.nodes === 'any-source') {
    const caveats = [NODES_ANY, ...given.nodeCaveats];
    for (const { needed } of needs) {
      const { protocol, port } = needed;
      if (refused.has(portKey(needed)))
        open.set(portKey(needed), { protocol, port, basis: 'observed', caveats, services: [] });
    }
  }
  const byOpenPort = new Map<string, NeededEdge[]>();
  const byPeer = new Map<NamedPeer, NeededEdge[]>();
  const outside: OutsideNeed[] = [];
  const drafts: RuleDraft[] = [];
  const unnamed = new Map<string, UnnamedPeer>();
  const isKeyed = open.size + refused.size + side.openToPods.size > 0;
  const { namespace } = side.subject.ref;
  for (const { needed, peer, known } of needs) {
    const key = isKeyed ? portKey(needed) : '';
    if (open.has(key)) file(byOpenPort, key, needed);
    else if (peer.kind !== 'workload') {
      if (peer.kind === 'node' && refused.has(key) && outsideOf(given.nodes, [peer.address]).length > 0)
        leftOut.push({ edge: needed.edge, reason: 'nodes', option: 'nodes=leave-out' });
      else outside.push({ needed, peer });
    } else if (!side.openToPods.has(key)) {
      const named = (known ?? context.peers.known(peer.workload)).peerIn(namespace);
      if (named.kind === 'named') file(byPeer, named, needed);
      else if (named.kind === 'gone' && context.options.gone === 'leave-out')
        leftOut.push({ edge: needed.edge, reason: 'gone', option: GONE_OPTION });
      else unnamed.set(workloadTitle(peer.workload), named);
    }
  }
  for (const [named, edges] of byPeer) drafts.push(...podRules(named, edges));
  for (const [key, port] of open) drafts.push(openRule(side.direction, port, byOpenPort.get(key) ?? []));
  drafts.push(...outsideRules(outside, { ...context, direction: side.direction }));
  return { drafts, unnamed, leftOut };
}

/**
 * Keys of ports on which nodes were seen at addresses that no prefix tells from pods and Services. Servers are never open to any
 * destination for that: what was dialled is drafted address by address.
 */
function refusedNodePorts(
  direction: Direction,
  needs: readonly SideNeed[],
  { given, options, podsAndServices }: DraftingContext,
): string[] {
  const { nodes } = options;
  if (nodes === 'exact' || (nodes === 'any-source' && direction === 'egress')) return [];
  const ofNodes: { readonly key: string; readonly address: IpAddress }[] = [];
  for (const { needed, peer } of needs)
    if (peer.kind === 'node') ofNodes.push({ key: portKey(needed), address: peer.address });
  return [...Map.groupBy(ofNodes, ({ key }) => key)]
    .filter(([, group]) => {
      const beside = outsideOf(
        given.nodes,
        group.map(({ address }) => address),
      );
      return isRefused(beside, podsAndServices);
    })
    .map(([key]) => key);
}

/** The tunnel port of a mesh stands apart, because it means more than it says. */
function podRules(named: NamedPeer, edges: readonly NeededEdge[]): RuleDraft[] {
  if (!edges.some(isTunnel)) return [podRule(named, edges)];
  const { title, caveats } = named;
  const mesh = { ...named, title: `${title} (any port, by mesh)`, caveats: [...caveats, MESH] };
  const plain = edges.filter((edge) => !isTunnel(edge));
  const tunnels = podRule(mesh, edges.filter(isTunnel));
  return plain.length === 0 ? [tunnels] : [podRule(named, plain), tunnels];
}

function podRule({ title, peers, caveats }: NamedPeer, edges: readonly NeededEdge[]): RuleDraft {
  return { order: 2, basis: 'observed', title, peers, ports: edges, caveats, edges, isAlone: true };
}

function isTunnel({ protocol, port }: PortNeed): boolean {
  return protocol === 'tcp' && port === HBONE_PORT;
}

function file<K>(map: Map<K, NeededEdge[]>, key: K, edge: NeededEdge): void {
  const known = map.get(key);
  if (known === undefined) map.set(key, [edge]);
  else known.push(edge);
}

function openRule(direction: Direction, port: OpenPort, edges: readonly NeededEdge[]): RuleDraft {
  const { basis, caveats, services } = port;
  return {
    order: 1,
    basis,
    title: direction === 'ingress' ? 'any source' : 'any destination',
    peers: null,
    ports: [port],
    caveats,
    edges,
    services,
  };
}
