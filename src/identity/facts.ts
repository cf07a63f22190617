/**
 * What the API server says about holders of addresses, reduced to what a lease needs. All times are unix
 * ms as printed by the API, which has one-second grain: a printed t means some instant in [t, t + 1 s).
 */
import type { IpAddress } from '../domain/ip.ts';
import type { Protocol } from '../domain/protocol.ts';
import type { WorkloadRef } from '../domain/workload.ts';

/** API times are truncated to the second (metav1.Time). */
export const API_TIME_GRAIN_MS = 1000;

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
  /** The same condition turned False after the pod had run: the sandbox is gone. */
  readonly sandboxGoneAt: number | null;
  /** Earliest startedAt of any container. */
  readonly firstContainerStart: number | null;
  /** Latest finishedAt, only when every container has ended. */
  readonly lastContainerFinish: number | null;
  /** metadata.deletionTimestamp (in the future while the pod terminates) and its grace period in seconds. */
  readonly deletion: { readonly at: number; readonly graceS: number } | null;
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
}

export interface NodeFact {
  readonly name: string;
  readonly uid: string;
  readonly createdAt: number;
  /** status.addresses that are IPs, and the gateway addresses of its pod CIDRs. */
  readonly ips: readonly IpAddress[];
}

/** The API server's own endpoints, from the EndpointSlices of Service default/kubernetes. */
export interface ApiServerFact {
  readonly ips: readonly IpAddress[];
  readonly ports: readonly number[];
}
