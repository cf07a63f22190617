/** The workloads of a cluster: what no other object controls, each with the pods that are its own. */
import { compareText } from '../domain/text-order.ts';
import { workloadKey } from '../domain/workload.ts';
import type { WorkloadRef } from '../domain/workload.ts';
import type { KnownPod, WorkloadInfo } from '../recommend/cluster.ts';
import type { Controller } from './controller.ts';
import type { OwnerIndex } from './owners.ts';
import { dnsOf, hostPortsOf } from './pod.ts';
import type { PodSpec } from './pod.ts';

type Growing = WorkloadInfo & { readonly pods: KnownPod[] };

/** By key; pods in the order given. */
export function workloadsOf(
  controllers: Iterable<{ readonly kind: string; readonly controller: Controller }>,
  pods: readonly { readonly pod: KnownPod; readonly spec: PodSpec }[],
  owners: Pick<OwnerIndex, 'isControlled'>,
): WorkloadInfo[] {
  const infos = new Map<string, Growing>();
  for (const { kind, controller } of controllers) {
    if (owners.isControlled(controller.metadata)) continue;
    // Of whom only metadata is known, the pods say everything.
    if (controller.selector === null && controller.templateLabels === null) continue;
    const { namespace, name } = controller.metadata;
    const ref: WorkloadRef = { namespace, kind, name };
    infos.set(workloadKey(ref), workloadOf(ref, controller.spec, controller));
  }
  for (const { pod, spec } of pods) {
    const key = workloadKey(pod.workload);
    const info = infos.get(key) ?? workloadOf(pod.workload, spec, null);
    info.pods.push(pod);
    infos.set(key, info);
  }
  return [...infos].toSorted(([a], [b]) => compareText(a, b)).map(([, info]) => info);
}

function workloadOf(ref: WorkloadRef, spec: PodSpec | null, controller: Controller | null): Growing {
  const dns = spec === null ? { policy: 'ClusterFirst' as const, nameservers: [] } : dnsOf(spec);
  return {
    ref,
    selector: controller?.selector ?? null,
    templateLabels: controller?.templateLabels ?? null,
    hostNetwork: spec?.hostNetwork === true,
    dnsPolicy: dns.policy,
    nameservers: dns.nameservers,
    hostPorts: spec === null ? [] : hostPortsOf(spec),
    pods: [],
    ...(controller?.suspended === true && { suspended: true }),
  };
}
