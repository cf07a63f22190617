/** What a policy sees at the far end of a connection, which is not always who is there. */
import { familyOf } from '../domain/ip.ts';
import type { IpAddress } from '../domain/ip.ts';
import type { Direction, End, PolicyPod } from './world.ts';

/** The addresses of each node by its name. */
export type NodeAddresses = ReadonlyMap<string, readonly IpAddress[]>;

/**
 * `pod`: a pod that selectors can match. `address`: anything else; `node` names the node whose traffic it is known
 * to be. The address is the one that ipBlocks are compared with, null when none is known.
 */
export type SeenPeer =
  | { readonly kind: 'pod'; readonly pod: PolicyPod; readonly address: IpAddress | null }
  | { readonly kind: 'address'; readonly address: IpAddress | null; readonly node: string | null };

/** The ends of a connection, and the address the server's side saw instead of the client, if it was rewritten. */
export interface Ends {
  readonly client: End;
  readonly seenAs?: IpAddress;
  readonly server: End;
}

/**
 * The peer that the guarded pod's policies see: the server at egress; at ingress the rewritten address if there is
 * one, else the client. Host-network pods are their node's traffic (NETPOL rule 24a). Between dual-stack pods, which
 * could talk over either family, the server's first address with a counterpart at the client decides the family.
 */
export function seenPeer(nodes: NodeAddresses, direction: Direction, ends: Ends): SeenPeer {
  const { client, server, seenAs } = ends;
  if (direction === 'ingress' && seenAs !== undefined && !isOwnAddress(client, seenAs)) {
    return { kind: 'address', address: seenAs, node: null };
  }
  const peer = direction === 'ingress' ? client : server;
  if (peer.kind === 'address') return { kind: 'address', address: peer.address, node: null };
  const address = addressUsed(addressesOf(nodes, peer), ends, nodes);
  return peer.pod.hostNetwork
    ? { kind: 'address', address, node: peer.pod.node }
    : { kind: 'pod', pod: peer.pod, address };
}

/** A pod seen as itself is not rewritten. */
function isOwnAddress(end: End, address: IpAddress): boolean {
  return end.kind === 'pod' && !end.pod.hostNetwork && end.pod.ips.includes(address);
}

function addressUsed(candidates: readonly IpAddress[], ends: Ends, nodes: NodeAddresses): IpAddress | null {
  const [first] = candidates;
  if (first === undefined) return null;
  if (candidates.length === 1) return first;
  const clientFamilies = new Set(addressesOf(nodes, ends.client).map(familyOf));
  const family = addressesOf(nodes, ends.server)
    .map(familyOf)
    .find((one) => clientFamilies.has(one));
  return candidates.find((address) => familyOf(address) === family) ?? first;
}

/** Every address at which an end may be met: a host-network pod is at all those of its node. */
export function addressesOf(nodes: NodeAddresses, end: End): readonly IpAddress[] {
  if (end.kind === 'address') return [end.address];
  const { hostNetwork, node, ips } = end.pod;
  if (!hostNetwork || node === null) return ips;
  return [...(nodes.get(node) ?? []), ...ips];
}
