/** DNS by convention: every draft that isolates egress allows the resolver its pods were given, seen or not. */
import { cidrOf, formatCidr } from '../domain/cidr.ts';
import { compareIps, parseIp } from '../domain/ip.ts';
import type { IpAddress } from '../domain/ip.ts';
import type { Protocol } from '../domain/protocol.ts';
import { selectorMatches } from '../netpol/selector.ts';
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
export function dnsServicesOf(cluster: ClusterInfo): DnsService[] {
  return dnsServices(cluster)
    .map((service) => {
      const backends = backendsOf(service, cluster.workloads);
      const ports = service.ports
        .filter((port) => port.port === DNS_PORT)
        .flatMap((port) =>
          targetPortsOf(port, backends).map((number) => ({ protocol: port.protocol, port: number })),
        );
      return { service, backends, ports };
    })
    .filter((dns) => dns.backends.length > 0 && dns.ports.length > 0);
}

/** Workloads of a Service's own namespace of which a pod or the template has its labels. */
export function backendsOf(service: ServiceInfo, workloads: readonly WorkloadInfo[]): WorkloadInfo[] {
  const { selector } = service;
  if (selector === null || Object.keys(selector).length === 0) return [];
  return workloads.filter(
    (workload) =>
      workload.ref.namespace === service.namespace &&
      [workload.templateLabels ?? {}, ...workload.pods.map((pod) => pod.labels)].some((labels) =>
        selectorMatches({ matchLabels: selector }, labels),
      ),
  );
}

/** A Service port's target as numbers: a named target may differ from pod to pod. */
export function targetPortsOf(
  port: ServiceInfo['ports'][number],
  backends: readonly WorkloadInfo[],
): number[] {
  if (typeof port.targetPort === 'number') return [port.targetPort];
  const named = backends
    .flatMap((workload) => workload.pods)
    .flatMap((pod) => pod.ports)
    .filter((each) => each.name === port.targetPort && each.protocol === port.protocol)
    .map((each) => each.port);
  return [...new Set(named)].toSorted((a, b) => a - b);
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

export function exactBlocks(addresses: readonly IpAddress[]): { cidr: string }[] {
  return addresses.map((ip) => ({ cidr: formatCidr(cidrOf(ip)) }));
}

/**
 * By name where there is one of a known name: NodeLocal DNSCache adds a second Service (kube-dns-upstream) that carries
 * the label too and that no pod is told of. The label counts only where cluster administrators write, because anyone
 * may set it elsewhere.
 */
function dnsServices(cluster: ClusterInfo): ServiceInfo[] {
  const serving = cluster.services.filter((service) => service.ports.some((port) => port.port === DNS_PORT));
  const named = serving.filter((service) => WELL_KNOWN.has(`${service.namespace}/${service.name}`));
  if (named.length > 0) return named;
  return serving.filter(
    (service) => service.namespace === 'kube-system' && service.labels['k8s-app'] === 'kube-dns',
  );
}
