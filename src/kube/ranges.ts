/** Address ranges of a cluster that its objects reveal. */
import type { Cidr } from '../domain/cidr.ts';
import { CidrSet } from '../domain/cidr-set.ts';
import { spanningCidr } from '../domain/cidr.ts';
import { familyOf } from '../domain/ip.ts';
import type { ClusterInfo } from '../recommend/cluster.ts';

/** A span wider than this rests on more than one Service range, and says nothing of the space between them. */
const WIDEST_SERVICE_SPAN = { 4: 12, 6: 108 } as const;

/**
 * Pod ranges as nodes declare them. The Service range is printed by no object of old clusters, but it is one
 * prefix that holds every cluster IP, so the span of those is a part of it.
 */
export function clusterRangesOf(cluster: Pick<ClusterInfo, 'nodes' | 'services'>): {
  readonly pods: CidrSet;
  readonly services: CidrSet;
} {
  const byFamily = Map.groupBy(
    cluster.services.flatMap((service) => service.clusterIps),
    familyOf,
  );
  const services = [...byFamily].map(([family, ips]): Cidr | null => {
    const span = spanningCidr(ips);
    return span.length < WIDEST_SERVICE_SPAN[family] ? null : span;
  });
  return {
    pods: new CidrSet(cluster.nodes.flatMap((node) => node.podCidrs)),
    services: new CidrSet(services.filter((range) => range !== null)),
  };
}
