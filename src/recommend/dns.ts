/** DNS by convention: every draft that isolates egress allows the resolver its pods were given, seen or not. */
import { compareIps, parseIp } from '../domain/ip.ts';
import type { IpAddress } from '../domain/ip.ts';
import type { Protocol } from '../domain/protocol.ts';
import { targetPortsOf } from './backends.ts';
import type { Backends } from './backends.ts';
import type { ClusterInfo, ServiceInfo, WorkloadInfo } from './cluster.ts';

const DNS_PORT = 53;

/** kubeadm, kops, GKE, EKS and AKS name it kube-dns, also in front of CoreDNS; OpenShift dns-default. */
const WELL_KNOWN: ReadonlySet<string> = new Set(['kube-system/kube-dns', 'openshift-dns/dns-default']);

export interface DnsService {
  readonly service: ServiceInfo;
  /** Workloads behind it, and the ports they answer DNS on (after DNAT). */
  readonly backends: readonly WorkloadInfo[];
  readonly ports: readonly { readonly protocol: Protocol; readonly port: number }[];
}

/** The cluster's DNS Services: kube-dns of kube-system, or OpenShift's dns-default. */
export function dnsServicesOf(cluster: ClusterInfo, backends: Backends): DnsService[] {
  return dnsServices(cluster)
    .map((service) => resolverOf(service, backends))
    .filter(isServing);
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
    .map((service) => resolverOf(service, backends))
    .filter(isServing);
  return new Map(found.flatMap((dns) => dns.service.clusterIps.map((ip) => [ip, dns] as const)));
}

function resolverOf(service: ServiceInfo, backends: Backends): DnsService {
  const behind = backends.of(service);
  const ports = service.ports
    .filter((port) => port.port === DNS_PORT)
    .flatMap((port) =>
      targetPortsOf(port, behind).map((number) => ({ protocol: port.protocol, port: number })),
    );
  return { service, backends: behind, ports };
}

function isServing({ backends, ports }: DnsService): boolean {
  return backends.length > 0 && ports.length > 0;
}

function servesDns({ ports }: ServiceInfo): boolean {
  return ports.some((port) => port.port === DNS_PORT);
}

/** Blocks through which a node-local DNS cache is reached: its link-local address and the DNS Service's own. */
export function nodeLocalDnsAddresses(cluster: ClusterInfo): IpAddress[] {
  const hasCache = cluster.workloads.some(
    (workload) => workload.ref.kind === 'DaemonSet' && workload.ref.name === 'node-local-dns',
  );
  if (!hasCache) return [];
  const services = dnsServices(cluster).flatMap((service) => service.clusterIps);
  // NodeLocal DNSCache listens here unless told otherwise (kubernetes/dns, nodelocaldns.yaml).
  const local = parseIp('169.254.20.10');
  return [...services, ...(local === null ? [] : [local])].toSorted(compareIps);
}

/**
 * By name where there is one of a known name: NodeLocal DNSCache adds a second Service (kube-dns-upstream) that carries
 * the label too and that no pod is told of. The label counts only where cluster administrators write, because anyone
 * may set it elsewhere.
 */
function dnsServices(cluster: ClusterInfo): ServiceInfo[] {
  const serving = cluster.services.filter(servesDns);
  const named = serving.filter((service) => WELL_KNOWN.has(`${service.namespace}/${service.name}`));
  if (named.length > 0) return named;
  return serving.filter(
    (service) => service.namespace === 'kube-system' && service.labels['k8s-app'] === 'kube-dns',
  );
}
