/** The pods of a workload as selectors see them. */
import type { End } from '../netpol/world.ts';
import type { WorkloadInfo } from './cluster.ts';
import { governedPods } from './governed-pods.ts';
import { usableLabels } from './label-sets.ts';

/** One pod for each distinct set of usable labels of the workload, on no particular node. */
export function podShapes(workload: WorkloadInfo): End[] {
  const shapes = new Map(
    governedPods(workload).map((pod) => [JSON.stringify(usableLabels(pod.labels)), pod]),
  );
  return [...shapes.values()].map((pod) => ({ kind: 'pod', pod: { ...pod, node: null } }));
}
