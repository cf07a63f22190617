/** What drafting one subject needs to know of the whole cluster, computed once. */
import type { IpAddress, IpFamily } from '../domain/ip.ts';
import type { IpBlock } from '../netpol/policy.ts';
import { anyButPrivate } from './addresses.ts';
import { apiServerCalls } from './api-server-calls.ts';
import type { CalledPort } from './api-server-calls.ts';
import { Backends } from './backends.ts';
import { clusterSpaceOf } from './cluster-space.ts';
import type { ClusterInfo, ServiceInfo } from './cluster.ts';
import { dnsServicesOf, resolversByAddress } from './dns.ts';
import type { DnsService } from './dns.ts';
import type { DraftingOptions } from './drafting-options.ts';
import { exposedPorts } from './exposure.ts';
import { givenRanges } from './given-ranges.ts';
import { holdersNow } from './holders-now.ts';
import { NamedRanges } from './named-ranges.ts';
import type { KnownRanges, OutsideContext } from './outside-peers.ts';
import { nodeLocalDnsOf } from './node-local-dns.ts';
import type { NodeLocalDns } from './node-local-dns.ts';
import { isCurrentSubject, PeerBook } from './peers.ts';
import { policyNames } from './policy-name.ts';
import { RangeIndex } from './range-index.ts';
import { RuleParts } from './rule-parts.ts';

/** The cluster as drafts look at it. */
export interface Surroundings extends OutsideContext {
  readonly options: DraftingOptions;
  readonly peers: PeerBook;
  /** Names of policies, by the workload key of their subject. */
  readonly names: ReadonlyMap<string, string>;
  readonly backends: Backends;
  /** By `namespace/name`. */
  readonly services: ReadonlyMap<string, ServiceInfo>;
  readonly dns: readonly DnsService[];
  /** Services that answer DNS, by cluster IP. */
  readonly resolvers: ReadonlyMap<IpAddress, DnsService>;
  readonly nodeLocalDns: NodeLocalDns;
  /** Keys (`portKey`) of ports that configuration opens to the outside, by workload key. */
  readonly exposed: ReadonlyMap<string, ReadonlySet<string>>;
  /** Ports that the API server calls, by workload key. */
  readonly calls: ReadonlyMap<string, readonly CalledPort[]>;
  readonly parts: RuleParts;
}

export interface DraftingContext extends Surroundings {
  /** Edges (`edgeKeyText`) that would be held back, had a person not taken them in. */
  readonly takenIn: ReadonlySet<string>;
}

export function surroundingsOf(
  cluster: ClusterInfo,
  known: KnownRanges,
  options: DraftingOptions,
): Surroundings {
  const backends = new Backends(cluster);
  const dns = dnsServicesOf(cluster, backends);
  const space = clusterSpaceOf(cluster, known);
  const { podsAndServices, own } = space;
  const named = new NamedRanges(known.named ?? {});
  const peers = new PeerBook(cluster, options.granularity);
  return {
    options,
    strategy: options.outside,
    peers,
    names: policyNames(
      peers.subjects
        .filter((subject) => isCurrentSubject(subject) && subject.choice.kind === 'exact')
        .map(({ ref }) => ref),
    ),
    backends,
    services: new Map(cluster.services.map((service) => [`${service.namespace}/${service.name}`, service])),
    dns,
    resolvers: resolversByAddress(cluster, backends),
    nodeLocalDns: nodeLocalDnsOf(
      cluster.workloads,
      dns.map(({ service }) => service),
    ),
    exposed: exposedPorts(cluster, backends),
    calls: apiServerCalls(cluster, backends),
    parts: new RuleParts(),
    ...space,
    taken: new RangeIndex([...own.ranges, ...named.blocks()]),
    known,
    given: givenRanges(known, podsAndServices, cluster.nodes),
    named,
    apiServers: cluster.apiServers.map(({ ip }) => ip),
    holderNow: holdersNow(cluster),
    publicBlocks: rememberedPublicBlocks(own),
  };
}

/** The list of what is cut out is as long as the cluster is large, and the same for every draft. */
function rememberedPublicBlocks(ranges: RangeIndex): (families: readonly IpFamily[]) => IpBlock[] {
  const known = new Map<string, IpBlock[]>();
  return (families) => {
    const key = families.toSorted((a, b) => a - b).join();
    const blocks = known.get(key) ?? anyButPrivate(families, ranges);
    known.set(key, blocks);
    return blocks;
  };
}
