/** What drafting one workload needs to know of the whole cluster, computed once. */
import type { IpAddress } from '../domain/ip.ts';
import { clusterRanges, podAndServiceRanges } from './addresses.ts';
import type { ClusterInfo } from './cluster.ts';
import { dnsServicesOf, nodeLocalDnsAddresses } from './dns.ts';
import type { DnsService } from './dns.ts';
import { exposedPorts } from './exposure.ts';
import type { OutsideContext } from './outside-peers.ts';
import { PeerBook } from './peers.ts';

export interface DraftingContext extends OutsideContext {
  readonly peers: PeerBook;
  readonly dns: readonly DnsService[];
  readonly nodeLocalDns: readonly IpAddress[];
  readonly exposed: ReadonlyMap<string, ReadonlySet<string>>;
}

export function draftingContext(cluster: ClusterInfo, known: OutsideContext['known']): DraftingContext {
  return {
    peers: new PeerBook(cluster),
    dns: dnsServicesOf(cluster),
    nodeLocalDns: nodeLocalDnsAddresses(cluster),
    exposed: exposedPorts(cluster),
    ranges: clusterRanges(cluster),
    podAndServiceRanges: podAndServiceRanges(cluster),
    known,
  };
}
