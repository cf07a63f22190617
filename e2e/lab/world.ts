// Where the lab's world is: its two nodes, the outside, and the addresses and ports that more than one file must know.

/** The cluster's nodes. */
export type NodeName = 'node-a' | 'node-b';

/** A node's own address and the ranges its pods get theirs from. */
export interface NodeSpec {
  readonly ipv4: string;
  readonly ipv6: string;
  readonly podRangeV4: string;
  readonly podRangeV6: string;
}

export const NODES: Readonly<Record<NodeName, NodeSpec>> = {
  'node-a': {
    ipv4: '192.168.100.1',
    ipv6: 'fd00:100::1',
    podRangeV4: '10.244.1.0/24',
    podRangeV6: 'fd00:244:1::/64',
  },
  'node-b': {
    ipv4: '192.168.100.2',
    ipv6: 'fd00:100::2',
    podRangeV4: '10.244.2.0/24',
    podRangeV6: 'fd00:244:2::/64',
  },
};

/** All pod ranges together: what a CNI does not masquerade. */
export const POD_RANGES = { ipv4: '10.244.0.0/16', ipv6: 'fd00:244::/32' } as const;

/** Everything that is not the cluster: one namespace that plays a client, a relay, a name server and a public service. */
export const OUTSIDE = {
  client: '192.168.100.50',
  gateway: '192.168.100.50',
  smtpRelay: '192.168.100.25',
  nameServer: '192.168.100.53',
  /** A public address that exists only inside the lab's own namespace. */
  publicAddress: '93.184.215.14',
  addresses: ['192.168.100.50', '192.168.100.25', '192.168.100.53'],
  ipv6: 'fd00:100::50',
} as const;

/** Names the outside name server knows. */
export const OUTSIDE_NAMES: Readonly<Record<string, string>> = {
  'api.cards.example': OUTSIDE.publicAddress,
  'relay.mail.example': OUTSIDE.smtpRelay,
};

/** The API server's own port on its node. */
export const API_SERVER = { node: 'node-a', port: 6443 } as const;

/** The node whose pods ask a DNS cache on their node, which conntrack is told not to track. */
export const CACHED_NODE: NodeName = 'node-a';

/** Where pods ask for names: the DNS Service's own address. */
export const DNS_ADDRESS = '10.96.0.10';

/** Where the node-local DNS cache listens, beside the DNS Service's own address (kubernetes/dns, nodelocaldns.yaml). */
export const LOCAL_DNS_ADDRESS = '169.254.20.10';

/** The Service by which the cache reaches the cluster's DNS itself. */
export const UPSTREAM_DNS_ADDRESS = '10.96.0.11';

/** Where the server runs: a host of the fabric that is no node. */
export const CONTROL = {
  name: 'ctl',
  address: '192.168.100.10',
  ingestPort: 8081,
  apiPort: 8080,
  probesPort: 8082,
} as const;

/** The port that every node drops on its way: what dials it never shows in conntrack. */
export const DROPPED_PORT = 7443;

/** A port on which the statistics collector takes datagrams and never answers. */
export const STATSD_PORT = 8125;

/** The port of the connection whose entry is taken out of the kernel's table while it lives. */
export const FEED_PORT = 7700;
