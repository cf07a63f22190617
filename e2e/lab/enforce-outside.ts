// The world beyond the cluster while policies are enforced: more addresses, and a way to and from all of them.
// Without a route a node would refuse what a policy is to drop.
import { isIPv6 } from 'node:net';

import type { Topology } from './topology.ts';
import { NODES, OUTSIDE } from './world.ts';

/** Clients outside, besides those of the story: neighbours of the nodes, public ones, and both again over IPv6. */
export const OUTSIDE_CLIENTS = [
  OUTSIDE.client,
  OUTSIDE.smtpRelay,
  '192.168.100.77',
  '192.168.100.254',
  '8.8.4.4',
  '93.184.215.14',
  '203.0.113.9',
  OUTSIDE.ipv6,
  'fd00:100::77',
  '2600:1901::9',
] as const;

/** Gives the outside those addresses and routes to the pods, and the nodes a default route to the outside. */
export function openOutside(topology: Topology): void {
  const known = new Set<string>([...OUTSIDE.addresses, OUTSIDE.publicAddress, OUTSIDE.ipv6]);
  const fresh = OUTSIDE_CLIENTS.filter((each) => !known.has(each));
  topology.ip('ext', [
    ...fresh.map((each) =>
      isIPv6(each) ? `-6 addr add ${each}/128 dev eth0 nodad` : `addr add ${each}/32 dev eth0`,
    ),
    ...Object.values(NODES).flatMap(({ ipv4, ipv6, podRangeV4, podRangeV6 }) => [
      `route add ${podRangeV4} via ${ipv4}`,
      `-6 route add ${podRangeV6} via ${ipv6}`,
    ]),
  ]);
  for (const node of Object.keys(NODES))
    topology.ip(node, [
      `route add default via ${OUTSIDE.gateway}`,
      `-6 route add default via ${OUTSIDE.ipv6}`,
    ]);
}
