/** DNS by convention: every draft that isolates egress allows the resolver its pods were given, seen or not. */
import type { IpAddress } from '../domain/ip.ts';
import type { Protocol } from '../domain/protocol.ts';
import { targetPortsOf } from './backends.ts';
import type { Backends } from './backends.ts';
import type { ClusterInfo, ServiceInfo, WorkloadInfo } from './cluster.ts';

const DNS_PORT = 53;

/** kubeadm, kops, GKE, EKS and AKS name it kube-dns, also in front of CoreDNS; OpenShift dns-default. */
const WELL_KNOWN: ReadonlySet<string> = new Set(['kube-system/kube-dns', 'openshift-dns/dns-default']);

/** Who answers DNS. */
export interface DnsServers {
  /** `kube-system/kube-dns`. */
  readonly title: string;
  readonly backends: readonly WorkloadInfo[];
  /** The ports they answer on (after DNAT). */
  readonly ports: readonly { readonly protocol: Protocol; readonly port: number }[];
  /** Whether these are all their ports: the number of a named one may be known to nobody. */
  readonly isWhole: boolean;
}

export interface DnsService extends DnsServers {
  readonly service: ServiceInfo;
}

/** The cluster's DNS Services: kube-dns of kube-system, or OpenShift's dns-default. Also one that nobody is known to serve. */
export function dnsServicesOf(cluster: Pick<ClusterInfo, 'services'>, backends: Backends): DnsService[] {
  return clusterDns(cluster).map((service) => resolverOf(service, backends));
}

/**
 * Services that answer on the DNS port, by each of their cluster IPs: a pod's own nameserver may be one, and a policy
 * never sees that address but those of the pods behind it.
 */
export function resolversByAddress(
  { services }: Pick<ClusterInfo, 'services'>,
  backends: Backends,
): ReadonlyMap<IpAddress, DnsService> {
  const found = services
    .filter((service) => service.clusterIps.length > 0 && servesDns(service))
    .map((service) => resolverOf(service, backends));
  return new Map(found.flatMap((dns) => dns.service.clusterIps.map((ip) => [ip, dns] as const)));
}

function resolverOf(service: ServiceInfo, backends: Backends): DnsService {
  const behind = backends.of(service);
  const targets = service.ports
    .filter((port) => port.port === DNS_PORT)
    .map((port) => ({ protocol: port.protocol, numbers: targetPortsOf(port, behind) }));
  return {
    service,
    title: `${service.namespace}/${service.name}`,
    backends: behind,
    ports: targets.flatMap(({ protocol, numbers }) => numbers.map((port) => ({ protocol, port }))),
    isWhole: targets.every(({ numbers }) => numbers.length > 0),
  };
}

function servesDns({ ports }: ServiceInfo): boolean {
  return ports.some((port) => port.port === DNS_PORT);
}

/**
 * By name where there is one of a known name: NodeLocal DNSCache adds a second Service (kube-dns-upstream) that carries
 * the label too and that no pod is told of. The label counts only where cluster administrators write, because anyone
 * may set it elsewhere.
 */
function clusterDns(cluster: Pick<ClusterInfo, 'services'>): ServiceInfo[] {
  const serving = cluster.services.filter(servesDns);
  const named = serving.filter((service) => WELL_KNOWN.has(`${service.namespace}/${service.name}`));
  if (named.length > 0) return named;
  return serving.filter(
    (service) => service.namespace === 'kube-system' && service.labels['k8s-app'] === 'kube-dns',
  );
}
