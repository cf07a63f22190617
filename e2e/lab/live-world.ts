// Who is in the live world beside the recorded one: the cases that only a running system meets, each with workloads of its own.
import type { ServiceSpec } from './services.ts';
import type { NodeName, WorkloadSpec } from './world.ts';

/** The node whose pods ask a DNS cache on their node, which conntrack is told not to track. */
export const CACHED_NODE: NodeName = 'node-a';

/** Where the node-local DNS cache listens, beside the DNS Service's own address (kubernetes/dns, nodelocaldns.yaml). */
export const LOCAL_DNS_ADDRESS = '169.254.20.10';

/** The Service by which the cache reaches the cluster's DNS itself. */
export const UPSTREAM_DNS_ADDRESS = '10.96.0.11';

/** Where the server runs: a host of the fabric that is no node. */
export const CONTROL = { name: 'ctl', address: '192.168.100.10', ingestPort: 8081, apiPort: 8080 } as const;

/** The port that every node drops on its way: what dials it never shows in conntrack. */
export const DROPPED_PORT = 7443;

/** A port on which the statistics collector takes datagrams and never answers. */
export const STATSD_PORT = 8125;

/** The port of the connection whose entry is taken out of the kernel's table while it lives. */
export const FEED_PORT = 7700;

export const LIVE_WORKLOADS: readonly WorkloadSpec[] = [
  {
    namespace: 'kube-system',
    name: 'node-local-dns',
    kind: 'DaemonSet',
    labels: { 'k8s-app': 'node-local-dns' },
    places: [CACHED_NODE],
    hostNetwork: true,
    dnsPolicy: 'Default',
    ports: [
      { name: 'dns', port: 53, protocol: 'UDP' },
      { name: 'dns-tcp', port: 53, protocol: 'TCP' },
    ],
    listens: [],
  },
  {
    ...live('monitoring', 'statsd', 'node-a'),
    ports: [{ name: 'statsd', port: STATSD_PORT, protocol: 'UDP' }],
    swallows: [STATSD_PORT],
  },
  { ...serving('ledger', 'node-b', 5432), wire: 'bridge' },
  { ...live('data', 'ledger-writer', 'node-b'), wire: 'bridge' },
  serving('zoned-server', 'node-a', 8088),
  { ...live('data', 'zoned-client', 'node-b'), wire: 'two-zones' },
  serving('feed', 'node-b', FEED_PORT),
  live('data', 'feed-reader', 'node-a'),
];

export const LIVE_SERVICES: readonly ServiceSpec[] = [
  {
    namespace: 'kube-system',
    name: 'kube-dns-upstream',
    type: 'ClusterIP',
    addresses: [UPSTREAM_DNS_ADDRESS],
    workload: 'kube-system/coredns',
    labels: {
      'k8s-app': 'kube-dns',
      'kubernetes.io/cluster-service': 'true',
      'kubernetes.io/name': 'KubeDNSUpstream',
    },
    ports: [
      { name: 'dns', port: 53, protocol: 'UDP', target: 53 },
      { name: 'dns-tcp', port: 53, protocol: 'TCP', target: 53 },
    ],
  },
  {
    namespace: 'monitoring',
    name: 'statsd',
    type: 'ClusterIP',
    addresses: ['10.96.20.25'],
    workload: 'monitoring/statsd',
    ports: [{ name: 'statsd', port: STATSD_PORT, protocol: 'UDP', target: 'statsd' }],
  },
  dataService('ledger', '10.96.20.32', 5432),
  dataService('zoned-server', '10.96.20.88', 8088),
];

function live(namespace: string, name: string, node: NodeName): WorkloadSpec {
  return {
    namespace,
    name,
    kind: 'Deployment',
    labels: { 'app.kubernetes.io/name': name },
    places: [node],
    hostNetwork: false,
    dnsPolicy: 'ClusterFirst',
    ports: [],
    listens: [],
  };
}

function serving(name: string, node: NodeName, port: number): WorkloadSpec {
  return {
    ...live('data', name, node),
    ports: [{ name: 'main', port, protocol: 'TCP' }],
    listens: [port],
    probe: port,
  };
}

function dataService(name: string, address: string, port: number): ServiceSpec {
  return {
    namespace: 'data',
    name,
    type: 'ClusterIP',
    addresses: [address],
    workload: `data/${name}`,
    ports: [{ name: 'main', port, protocol: 'TCP', target: 'main' }],
  };
}
