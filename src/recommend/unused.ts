/** What a workload offers and nobody used in the window: declared ports, and Services that select it. */
import type { Edge } from '../domain/edge.ts';
import { compareText } from '../domain/text-order.ts';
import { workloadKey } from '../domain/workload.ts';
import type { WorkloadRef } from '../domain/workload.ts';
import { selectorMatches } from '../netpol/selector.ts';
import type { ClusterInfo, ServiceInfo, WorkloadInfo } from './cluster.ts';
import { declaredPortsOf } from './backends.ts';
import type { Backends } from './backends.ts';
import { KeyedMap } from './keyed-map.ts';
import { portKey } from './rule-draft.ts';

export interface Unused {
  /** Declared container ports, as `8080/tcp`, sorted. */
  readonly ports: readonly string[];
  /** Names of Services of its namespace, sorted. */
  readonly services: readonly string[];
}

/** The function that says what of a workload the edges into it did not use. */
export function unusedFinder(
  cluster: Pick<ClusterInfo, 'services'>,
  backends: Backends,
): (workload: WorkloadInfo, inbound: readonly Edge[]) => Unused {
  const selectingOf = servicesByWorkload(cluster.services, backends);
  return (workload, inbound) => {
    const declared = new Set(declaredPortsOf(workload).map(portKey));
    const dialled = new Set<string>();
    for (const edge of inbound) {
      if (declared.size > 0) declared.delete(portKey(edge));
      for (const { namespace, name } of edge.services) dialled.add(`${namespace}/${name}`);
    }
    const selecting = (selectingOf.get(workload.ref) ?? []).filter(
      ({ namespace, name }) => !dialled.has(`${namespace}/${name}`),
    );
    return {
      ports: [...declared].toSorted(
        (a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10) || compareText(a, b),
      ),
      services: selecting.map(({ name }) => name).toSorted(compareText),
    };
  };
}

function servicesByWorkload(
  services: readonly ServiceInfo[],
  backends: Backends,
): KeyedMap<WorkloadRef, ServiceInfo[]> {
  const found = new KeyedMap<WorkloadRef, ServiceInfo[]>(workloadKey);
  for (const service of services)
    for (const workload of backends.of(service))
      if (isBehind(workload, service)) found.make(workload.ref, () => []).push(service);
  return found;
}

function isBehind({ templateLabels, pods }: WorkloadInfo, { selector }: ServiceInfo): boolean {
  if (selector === null || Object.keys(selector).length === 0) return false;
  const living = pods.find(({ ended }) => !ended);
  return [templateLabels, living?.labels ?? null].some(
    (labels) => labels !== null && selectorMatches({ matchLabels: selector }, labels),
  );
}
