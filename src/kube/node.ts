/** Nodes: their addresses, and the gateway addresses of their pod ranges. */
import { z } from 'zod';
import { parseCidr } from '../domain/cidr.ts';
import { parseIp } from '../domain/ip.ts';
import type { NodeFact } from '../identity/facts.ts';
import type { NodeInfo } from '../recommend/cluster.ts';
import { gatewaysOf } from '../recommend/policy-world.ts';
import { objectMeta, timeOf } from './object.ts';

export const nodeObject = z.object({
  metadata: objectMeta,
  spec: z.object({ podCIDR: z.string().nullish(), podCIDRs: z.array(z.string()).nullish() }).default({}),
  status: z
    .object({ addresses: z.array(z.object({ type: z.string(), address: z.string() })).nullish() })
    .default({}),
});
export type NodeObject = z.infer<typeof nodeObject>;

export function nodeInfoOf(node: NodeObject): NodeInfo {
  const listed = node.spec.podCIDRs ?? [node.spec.podCIDR ?? ''];
  return {
    name: node.metadata.name,
    addresses: (node.status.addresses ?? []).map((each) => parseIp(each.address)).filter((ip) => ip !== null),
    podCidrs: listed.map(parseCidr).filter((block) => block !== null),
  };
}

export function nodeFactOf(node: NodeObject): NodeFact {
  const info = nodeInfoOf(node);
  return {
    name: info.name,
    uid: node.metadata.uid,
    createdAt: timeOf(node.metadata.creationTimestamp),
    ips: [...info.addresses, ...gatewaysOf(info)],
  };
}
