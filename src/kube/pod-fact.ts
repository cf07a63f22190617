/** What identity needs of a pod: its addresses, and every time that bounds when it held them. */
import type { WorkloadRef } from '../domain/workload.ts';
import { OUR_CLOCKS } from '../identity/fact-clock.ts';
import type { FactClocks } from '../identity/fact-clock.ts';
import type { ContainerTimes, PodFact } from '../identity/facts.ts';
import { timeOf } from './object.ts';
import { podIps } from './pod.ts';
import type { ContainerStatus, PodObject } from './pod.ts';
import { doubtOf, timeReader } from './printed-time.ts';

/** What is known of the clocks that printed a pod's times, and of its kubelet, when the pod was observed. */
export interface PodContext {
  readonly clocks: FactClocks;
  /** Whether the kubelet of this node was alive. */
  readonly isAlive: (node: string) => boolean;
}

/** As in a capture: every clock is ours and every kubelet alive. */
const IN_CAPTURE: PodContext = { clocks: OUR_CLOCKS, isAlive: () => true };

export function podFactOf(pod: PodObject, workload: WorkloadRef, context: PodContext = IN_CAPTURE): PodFact {
  const { metadata, spec, status } = pod;
  const node = spec.nodeName ?? '';
  const { api } = context.clocks;
  const kubelet = context.clocks.node(node);
  const ours = timeReader(kubelet);
  const conditions = status.conditions ?? [];
  const sandbox = conditions.find((condition) => condition.type === 'PodReadyToStartContainers');
  const containers = containerTimes(status.containerStatuses ?? [], ours);
  const all = [...containerTimes(status.initContainerStatuses ?? [], ours), ...containers];
  const reportedAt = greatest([
    ours(status.startTime),
    ...conditions
      .filter(({ type }) => KUBELET_CONDITIONS.has(type))
      .map((condition) => ours(condition.lastTransitionTime)),
    ...all.flatMap((each) => [
      each.startedAt,
      each.finishedAt,
      each.last?.startedAt ?? null,
      each.last?.finishedAt ?? null,
    ]),
  ]);
  const mirrorOf = mirroredBy(metadata);
  return {
    namespace: metadata.namespace,
    name: metadata.name,
    uid: metadata.uid,
    node,
    workload,
    hostNetwork: spec.hostNetwork === true,
    ips: podIps(pod),
    phase: status.phase ?? 'Unknown',
    createdAt: timeOf(metadata.creationTimestamp) + api.offsetMs,
    startedAt: ours(status.startTime),
    sandboxReadyAt: sandbox?.status === 'True' ? ours(sandbox.lastTransitionTime) : null,
    sandboxGoneAt: sandbox?.status === 'False' ? ours(sandbox.lastTransitionTime) : null,
    firstContainerStart: firstStart(all),
    lastContainerFinish: lastFinish(containers),
    deletion:
      metadata.deletionTimestamp === null || metadata.deletionTimestamp === undefined
        ? null
        : {
            at: timeOf(metadata.deletionTimestamp) + api.offsetMs,
            graceS: metadata.deletionGracePeriodSeconds ?? 0,
          },
    nodeIsAlive: context.isAlive(node),
    ...(containers.length > 0 && { containers }),
    ...(reportedAt !== null && { reportedAt }),
    ...(kubelet.offsetMs !== 0 && { nodeOffsetMs: kubelet.offsetMs }),
    ...(mirrorOf !== null && { mirrorOf }),
    ...doubtOf(api, kubelet),
  };
}

/** The conditions that only a kubelet sets; the node controller sets Ready as well (kubernetes pkg/controller/util/node). */
const KUBELET_CONDITIONS: ReadonlySet<string> = new Set([
  'PodReadyToStartContainers',
  'Initialized',
  'ContainersReady',
]);

/** What a mirror of a static pod mirrors: the hash of the manifest, or the name where annotations were not kept. Only mirrors belong to a Node. */
function mirroredBy({ annotations, ownerReferences, namespace, name }: PodObject['metadata']): string | null {
  const mirror = annotations?.['kubernetes.io/config.mirror'] ?? null;
  if (mirror !== null) return annotations?.['kubernetes.io/config.hash'] ?? mirror;
  const isOfNode = ownerReferences?.some((owner) => owner.controller === true && owner.kind === 'Node');
  return isOfNode === true ? `${namespace}/${name}` : null;
}

function containerTimes(
  statuses: readonly ContainerStatus[],
  ours: (text: string | null | undefined) => number | null,
): ContainerTimes[] {
  return statuses.map(({ state, lastState }) => {
    const last = lastState?.terminated ?? null;
    return {
      startedAt: ours(state?.running?.startedAt ?? state?.terminated?.startedAt),
      finishedAt: ours(state?.terminated?.finishedAt),
      last: last === null ? null : { startedAt: ours(last.startedAt), finishedAt: ours(last.finishedAt) },
    };
  });
}

/**
 * The earliest start of a container that surely ran in the sandbox that the pod has now: it runs, or no other was started anew after
 * it, as all are when a node reboots.
 */
function firstStart(containers: readonly ContainerTimes[]): number | null {
  const restart = greatest(containers.map(({ last }) => last?.finishedAt ?? null)) ?? 0;
  const starts = containers
    .filter(({ startedAt, finishedAt }) => finishedAt === null || (startedAt ?? 0) >= restart)
    .map(({ startedAt }) => startedAt)
    .filter((at) => at !== null);
  return starts.length === 0 ? null : Math.min(...starts);
}

/** When the last container ended; null while any container runs or waits, or is not reported. */
function lastFinish(containers: readonly ContainerTimes[]): number | null {
  return containers.some(({ finishedAt }) => finishedAt === null)
    ? null
    : greatest(containers.map(({ finishedAt }) => finishedAt));
}

function greatest(times: readonly (number | null)[]): number | null {
  const known = times.filter((at) => at !== null);
  return known.length === 0 ? null : Math.max(...known);
}
