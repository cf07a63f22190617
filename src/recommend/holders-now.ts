/** Which pod or Service an address belongs to today. Edges say who had it when it was seen. */
import type { IpAddress } from '../domain/ip.ts';
import { workloadTitle } from '../domain/workload.ts';
import type { ClusterInfo } from './cluster.ts';

/** A title such as `shop/web`, and null for an address that no living pod has on a network of its own, and no Service. */
export function holdersNow({
  workloads,
  services,
}: Pick<ClusterInfo, 'workloads' | 'services'>): (address: IpAddress) => string | null {
  const holders = new Map<IpAddress, string>();
  for (const { namespace, name, clusterIps } of services)
    for (const address of clusterIps) holders.set(address, `Service ${namespace}/${name}`);
  for (const { ref, pods } of workloads)
    for (const { ended, hostNetwork, ips } of pods)
      if (!ended && !hostNetwork) for (const address of ips) holders.set(address, workloadTitle(ref));
  return (address) => holders.get(address) ?? null;
}
