/** Pods: what identity needs of them (PodFact) and what policies need (KnownPod). */
import { z } from 'zod';
import { parseIp } from '../domain/ip.ts';
import type { IpAddress } from '../domain/ip.ts';
import { parseProtocol } from '../domain/protocol.ts';
import type { WorkloadRef } from '../domain/workload.ts';
import type { PodFact } from '../identity/facts.ts';
import type { DnsPolicy, KnownPod } from '../recommend/cluster.ts';
import { objectMeta, optionalTimeOf, portNumber, protocolName, timeOf } from './object.ts';

const time = z.iso.datetime({ offset: true }).nullish();
const ipText = z.string().refine((text) => parseIp(text) !== null, 'not an IP address');

const container = z.object({
  name: z.string().optional(),
  args: z.array(z.string()).nullish(),
  restartPolicy: z.string().nullish(),
  ports: z
    .array(
      z.object({
        name: z.string().nullish(),
        containerPort: portNumber,
        hostPort: z.number().nullish(),
        protocol: protocolName.nullish(),
      }),
    )
    .nullish(),
});

/** The pod part of a pod and of a pod template. */
export const podSpec = z.object({
  nodeName: z.string().nullish(),
  hostNetwork: z.boolean().nullish(),
  dnsPolicy: z.enum(['ClusterFirst', 'ClusterFirstWithHostNet', 'Default', 'None']).nullish(),
  dnsConfig: z.object({ nameservers: z.array(ipText).nullish() }).nullish(),
  containers: z.array(container),
  initContainers: z.array(container).nullish(),
});
export type PodSpec = z.infer<typeof podSpec>;

const containerState = z
  .object({
    running: z.object({ startedAt: time }).nullish(),
    terminated: z.object({ startedAt: time, finishedAt: time }).nullish(),
  })
  .nullish();
const containerStatus = z.object({ state: containerState, lastState: containerState });

export const podObject = z.object({
  metadata: objectMeta,
  spec: podSpec,
  status: z
    .object({
      phase: z.enum(['Pending', 'Running', 'Succeeded', 'Failed', 'Unknown']).nullish(),
      podIP: z.union([z.literal(''), ipText]).nullish(),
      podIPs: z.array(z.object({ ip: ipText })).nullish(),
      startTime: time,
      conditions: z
        .array(z.object({ type: z.string(), status: z.string(), lastTransitionTime: time }))
        .nullish(),
      containerStatuses: z.array(containerStatus).nullish(),
      initContainerStatuses: z.array(containerStatus).nullish(),
    })
    .default({}),
});
export type PodObject = z.infer<typeof podObject>;

export function podFactOf(pod: PodObject, workload: WorkloadRef): PodFact {
  const { metadata, spec, status } = pod;
  const sandbox = status.conditions?.find((condition) => condition.type === 'PodReadyToStartContainers');
  const states = [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])];
  const starts = states
    .flatMap((each) => [each.state, each.lastState])
    .flatMap((state) => [state?.running?.startedAt, state?.terminated?.startedAt]);
  const firstStart = earliest(starts);
  const hasRun = firstStart !== null;
  return {
    namespace: metadata.namespace,
    name: metadata.name,
    uid: metadata.uid,
    node: spec.nodeName ?? '',
    workload,
    hostNetwork: spec.hostNetwork === true,
    ips: podIps(pod),
    phase: status.phase ?? 'Unknown',
    createdAt: timeOf(metadata.creationTimestamp),
    startedAt: optionalTimeOf(status.startTime),
    sandboxReadyAt: sandbox?.status === 'True' ? optionalTimeOf(sandbox.lastTransitionTime) : null,
    // Before any container ran, False means "not yet".
    sandboxGoneAt: sandbox?.status === 'False' && hasRun ? optionalTimeOf(sandbox.lastTransitionTime) : null,
    firstContainerStart: firstStart,
    lastContainerFinish: lastFinish(pod),
    deletion:
      metadata.deletionTimestamp === null || metadata.deletionTimestamp === undefined
        ? null
        : { at: timeOf(metadata.deletionTimestamp), graceS: metadata.deletionGracePeriodSeconds ?? 0 },
  };
}

export function knownPodOf(pod: PodObject, workload: WorkloadRef): KnownPod {
  const { metadata, spec, status } = pod;
  const sidecars = (spec.initContainers ?? []).filter((each) => each.restartPolicy === 'Always');
  return {
    namespace: metadata.namespace,
    name: metadata.name,
    uid: metadata.uid,
    workload,
    labels: metadata.labels ?? {},
    ips: podIps(pod),
    node: spec.nodeName ?? null,
    hostNetwork: spec.hostNetwork === true,
    ended: status.phase === 'Succeeded' || status.phase === 'Failed',
    ports: [...spec.containers, ...sidecars].flatMap((each) =>
      (each.ports ?? []).map((port) => ({
        name: port.name ?? null,
        protocol: parseProtocol(port.protocol ?? 'TCP') ?? 'tcp',
        port: port.containerPort,
      })),
    ),
  };
}

/** How pods of this spec find DNS. A hostNetwork pod with ClusterFirst falls back to its node's resolver. */
export function dnsOf(spec: PodSpec): { policy: DnsPolicy; nameservers: IpAddress[] } {
  const declared = spec.dnsPolicy ?? 'ClusterFirst';
  const policy = declared === 'ClusterFirst' && spec.hostNetwork === true ? 'Default' : declared;
  return {
    policy,
    nameservers: (spec.dnsConfig?.nameservers ?? []).map(parseIp).filter((ip) => ip !== null),
  };
}

/** Container ports that the node forwards from its own address. */
export function hostPortsOf(spec: PodSpec): { protocol: 'tcp' | 'udp' | 'sctp'; port: number }[] {
  return spec.containers
    .flatMap((each) => each.ports ?? [])
    .filter((port) => (port.hostPort ?? 0) > 0)
    .map((port) => ({ protocol: parseProtocol(port.protocol ?? 'TCP') ?? 'tcp', port: port.containerPort }));
}

function podIps(pod: PodObject): IpAddress[] {
  const listed = pod.status.podIPs?.map((each) => each.ip) ?? [];
  const texts = listed.length > 0 ? listed : [pod.status.podIP ?? ''];
  return texts.map(parseIp).filter((ip) => ip !== null);
}

function earliest(times: readonly (string | null | undefined)[]): number | null {
  const known = times.map(optionalTimeOf).filter((at) => at !== null);
  return known.length === 0 ? null : Math.min(...known);
}

/** When the last container ended; null while any container runs or waits, or is not reported. */
function lastFinish(pod: PodObject): number | null {
  const states = pod.status.containerStatuses ?? [];
  const finishes = states
    .map((each) => optionalTimeOf(each.state?.terminated?.finishedAt))
    .filter((at) => at !== null);
  return states.length > 0 && finishes.length === states.length ? Math.max(...finishes) : null;
}
