// Who is in the recorded world: two nodes, the outside, and every workload with its labels, places and ports.
// Online Boutique's twelve Deployments (GoogleCloudPlatform/microservices-demo, release/kubernetes-manifests.yaml) and what a cluster adds to them.

import { LIVE_WORKLOADS } from './live-world.ts';

/** The cluster's nodes. */
export type NodeName = 'node-a' | 'node-b';

/** A node's own address and the ranges its pods get theirs from. */
export interface NodeSpec {
  readonly ipv4: string;
  readonly ipv6: string;
  readonly podRangeV4: string;
  readonly podRangeV6: string;
}

/** A port a container declares; `name` as a Service's targetPort may use it. */
export interface PortSpec {
  readonly name?: string;
  readonly port: number;
  readonly protocol: 'TCP' | 'UDP';
}

/** One workload of the world. */
export interface WorkloadSpec {
  readonly namespace: string;
  readonly name: string;
  readonly kind: 'Deployment' | 'DaemonSet' | 'CronJob' | 'Pod' | 'StaticPod';
  /** Labels of the pod template, without those a controller adds. */
  readonly labels: Readonly<Record<string, string>>;
  /** Where its pods run, one entry a pod, in the order they are made. */
  readonly places: readonly NodeName[];
  readonly hostNetwork: boolean;
  readonly dnsPolicy: 'ClusterFirst' | 'Default';
  /** containerPorts as declared. A hostNetwork workload may serve ports it does not declare. */
  readonly ports: readonly PortSpec[];
  /** TCP ports its processes really listen on, beside DNS. */
  readonly listens: readonly number[];
  /** UDP ports on which it takes datagrams and never answers. */
  readonly swallows?: readonly number[];
  /** The port its kubelet probes; absent when it has no probe. */
  readonly probe?: number;
  /** How its pods are wired to their node; a routed veth when absent. */
  readonly wire?: 'bridge' | 'two-zones';
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

/** Workloads whose pods run from before the recording to its end. */
export const WORKLOADS: readonly WorkloadSpec[] = [
  boutique('adservice', ['node-b'], [{ name: 'grpc', port: 9555, protocol: 'TCP' }]),
  boutique('cartservice', ['node-a'], [{ port: 7070, protocol: 'TCP' }]),
  boutique('checkoutservice', ['node-a'], [{ port: 5050, protocol: 'TCP' }]),
  boutique('currencyservice', ['node-b'], [{ name: 'grpc', port: 7000, protocol: 'TCP' }]),
  boutique('emailservice', ['node-b'], [{ port: 8080, protocol: 'TCP' }]),
  boutique('frontend', ['node-a', 'node-b'], [{ name: 'http', port: 8080, protocol: 'TCP' }]),
  boutique('loadgenerator', ['node-a'], []),
  boutique('paymentservice', ['node-a'], [{ port: 50_051, protocol: 'TCP' }]),
  boutique('productcatalogservice', ['node-a', 'node-b'], [{ name: 'grpc', port: 3550, protocol: 'TCP' }]),
  boutique('recommendationservice', ['node-b'], [{ port: 8080, protocol: 'TCP' }]),
  boutique('redis-cart', ['node-b'], [{ port: 6379, protocol: 'TCP' }]),
  boutique('shippingservice', ['node-b'], [{ port: 50_051, protocol: 'TCP' }]),
  {
    namespace: 'kube-system',
    name: 'coredns',
    kind: 'Deployment',
    labels: { 'k8s-app': 'kube-dns' },
    places: ['node-a', 'node-b'],
    hostNetwork: false,
    dnsPolicy: 'Default',
    ports: [
      { name: 'dns', port: 53, protocol: 'UDP' },
      { name: 'dns-tcp', port: 53, protocol: 'TCP' },
      { name: 'metrics', port: 9153, protocol: 'TCP' },
    ],
    listens: [8080, 9153],
    probe: 8080,
  },
  hostDaemon('kube-system', 'health-checker', { ports: [], listens: [] }),
  hostDaemon('monitoring', 'node-exporter', {
    ports: [{ name: 'metrics', port: 9100, protocol: 'TCP' }],
    listens: [9100],
  }),
  {
    namespace: 'monitoring',
    name: 'prometheus',
    kind: 'Deployment',
    labels: { 'app.kubernetes.io/name': 'prometheus', 'app.kubernetes.io/instance': 'main' },
    places: ['node-b'],
    hostNetwork: false,
    dnsPolicy: 'ClusterFirst',
    ports: [{ name: 'web', port: 9090, protocol: 'TCP' }],
    listens: [9090],
    probe: 9090,
  },
  {
    namespace: 'kube-system',
    name: 'kube-apiserver',
    kind: 'StaticPod',
    labels: { component: 'kube-apiserver', tier: 'control-plane' },
    places: [API_SERVER.node],
    hostNetwork: true,
    dnsPolicy: 'ClusterFirst',
    ports: [{ name: 'probe-port', port: API_SERVER.port, protocol: 'TCP' }],
    listens: [API_SERVER.port],
  },
];

/** A Job's pod that lives a few seconds during the recording. */
export const CART_CLEANUP: WorkloadSpec = {
  ...boutique('cart-cleanup', ['node-a'], []),
  kind: 'CronJob',
};

/** A pod somebody started by hand during the recording; it scans ports. */
export const DEBUG: WorkloadSpec = {
  ...boutique('debug', ['node-a'], []),
  kind: 'Pod',
  labels: { run: 'debug' },
};

/** "namespace/name", the way every other file names a workload. */
export function workloadKey(workload: WorkloadSpec): string {
  return `${workload.namespace}/${workload.name}`;
}

/** The workload of a "namespace/name". Throws when the world has none. */
export function workloadOf(key: string): WorkloadSpec {
  const found = [...WORKLOADS, CART_CLEANUP, DEBUG, ...LIVE_WORKLOADS].find(
    (one) => workloadKey(one) === key,
  );
  if (found === undefined) throw new Error(`no workload ${key} in the world`);
  return found;
}

function boutique(name: string, places: readonly NodeName[], ports: readonly PortSpec[]): WorkloadSpec {
  const serving = ports[0]?.port;
  return {
    namespace: 'shop',
    name,
    kind: 'Deployment',
    labels: { app: name },
    places,
    hostNetwork: false,
    dnsPolicy: 'ClusterFirst',
    ports,
    listens: ports.map((one) => one.port),
    ...(serving === undefined ? {} : { probe: serving }),
  };
}

function hostDaemon(
  namespace: string,
  name: string,
  served: Pick<WorkloadSpec, 'ports' | 'listens'>,
): WorkloadSpec {
  return {
    namespace,
    name,
    kind: 'DaemonSet',
    labels: { 'app.kubernetes.io/name': name },
    places: ['node-a', 'node-b'],
    hostNetwork: true,
    dnsPolicy: 'ClusterFirst',
    ...served,
  };
}
