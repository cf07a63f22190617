/** The workloads of a cluster: controllers that are no mere link to another, and what else has pods, each with its own. */
import { compareText } from '../domain/text-order.ts';
import { workloadKey } from '../domain/workload.ts';
import type { WorkloadRef } from '../domain/workload.ts';
import type { KnownPod, WorkloadInfo } from '../recommend/cluster.ts';
import type { Controller } from './controller.ts';
import type { OwnerIndex } from './owners.ts';
import { localDnsOf } from './local-dns.ts';
import { containerPortsOf, dnsOf, hostPortsOf } from './pod.ts';
import type { PodSpec } from './pod.ts';

interface SpecifiedPod {
  readonly pod: KnownPod;
  readonly spec: PodSpec;
}

/** By key; pods in the order given. */
export function workloadsOf(
  controllers: Iterable<{ readonly kind: string; readonly controller: Controller }>,
  pods: readonly SpecifiedPod[],
  owners: Pick<OwnerIndex, 'isLink'>,
): WorkloadInfo[] {
  const infos = new Map<string, WorkloadInfo>();
  const podsOf = Map.groupBy(pods, ({ pod }) => workloadKey(pod.workload));
  for (const { kind, controller } of controllers) {
    if (owners.isLink(kind, controller.metadata)) continue;
    // Of whom only metadata is known, the pods say everything.
    if (controller.selector === null && controller.templateLabels === null) continue;
    const { namespace, name } = controller.metadata;
    const ref: WorkloadRef = { namespace, kind, name };
    const key = workloadKey(ref);
    infos.set(key, workloadOf(ref, controller, podsOf.get(key) ?? []));
  }
  for (const [key, own] of podsOf) {
    const [first] = own;
    if (first !== undefined && !infos.has(key)) infos.set(key, workloadOf(first.pod.workload, null, own));
  }
  return [...infos].toSorted(([a], [b]) => compareText(a, b)).map(([, info]) => info);
}

function workloadOf(
  ref: WorkloadRef,
  controller: Controller | null,
  own: readonly SpecifiedPod[],
): WorkloadInfo {
  const spec = controller === null ? specOf(own) : controller.spec;
  // Policies govern no pod of the host network: whatever else there is asks DNS in its own way.
  const governed = spec?.hostNetwork === true ? (livingOffNode(own)?.spec ?? spec) : spec;
  const dns = governed === null ? { policy: 'ClusterFirst' as const, nameservers: [] } : dnsOf(governed);
  return {
    ref,
    selector: controller?.selector ?? null,
    templateLabels: controller?.templateLabels ?? null,
    hostNetwork: spec?.hostNetwork === true,
    dnsPolicy: dns.policy,
    nameservers: dns.nameservers,
    hostPorts: governed === null ? [] : hostPortsOf(governed),
    pods: own.map(({ pod }) => pod),
    ...(spec !== null && localDnsOf(spec)),
    ...(controller !== null && spec !== null && { containerPorts: containerPortsOf(spec) }),
    ...(controller?.suspended === true && { suspended: true }),
  };
}

/** What stands for the template that nobody knows: of a pod that a policy governs, if there is one. */
function specOf(own: readonly SpecifiedPod[]): PodSpec | null {
  const found =
    livingOffNode(own) ??
    own.find(({ pod }) => !pod.ended) ??
    own.find(({ pod }) => !pod.hostNetwork) ??
    own[0];
  return found?.spec ?? null;
}

function livingOffNode(own: readonly SpecifiedPod[]): SpecifiedPod | undefined {
  return own.find(({ pod }) => !pod.ended && !pod.hostNetwork);
}
