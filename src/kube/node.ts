/** Nodes: their addresses, those of the gateways of their pod ranges and of their tunnels, and the boot they run on. */
import { z } from 'zod';
import { parseCidr } from '../domain/cidr.ts';
import type { Cidr } from '../domain/cidr.ts';
import { formatIp, parseIp } from '../domain/ip.ts';
import type { IpAddress } from '../domain/ip.ts';
import { OUR_CLOCKS } from '../identity/fact-clock.ts';
import type { FactClocks } from '../identity/fact-clock.ts';
import type { NodeFact } from '../identity/facts.ts';
import type { NodeInfo } from '../recommend/cluster.ts';
import { ownAddressesOf } from '../recommend/policy-world.ts';
import { objectMeta, timeOf } from './object.ts';
import { doubtOf, timeReader } from './printed-time.ts';

/** Annotations with an address of the node's own: where it ends a tunnel, and the address it is told to use (flannel, Calico). */
const ADDRESS_ANNOTATIONS = [
  'flannel.alpha.coreos.com/public-ip',
  'flannel.alpha.coreos.com/public-ipv6',
  'projectcalico.org/IPv4Address',
  'projectcalico.org/IPv6Address',
  'projectcalico.org/IPv4IPIPTunnelAddr',
  'projectcalico.org/IPv4VXLANTunnelAddr',
  'projectcalico.org/IPv6VXLANTunnelAddr',
  'projectcalico.org/IPv4WireguardInterfaceAddr',
  'projectcalico.org/IPv6WireguardInterfaceAddr',
] as const;

/** Flannel gives its own interface (flannel.1) the network address of the node's pod range. */
const FLANNEL_BACKEND = 'flannel.alpha.coreos.com/backend-data';

/** What is no text in an annotation is no annotation. */
const annotation = z.string().nullish().catch(null);
const annotations = z.object(
  Object.fromEntries([...ADDRESS_ANNOTATIONS, FLANNEL_BACKEND].map((name) => [name, annotation])),
);

const time = z.iso.datetime({ offset: true }).nullish().catch(null);

export const nodeObject = z.object({
  metadata: objectMeta.extend({ annotations: annotations.nullish().catch(null) }),
  spec: z.object({ podCIDR: z.string().nullish(), podCIDRs: z.array(z.string()).nullish() }).default({}),
  status: z
    .object({
      addresses: z.array(z.object({ type: z.string(), address: z.string() })).nullish(),
      nodeInfo: z.object({ bootID: z.string().nullish() }).nullish().catch(null),
      conditions: z
        .array(z.object({ lastHeartbeatTime: time }))
        .nullish()
        .catch(null),
    })
    .default({}),
});
export type NodeObject = z.infer<typeof nodeObject>;

export function nodeInfoOf(node: NodeObject): NodeInfo {
  const listed = node.spec.podCIDRs ?? [node.spec.podCIDR ?? ''];
  const podCidrs = listed.map(parseCidr).filter((block) => block !== null);
  const tunnels = tunnelAddresses(node, podCidrs);
  return {
    name: node.metadata.name,
    addresses: (node.status.addresses ?? []).map((each) => parseIp(each.address)).filter((ip) => ip !== null),
    podCidrs,
    ...(tunnels.length > 0 && { tunnels }),
  };
}

export function nodeFactOf(node: NodeObject, clocks: FactClocks = OUR_CLOCKS): NodeFact {
  const info = nodeInfoOf(node);
  const kubelet = clocks.node(info.name);
  const bootId = node.status.nodeInfo?.bootID ?? '';
  const heartbeats = (node.status.conditions ?? [])
    .map((condition) => timeReader(kubelet)(condition.lastHeartbeatTime))
    .filter((at) => at !== null);
  return {
    name: info.name,
    uid: node.metadata.uid,
    createdAt: timeOf(node.metadata.creationTimestamp) + clocks.api.offsetMs,
    ips: ownAddressesOf(info),
    ...(bootId !== '' && { bootId }),
    ...(heartbeats.length > 0 && { reportedAt: Math.max(...heartbeats) }),
    ...doubtOf(clocks.api, kubelet),
  };
}

function tunnelAddresses(node: NodeObject, podCidrs: readonly Cidr[]): IpAddress[] {
  const given = node.metadata.annotations ?? {};
  // Calico writes addresses of interfaces with their prefix length: 10.0.0.5/24.
  const written = ADDRESS_ANNOTATIONS.map((name) => parseIp(given[name]?.split('/')[0] ?? ''));
  const interfaces =
    (given[FLANNEL_BACKEND] ?? '') === '' ? [] : podCidrs.map((block) => formatIp(block.family, block.first));
  return [...written, ...interfaces].filter((address) => address !== null);
}
