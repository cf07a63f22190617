/** Ports of a workload that the cluster's configuration opens to the outside: NodePort, LoadBalancer, external IPs, hostPort. */
import { workloadKey } from '../domain/workload.ts';
import { targetPortsOf } from './backends.ts';
import type { Backends } from './backends.ts';
import type { ClusterInfo, ServiceInfo, WorkloadInfo } from './cluster.ts';
import { portKey } from './rule-draft.ts';

/** Keys (`portKey`) of exposed container ports, per workload key. */
export function exposedPorts(
  cluster: Pick<ClusterInfo, 'services' | 'workloads'>,
  backends: Backends,
): ReadonlyMap<string, ReadonlySet<string>> {
  const exposed = new Map<string, Set<string>>();
  const open = (workload: WorkloadInfo, key: string): void => {
    const ports = exposed.get(workloadKey(workload.ref)) ?? new Set();
    exposed.set(workloadKey(workload.ref), ports.add(key));
  };
  for (const workload of cluster.workloads)
    for (const port of workload.hostPorts) open(workload, portKey(port));
  for (const service of cluster.services) {
    if (!isExposing(service)) continue;
    for (const backend of backends.of(service)) {
      for (const port of service.ports)
        for (const number of targetPortsOf(port, [backend]))
          open(backend, portKey({ protocol: port.protocol, port: number }));
    }
  }
  return exposed;
}

/** Whether clients outside the cluster may come through it. */
export function isExposing({ type, externalIps }: ServiceInfo): boolean {
  return type === 'NodePort' || type === 'LoadBalancer' || externalIps.length > 0;
}
