/**
 * The pods of a workload that a policy of today governs: those that live and those that its template makes. Pods on their
 * node's network are none (NETPOL rule 24), and pods that have ended count only where nothing else is left of a workload.
 */
import type { PolicyPod } from '../netpol/world.ts';
import type { WorkloadInfo } from './cluster.ts';

/** Whether anything of it is in the cluster; what is gone needs no policy. */
export function isCurrent({ templateLabels, selector, pods }: WorkloadInfo): boolean {
  return templateLabels !== null || selector !== null || pods.some((pod) => !pod.ended);
}

/** Whether all of it is on its nodes' network, where no selector finds it. */
export function isOnNodes(workload: WorkloadInfo): boolean {
  // Asked of every workload: mostly its template answers.
  if (workload.templateLabels !== null && !workload.hostNetwork) return false;
  if (governedPods(workload).length > 0) return false;
  return workload.hostNetwork || workload.templateLabels !== null || workload.pods.length > 0;
}

/** Whether some of it is on its nodes' network, or will be, and some is not. */
export function isPartlyOnNodes(workload: WorkloadInfo): boolean {
  const isThere = workload.templateLabels !== null && workload.hostNetwork;
  const some = isThere || workload.pods.some((pod) => pod.hostNetwork && !pod.ended);
  return some && governedPods(workload).length > 0;
}

/** Living pods first, the one to come last. */
export function governedPods(workload: WorkloadInfo): readonly PolicyPod[] {
  const living = workload.pods.filter((pod) => !pod.ended);
  const present = [...living, ...podToCome(workload)].filter((pod) => !pod.hostNetwork);
  if (present.length > 0 || living.length > 0 || workload.templateLabels !== null) return present;
  return workload.pods.filter((pod) => !pod.hostNetwork);
}

function podToCome({ ref, templateLabels, hostNetwork }: WorkloadInfo): PolicyPod[] {
  if (templateLabels === null) return [];
  const { namespace, name } = ref;
  const fresh = { namespace, name: `${name} of its template`, hostNetwork, ips: [], node: null, ports: [] };
  return [{ ...fresh, labels: templateLabels }];
}
