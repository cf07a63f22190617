/** The pods of a workload as selectors see them. */
import type { End } from '../netpol/world.ts';
import type { WorkloadInfo } from './cluster.ts';
import { usableLabels } from './label-sets.ts';

/** One pod for each distinct set of usable labels of the workload's pods and its template, on no particular node. */
export function podShapes({ ref, templateLabels, hostNetwork, pods }: WorkloadInfo): End[] {
  const { namespace, name } = ref;
  const fresh = { namespace, name: `${name} of its template`, hostNetwork, ips: [], ports: [] };
  const made = templateLabels === null ? [] : [{ ...fresh, labels: templateLabels }];
  const shapes = new Map(
    [...pods, ...made].map((pod) => [JSON.stringify([usableLabels(pod.labels), pod.hostNetwork]), pod]),
  );
  return [...shapes.values()].map((pod) => ({ kind: 'pod', pod: { ...pod, node: null } }));
}
