/** The pods by which a workload is judged: those it has now, else one such as its object would make. */
import type { VerifyWorkload } from '../netpol/verify-ends.ts';
import type { WorkloadInfo } from '../recommend/cluster.ts';

/**
 * Labels are those of now (NETPOL rule 30). A workload scaled to nothing, or a CronJob between two runs, is judged by
 * its template, with the container ports of a pod it had; one without pods and object has none and cannot be judged.
 */
export function verifyWorkload({ ref, pods, templateLabels, hostNetwork }: WorkloadInfo): VerifyWorkload {
  const running = pods.filter((pod) => !pod.ended);
  if (running.length > 0) return { ref, pods: running };
  if (templateLabels === null) return { ref, pods: [] };
  const ports = pods.at(-1)?.ports ?? [];
  const { namespace, name } = ref;
  return {
    ref,
    pods: [{ namespace, name, labels: templateLabels, ips: [], node: null, hostNetwork, ports }],
  };
}
