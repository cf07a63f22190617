/**
 * What the API server says about holders of addresses, reduced to what a lease needs. All times are unix
 * ms as printed by the API, which has one-second grain, brought to our clock: t means some instant in
 * [t, t + 1 s), widened on both sides by the doubt about the clock that printed it.
 */
import type { IpAddress } from '../domain/ip.ts';
import type { Protocol } from '../domain/protocol.ts';
import type { WorkloadRef } from '../domain/workload.ts';

/** API times are truncated to the second (metav1.Time). */
export const API_TIME_GRAIN_MS = 1000;

/** Times of one container. Null where the kubelet printed none. */
export interface ContainerTimes {
  /** Of the container that runs now or ran last. */
  readonly startedAt: number | null;
  readonly finishedAt: number | null;
  /** Of the one before it. */
  readonly last: { readonly startedAt: number | null; readonly finishedAt: number | null } | null;
}

/** How far a printed time may be off after it was brought to our clock; ms. */
export interface ClockDoubt {
  /** Of the API server's clock: creation and deletion. */
  readonly apiMs: number;
  /** Of the node's clock: all of a pod's status. */
  readonly nodeMs: number;
}

export interface PodFact {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly node: string;
  readonly workload: WorkloadRef;
  readonly hostNetwork: boolean;
  /** status.podIPs; empty while the kubelet has not reported one. */
  readonly ips: readonly IpAddress[];
  readonly phase: 'Pending' | 'Running' | 'Succeeded' | 'Failed' | 'Unknown';
  readonly createdAt: number;
  /** status.startTime: the kubelet saw the pod, before any sandbox. */
  readonly startedAt: number | null;
  /** Condition PodReadyToStartContainers turned True: the sandbox has its network. */
  readonly sandboxReadyAt: number | null;
  /** The same condition turned False: not yet ready, or the sandbox is gone. */
  readonly sandboxGoneAt: number | null;
  /** Earliest startedAt of any container, of those that surely ran in the sandbox that the pod has now. */
  readonly firstContainerStart: number | null;
  /** Latest finishedAt, only when every container has ended. */
  readonly lastContainerFinish: number | null;
  /** metadata.deletionTimestamp (in the future while the pod terminates) and its grace period in seconds. */
  readonly deletion: { readonly at: number; readonly graceS: number } | null;
  /** Its containers, without those that only initialise it. Absent when the kubelet reported none. */
  readonly containers?: readonly ContainerTimes[];
  /** The latest time anywhere in what the kubelet reported; absent when the other times are all there is. */
  readonly reportedAt?: number;
  /** Hash of the manifest of the static pod of which this is the mirror; absent for all others. */
  readonly mirrorOf?: string;
  /** What was added to the times that the node printed to have ours; absent means nothing. */
  readonly nodeOffsetMs?: number;
  /** Whether its kubelet was known to be alive when the fact was observed. Absent means yes, as in a capture. */
  readonly nodeIsAlive?: boolean;
  /** Absent means none. */
  readonly doubt?: ClockDoubt;
}

export interface ServiceFact {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly createdAt: number;
  /** Cluster, external and load-balancer IPs. */
  readonly ips: readonly IpAddress[];
  readonly ports: readonly { readonly protocol: Protocol; readonly port: number }[];
  /** Ports at which every node answers for it. */
  readonly nodePorts: readonly { readonly protocol: Protocol; readonly port: number }[];
  /** Absent means none. */
  readonly doubt?: ClockDoubt;
}

export interface NodeFact {
  readonly name: string;
  readonly uid: string;
  readonly createdAt: number;
  /** status.addresses that are IPs, the gateway addresses of its pod CIDRs and those of its tunnels. */
  readonly ips: readonly IpAddress[];
  /** status.nodeInfo.bootID; absent when it is not reported. */
  readonly bootId?: string;
  /** The latest time that the kubelet printed of this boot; absent when it printed none. */
  readonly reportedAt?: number;
  /** Absent means none. */
  readonly doubt?: ClockDoubt;
}

/** The API server's own endpoints, from the EndpointSlices of Service default/kubernetes. */
export interface ApiServerFact {
  readonly ips: readonly IpAddress[];
  readonly ports: readonly number[];
}
