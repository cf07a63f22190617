/** Pods as the API prints them, and what policies need of them (KnownPod). */
import { z } from 'zod';
import { parseIp } from '../domain/ip.ts';
import type { IpAddress } from '../domain/ip.ts';
import { parseProtocol } from '../domain/protocol.ts';
import type { WorkloadRef } from '../domain/workload.ts';
import type { DnsPolicy, KnownPod } from '../recommend/cluster.ts';
import { objectMeta, portNumber, protocolName } from './object.ts';

const time = z.iso.datetime({ offset: true }).nullish();
const ipText = z.string().refine((text) => parseIp(text) !== null, 'not an IP address');

const container = z.object({
  name: z.string().optional(),
  command: z.array(z.string()).nullish(),
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
export type ContainerStatus = z.infer<typeof containerStatus>;

/** Which further interfaces a pod is given (Multus and others; Kubernetes Network Plumbing Working Group, de-facto standard). */
const SECONDARY_NETWORKS = 'k8s.v1.cni.cncf.io/networks';

/** The first two are set by the kubelet on the mirror that it makes of a static pod; the hash is that of the static pod's manifest. */
const podAnnotations = z.object({
  // Of any length from who is no kubelet: then it is none.
  'kubernetes.io/config.mirror': z.string().max(253).nullish().catch(null),
  'kubernetes.io/config.hash': z.string().max(253).nullish().catch(null),
  [SECONDARY_NETWORKS]: z.string().nullish(),
});

export const podObject = z.object({
  metadata: objectMeta.extend({ annotations: podAnnotations.nullish() }),
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

export function knownPodOf(pod: PodObject, workload: WorkloadRef): KnownPod {
  const { metadata, spec, status } = pod;
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
    ...(hasSecondaryInterfaces(metadata) && { secondaryInterfaces: true }),
    ports: containerPortsOf(spec),
  };
}

function hasSecondaryInterfaces({ annotations }: PodObject['metadata']): boolean {
  const networks = (annotations?.[SECONDARY_NETWORKS] ?? '').trim();
  return networks !== '' && networks !== '[]';
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

/** Ports that pods of this spec declare, by whose names Services and policies may call them. */
export function containerPortsOf(spec: PodSpec): KnownPod['ports'] {
  return lastingContainers(spec)
    .flatMap((each) => each.ports ?? [])
    .map(({ name, protocol, containerPort }) => ({
      name: name ?? null,
      protocol: parseProtocol(protocol ?? 'TCP') ?? 'tcp',
      port: containerPort,
    }));
}

/** Container ports that the node forwards from its own address. */
export function hostPortsOf(spec: PodSpec): { protocol: 'tcp' | 'udp' | 'sctp'; port: number }[] {
  return lastingContainers(spec)
    .flatMap((each) => each.ports ?? [])
    .filter((port) => (port.hostPort ?? 0) > 0)
    .map((port) => ({ protocol: parseProtocol(port.protocol ?? 'TCP') ?? 'tcp', port: port.containerPort }));
}

/** Containers that run as long as the pod: also init containers that restart always, which are sidecars (Kubernetes 1.29). */
function lastingContainers({ containers, initContainers }: PodSpec): PodSpec['containers'] {
  return [...containers, ...(initContainers ?? []).filter((each) => each.restartPolicy === 'Always')];
}

/** All addresses that the pod reports, its first alone where an old server names no others. */
export function podIps(pod: PodObject): IpAddress[] {
  const listed = pod.status.podIPs?.map((each) => each.ip) ?? [];
  const texts = listed.length > 0 ? listed : [pod.status.podIP ?? ''];
  return texts.map(parseIp).filter((ip) => ip !== null);
}
