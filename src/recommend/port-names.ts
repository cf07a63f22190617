/**
 * Services that open a port of their pods by its name (targetPort), where nobody is known to have that name: no rule can open
 * it, so the drafts of the workloads behind say so.
 */
import { KeyedMap } from './keyed-map.ts';
import { workloadKey } from '../domain/workload.ts';
import type { WorkloadRef } from '../domain/workload.ts';
import { targetPortsOf } from './backends.ts';
import type { Backends } from './backends.ts';
import type { ClusterInfo, ServiceInfo, ServicePort, WorkloadInfo } from './cluster.ts';
import type { Caveat } from './draft.ts';
import { isExposing } from './exposure.ts';
import { portKey } from './rule-draft.ts';

/** The function that says what configuration opens of a workload and no rule can, because nobody knows the port. */
export function unknownPortNames(
  { webhooks = [], services }: Pick<ClusterInfo, 'webhooks' | 'services'>,
  backends: Backends,
): (workload: WorkloadRef) => readonly Caveat[] {
  const called = new Set(
    webhooks.map(({ service: { namespace, name, port } }) => `${namespace}/${name} ${port}`),
  );
  const found = new KeyedMap<WorkloadRef, Caveat[]>(workloadKey);
  for (const service of services) {
    for (const port of service.ports) {
      if (typeof port.targetPort === 'number') continue;
      const isCalled =
        port.protocol === 'tcp' && called.has(`${service.namespace}/${service.name} ${port.port}`);
      if (!isCalled && !isExposing(service)) continue;
      const caveat = unknownName(service, port, isCalled);
      for (const { ref } of withoutPort(port, backends.of(service))) found.make(ref, () => []).push(caveat);
    }
  }
  return (workload) => found.get(workload) ?? [];
}

/**
 * Those of which nobody knows whether they have the port. A Service leads to none of a workload's pods that lack it, so one
 * that is known to lack it misses nothing while another has it; where none has it, none of them is known well enough.
 */
function withoutPort(port: ServicePort, behind: readonly WorkloadInfo[]): readonly WorkloadInfo[] {
  const without = behind.filter((workload) => targetPortsOf(port, [workload]).length === 0);
  return without.length === behind.length ? without : without.filter((workload) => !isDeclared(workload));
}

function isDeclared({ pods, containerPorts }: WorkloadInfo): boolean {
  return containerPorts !== undefined || pods.length > 0;
}

function unknownName({ namespace, name }: ServiceInfo, port: ServicePort, isCalled: boolean): Caveat {
  const whom = isCalled ? 'the API server, which calls it' : 'the outside for which it is exposed';
  return {
    code: 'port-name-unknown',
    sentence: `Service ${namespace}/${name} leads from port ${portKey(port)} to a container port named ${port.targetPort}, which no pod or template known of it declares; no rule opens it to ${whom}`,
  };
}
