/** What policies are judged against, made of what is known of a cluster. */
import { formatIp } from '../domain/ip.ts';
import type { IpAddress } from '../domain/ip.ts';
import type { PolicyWorld } from '../netpol/world.ts';
import type { ClusterInfo, NodeInfo } from './cluster.ts';

/** Namespaces as they are, and each node with every address from which it speaks itself (NETPOL rule 23). */
export function policyWorldOf({ namespaces, nodes }: Pick<ClusterInfo, 'namespaces' | 'nodes'>): PolicyWorld {
  return {
    namespaces,
    nodes: nodes.map((node) => ({ name: node.name, addresses: ownAddressesOf(node) })),
  };
}

/** Every address that is a node's own, each once: those of its status, the gateways of its pod ranges, the ends of its tunnels. */
export function ownAddressesOf(node: Omit<NodeInfo, 'name'>): IpAddress[] {
  return [...new Set([...node.addresses, ...gatewaysOf(node), ...(node.tunnels ?? [])])];
}

/** Bridge CNIs give the first address of a node's pod range to the node itself. */
function gatewaysOf({ podCidrs }: Pick<NodeInfo, 'podCidrs'>): IpAddress[] {
  return podCidrs
    .filter((block) => block.length < (block.family === 4 ? 31 : 127))
    .map((block) => formatIp(block.family, block.first + 1n));
}
