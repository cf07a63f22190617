// The Services of the world, and where each of their ports leads after DNAT.
import { workloadOf } from './workloads.ts';
import { API_SERVER, DNS_ADDRESS, NODES, STATSD_PORT, UPSTREAM_DNS_ADDRESS } from './world.ts';

/** One port of a Service. `target` is a number or the name of a container port. */
export interface ServicePortSpec {
  readonly name: string;
  readonly port: number;
  readonly protocol: 'TCP' | 'UDP';
  readonly target: number | string;
  readonly nodePort?: number;
}

/** One Service. The first address is the family that clients use unless a call says otherwise. */
export interface ServiceSpec {
  readonly namespace: string;
  readonly name: string;
  readonly type: 'ClusterIP' | 'LoadBalancer';
  readonly addresses: readonly string[];
  /** The workload behind it, "namespace/name"; absent for default/kubernetes, which has no selector. */
  readonly workload?: string;
  /** Labels of the Service object; those of its name when absent. */
  readonly labels?: Readonly<Record<string, string>>;
  readonly ports: readonly ServicePortSpec[];
}

/** The range cluster addresses are given from. */
export const SERVICE_RANGES = { ipv4: '10.96.0.0/16', ipv6: 'fd00:96::/112' } as const;

export const SERVICES: readonly ServiceSpec[] = [
  {
    namespace: 'default',
    name: 'kubernetes',
    type: 'ClusterIP',
    addresses: ['10.96.0.1'],
    ports: [{ name: 'https', port: 443, protocol: 'TCP', target: API_SERVER.port }],
  },
  {
    namespace: 'kube-system',
    name: 'kube-dns',
    type: 'ClusterIP',
    addresses: [DNS_ADDRESS],
    workload: 'kube-system/coredns',
    ports: [
      { name: 'dns', port: 53, protocol: 'UDP', target: 'dns' },
      { name: 'dns-tcp', port: 53, protocol: 'TCP', target: 'dns-tcp' },
      { name: 'metrics', port: 9153, protocol: 'TCP', target: 'metrics' },
    ],
  },
  shop('adservice', ['10.96.12.31'], [tcp('grpc', 9555, 'grpc')]),
  shop('cartservice', ['10.96.44.7'], [tcp('grpc', 7070, 7070)]),
  shop('checkoutservice', ['10.96.80.154'], [tcp('grpc', 5050, 5050)]),
  shop('currencyservice', ['10.96.201.66'], [tcp('grpc', 7000, 'grpc')]),
  // Port 5001 leads to a port on which nothing listens: the kernel answers with RST.
  shop('emailservice', ['10.96.9.90'], [tcp('grpc', 5000, 8080), tcp('admin', 5001, 8081)]),
  shop('frontend', ['10.96.150.3'], [tcp('http', 80, 'http')]),
  {
    ...shop('frontend-external', ['10.96.150.4'], [{ ...tcp('http', 80, 8080), nodePort: 30_080 }]),
    type: 'LoadBalancer',
    workload: 'shop/frontend',
  },
  shop('paymentservice', ['10.96.33.218'], [tcp('grpc', 50_051, 50_051)]),
  shop('productcatalogservice', ['10.96.71.12'], [tcp('grpc', 3550, 'grpc')]),
  shop('recommendationservice', ['10.96.118.40'], [tcp('grpc', 8080, 8080)]),
  shop('redis-cart', ['10.96.5.179'], [tcp('tcp-redis', 6379, 6379)]),
  shop('shippingservice', ['10.96.62.25', 'fd00:96::62:19'], [tcp('grpc', 50_051, 50_051)]),
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

/** The Service of a "namespace/name". Throws when the world has none. */
export function serviceOf(key: string): ServiceSpec {
  const found = SERVICES.find((one) => `${one.namespace}/${one.name}` === key);
  if (found === undefined) throw new Error(`no Service ${key} in the world`);
  return found;
}

/** The port number on the pod that a Service port leads to. */
export function targetNumber(service: ServiceSpec, port: ServicePortSpec): number {
  if (typeof port.target === 'number') return port.target;
  const declared = workloadOf(service.workload ?? '').ports.find((one) => one.name === port.target);
  if (declared === undefined) throw new Error(`${service.name}: no container port ${port.target}`);
  return declared.port;
}

/** Every name the cluster's DNS answers, as "name/record type" -> address. */
export function clusterZone(): Record<string, string> {
  const entries = SERVICES.flatMap((service) =>
    service.addresses.map((address) => [
      `${serviceHost(service)}/${address.includes(':') ? 'AAAA' : 'A'}`,
      address,
    ]),
  );
  return Object.fromEntries(entries) as Record<string, string>;
}

/** The DNS name of a Service. */
export function serviceHost(service: ServiceSpec): string {
  return `${service.name}.${service.namespace}.svc.cluster.local`;
}

/** The API server's address behind default/kubernetes. */
export const API_SERVER_ADDRESS = NODES[API_SERVER.node].ipv4;

function shop(name: string, addresses: readonly string[], ports: readonly ServicePortSpec[]): ServiceSpec {
  return { namespace: 'shop', name, type: 'ClusterIP', addresses, workload: `shop/${name}`, ports };
}

function tcp(name: string, port: number, target: number | string): ServicePortSpec {
  return { name, port, protocol: 'TCP', target };
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
