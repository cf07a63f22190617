/**
 * Node-local DNS caches (NodeLocal DNSCache): pods ask them on their own node, past conntrack, so no traffic ever shows
 * them. They are known by name, label or argument, and only where cluster administrators write.
 */
import { compareIps, ip } from '../domain/ip.ts';
import type { IpAddress } from '../domain/ip.ts';
import { scopeOf } from '../domain/special-ranges.ts';
import { workloadTitle } from '../domain/workload.ts';
import type { ServiceInfo, WorkloadInfo } from './cluster.ts';
import type { DnsServers } from './dns.ts';
import type { Caveat } from './draft.ts';
import { isCurrentSubject } from './peers.ts';

/** What caches are asked by. */
export interface NodeLocalDns {
  /** On the nodes: their own addresses, and those of the DNS Services for which they answer. Sorted. */
  readonly addresses: readonly IpAddress[];
  /** Those with a network of their own, to which a plugin redirects (Cilium's local redirect policies). */
  readonly redirected: readonly DnsServers[];
  /** Of caches that do not tell their address. */
  readonly caveats: readonly Caveat[];
}

/** As kubernetes/dns names it, and as Kubespray does. */
const NAMES: ReadonlySet<string | undefined> = new Set(['node-local-dns', 'nodelocaldns']);

/** NodeLocal DNSCache listens here by custom (kubernetes/dns, nodelocaldns.yaml); Kubespray and others give it another. */
const USUAL_ADDRESS = ip('169.254.20.10');

const DNS_PORTS = [
  { protocol: 'tcp', port: 53 },
  { protocol: 'udp', port: 53 },
] as const;

/** The caches of a cluster whose DNS Services are these. */
export function nodeLocalDnsOf(
  workloads: readonly WorkloadInfo[],
  services: readonly ServiceInfo[],
): NodeLocalDns {
  const namespaces = new Set(['kube-system', ...services.map(({ namespace }) => namespace)]);
  const caches = workloads.filter((workload) => namespaces.has(workload.ref.namespace) && isCache(workload));
  const onNodes = caches.filter(({ hostNetwork }) => hostNetwork);
  const addresses = [...onNodes.flatMap(listening), ...services.flatMap((service) => service.clusterIps)];
  return {
    addresses: onNodes.length === 0 ? [] : [...new Set(addresses)].toSorted(compareIps),
    redirected: caches
      .filter(({ hostNetwork }) => !hostNetwork)
      .map((cache) => ({
        title: workloadTitle(cache.ref),
        backends: [cache],
        ports: DNS_PORTS,
        isWhole: true,
      })),
    caveats: onNodes.filter((cache) => !isTold(cache)).map(untold),
  };
}

function isCache(workload: WorkloadInfo): boolean {
  const { ref, templateLabels, pods, hostNetwork, localDns } = workload;
  if (ref.kind !== 'DaemonSet' || !isCurrentSubject({ members: [workload] })) return false;
  const labels = templateLabels ?? pods.at(-1)?.labels;
  return NAMES.has(ref.name) || NAMES.has(labels?.['k8s-app']) || (hostNetwork && localDns !== undefined);
}

function isTold(cache: WorkloadInfo): boolean {
  return cache.localDns?.isWhole === true && toldAddresses(cache).length > 0;
}

function listening(cache: WorkloadInfo): readonly IpAddress[] {
  const told = toldAddresses(cache);
  return told.length === 0 ? [USUAL_ADDRESS] : told;
}

/** An address of the pod itself is no connection that a policy could see. */
function toldAddresses({ localDns }: WorkloadInfo): readonly IpAddress[] {
  return (localDns?.addresses ?? []).filter(
    (address) => scopeOf(address) !== 'loopback' && !UNSPECIFIED.has(address),
  );
}

const UNSPECIFIED: ReadonlySet<IpAddress> = new Set([ip('0.0.0.0'), ip('::')]);

function untold(cache: WorkloadInfo): Caveat {
  const allowed = listening(cache).join(' and ');
  return {
    code: 'dns-cache-address',
    sentence: `${workloadTitle(cache.ref)} is a DNS cache on each node whose arguments do not tell where it listens (-localip); DNS is allowed at ${allowed}: if pods there have another nameserver in /etc/resolv.conf, add it`,
  };
}
