// Who is in the lab's world: every workload with its labels, places and ports. Online Boutique's twelve Deployments
// (GoogleCloudPlatform/microservices-demo, release/kubernetes-manifests.yaml), what a cluster adds to them, and the cases that an observer must get right.
import { API_SERVER, CACHED_NODE, DNS_ADDRESS, FEED_PORT, LOCAL_DNS_ADDRESS, STATSD_PORT } from './world.ts';
import type { NodeName } from './world.ts';

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
  /** Arguments of its container, as declared. */
  readonly args?: readonly string[];
  /** TCP ports its processes really listen on, beside DNS. */
  readonly listens: readonly number[];
  /** UDP ports on which it takes datagrams and never answers. */
  readonly swallows?: readonly number[];
  /** The port its kubelet probes; absent when it has no probe. */
  readonly probe?: number;
  /** How its pods are wired to their node; a routed veth when absent. */
  readonly wire?: 'bridge' | 'two-zones';
}

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
  {
    namespace: 'kube-system',
    name: 'node-local-dns',
    kind: 'DaemonSet',
    labels: { 'k8s-app': 'node-local-dns' },
    places: [CACHED_NODE],
    hostNetwork: true,
    dnsPolicy: 'Default',
    args: ['-localip', `${LOCAL_DNS_ADDRESS},${DNS_ADDRESS}`],
    ports: [
      { name: 'dns', port: 53, protocol: 'UDP' },
      { name: 'dns-tcp', port: 53, protocol: 'TCP' },
    ],
    listens: [],
  },
  {
    ...plain('monitoring', 'statsd', 'node-a'),
    ports: [{ name: 'statsd', port: STATSD_PORT, protocol: 'UDP' }],
    swallows: [STATSD_PORT],
  },
  { ...dataServer('ledger', 'node-b', 5432), wire: 'bridge' },
  { ...plain('data', 'ledger-writer', 'node-b'), wire: 'bridge' },
  dataServer('zoned-server', 'node-a', 8088),
  { ...plain('data', 'zoned-client', 'node-b'), wire: 'two-zones' },
  dataServer('feed', 'node-b', FEED_PORT),
  plain('data', 'feed-reader', 'node-a'),
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

/** All of them. */
export const EVERY_WORKLOAD: readonly WorkloadSpec[] = [...WORKLOADS, CART_CLEANUP, DEBUG];

/** "namespace/name", the way every other file names a workload. */
export function workloadKey(workload: WorkloadSpec): string {
  return `${workload.namespace}/${workload.name}`;
}

/** The workload of a "namespace/name". Throws when the world has none. */
export function workloadOf(key: string): WorkloadSpec {
  const found = EVERY_WORKLOAD.find((one) => workloadKey(one) === key);
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

function plain(namespace: string, name: string, node: NodeName): WorkloadSpec {
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

function dataServer(name: string, node: NodeName, port: number): WorkloadSpec {
  return {
    ...plain('data', name, node),
    ports: [{ name: 'main', port, protocol: 'TCP' }],
    listens: [port],
    probe: port,
  };
}
