/** Which workloads a Service sends connections to, found without asking every workload of the cluster. */
import type { LabelSelector } from '../netpol/policy.ts';
import { selectorMatches } from '../netpol/selector.ts';
import type { ClusterInfo, KnownPod, ServiceInfo, ServicePort, WorkloadInfo } from './cluster.ts';
import { LabelSetIndex } from './label-sets.ts';
import { isUnstableKey } from './unstable-labels.ts';

export class Backends {
  readonly #byNamespace: ReadonlyMap<string, LabelSetIndex>;

  constructor({ workloads }: Pick<ClusterInfo, 'workloads'>) {
    const byNamespace = Map.groupBy(workloads, ({ ref }) => ref.namespace);
    this.#byNamespace = new Map([...byNamespace].map(([name, own]) => [name, new LabelSetIndex(own)]));
  }

  /** Workloads of the Service's own namespace of which a pod or the template has its labels; none without a selector. */
  of({ namespace, selector }: Pick<ServiceInfo, 'namespace' | 'selector'>): WorkloadInfo[] {
    if (selector === null || Object.keys(selector).length === 0) return [];
    // The index knows no label that changes with a rollout or a replica, by which a Service may well select.
    const stable = Object.entries(selector).filter(([key]) => !isUnstableKey(key));
    const candidates = this.#byNamespace.get(namespace)?.ownersMatching({
      matchLabels: Object.fromEntries(stable),
    });
    if (stable.length === Object.keys(selector).length) return candidates ?? [];
    return (candidates ?? []).filter((workload) => isSelected(workload, { matchLabels: selector }));
  }
}

function isSelected({ templateLabels, pods }: WorkloadInfo, selector: LabelSelector): boolean {
  return [templateLabels ?? {}, ...pods.map((pod) => pod.labels)].some((labels) =>
    selectorMatches(selector, labels),
  );
}

/** What its pods declare, and the pods that its template will make. */
export function declaredPortsOf({ pods, containerPorts = [] }: WorkloadInfo): KnownPod['ports'] {
  return [...pods.flatMap(({ ports }) => ports), ...containerPorts];
}

/** A Service port's target as numbers: a named target may differ from pod to pod. None when nobody is known to have the name. */
export function targetPortsOf(port: ServicePort, backends: readonly WorkloadInfo[]): number[] {
  if (typeof port.targetPort === 'number') return [port.targetPort];
  const named = backends
    .flatMap(declaredPortsOf)
    .filter((each) => each.name === port.targetPort && each.protocol === port.protocol)
    .map((each) => each.port);
  return [...new Set(named)].toSorted((a, b) => a - b);
}
