// A pod as the API server would show it at one moment of its life. Pure: what the lab really did, and when, is the argument.
import { createHash } from 'node:crypto';

import { apiTime, generatedWord } from './kube-object.ts';
import type { Condition, KubeObject, OwnerReference } from './kube-object.ts';
import { NODES } from './world.ts';
import type { WorkloadSpec } from './workloads.ts';
import type { NodeName } from './world.ts';

/** What is true of a pod from its creation on. */
export interface PodFacts {
  readonly workload: WorkloadSpec;
  readonly name: string;
  readonly uid: string;
  readonly node: NodeName;
  readonly labels: Readonly<Record<string, string>>;
  readonly owner?: OwnerReference;
  /** The pod's own addresses in the cluster's order of families, or its node's. */
  readonly addresses: readonly string[];
  readonly restartPolicy: 'Always' | 'Never';
  readonly createdAt: Date;
}

/** Where a pod stands, with the true times of each step. */
export type PodStage =
  /** Bound to its node; the kubelet has not reported yet. */
  | { readonly kind: 'scheduled' }
  /** `sandboxAt`: its network was ready; `startedAt`: its process was started. */
  | { readonly kind: 'running'; readonly sandboxAt: Date; readonly startedAt: Date }
  /** `finishedAt`: its process ended; `torndownAt`: its network was taken away, absent before that. */
  | {
      readonly kind: 'succeeded';
      readonly sandboxAt: Date;
      readonly startedAt: Date;
      readonly finishedAt: Date;
      readonly torndownAt: Date;
    };

/** The Pod object of `facts` at `stage`. */
export function podObject(facts: PodFacts, stage: PodStage): KubeObject {
  const { workload } = facts;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: facts.name,
      namespace: workload.namespace,
      uid: facts.uid,
      creationTimestamp: apiTime(facts.createdAt),
      labels: facts.labels,
      ...(workload.kind === 'StaticPod' ? { annotations: mirrorAnnotations(facts) } : {}),
      ...(facts.owner === undefined ? {} : { ownerReferences: [facts.owner] }),
    },
    spec: podSpec(facts),
    status: podStatus(facts, stage),
  };
}

/** The `spec` of a workload's pod template, which its pods share. */
export function templateSpec(workload: WorkloadSpec, restartPolicy: 'Always' | 'Never'): object {
  return {
    containers: [container(workload)],
    restartPolicy,
    terminationGracePeriodSeconds: 30,
    dnsPolicy: workload.dnsPolicy,
    ...(workload.hostNetwork ? { hostNetwork: true } : {}),
    schedulerName: 'default-scheduler',
  };
}

function podSpec(facts: PodFacts): object {
  return {
    ...templateSpec(facts.workload, facts.restartPolicy),
    nodeName: facts.node,
    serviceAccountName: 'default',
    enableServiceLinks: true,
    preemptionPolicy: 'PreemptLowerPriority',
    priority: 0,
  };
}

function container(workload: WorkloadSpec): object {
  return {
    name: containerName(workload),
    image: image(workload),
    imagePullPolicy: 'IfNotPresent',
    ...(workload.args === undefined ? {} : { args: workload.args }),
    ...(workload.ports.length === 0
      ? {}
      : {
          ports: workload.ports.map((one) => ({
            ...(one.name === undefined ? {} : { name: one.name }),
            containerPort: one.port,
            ...(workload.hostNetwork ? { hostPort: one.port } : {}),
            protocol: one.protocol,
          })),
        }),
    ...(workload.probe === undefined
      ? {}
      : {
          readinessProbe: {
            tcpSocket: { port: workload.probe },
            periodSeconds: 15,
            timeoutSeconds: 1,
            successThreshold: 1,
            failureThreshold: 3,
          },
        }),
    resources: {},
  };
}

function podStatus(facts: PodFacts, stage: PodStage): object {
  const scheduled: Condition = {
    type: 'PodScheduled',
    status: 'True',
    lastTransitionTime: apiTime(facts.createdAt),
  };
  const node = NODES[facts.node];
  const held = {
    hostIP: node.ipv4,
    hostIPs: [{ ip: node.ipv4 }, { ip: node.ipv6 }],
    podIP: facts.addresses[0],
    podIPs: facts.addresses.map((ip) => ({ ip })),
    startTime: apiTime(facts.createdAt),
  };
  switch (stage.kind) {
    case 'scheduled':
      return { phase: 'Pending', conditions: [scheduled], qosClass: 'BestEffort' };
    case 'running':
      return {
        phase: 'Running',
        conditions: [
          condition('PodReadyToStartContainers', 'True', stage.sandboxAt),
          condition('Initialized', 'True', facts.createdAt),
          condition('Ready', 'True', stage.startedAt),
          condition('ContainersReady', 'True', stage.startedAt),
          scheduled,
        ],
        ...held,
        containerStatuses: [
          containerStatus(facts, {
            ready: true,
            state: { running: { startedAt: apiTime(stage.startedAt) } },
          }),
        ],
        qosClass: 'BestEffort',
      };
    case 'succeeded':
      return {
        phase: 'Succeeded',
        conditions: [
          condition('PodReadyToStartContainers', 'False', stage.torndownAt),
          { ...condition('Initialized', 'True', facts.createdAt), reason: 'PodCompleted' },
          { ...condition('Ready', 'False', stage.finishedAt), reason: 'PodCompleted' },
          { ...condition('ContainersReady', 'False', stage.finishedAt), reason: 'PodCompleted' },
          scheduled,
        ],
        ...held,
        containerStatuses: [
          containerStatus(facts, { ready: false, state: { terminated: terminated(facts, stage) } }),
        ],
        qosClass: 'BestEffort',
      };
    default:
      return stage satisfies never;
  }
}

function terminated(facts: PodFacts, stage: Extract<PodStage, { kind: 'succeeded' }>): object {
  return {
    exitCode: 0,
    reason: 'Completed',
    startedAt: apiTime(stage.startedAt),
    finishedAt: apiTime(stage.finishedAt),
    containerID: containerId(facts),
  };
}

function containerStatus(facts: PodFacts, now: { ready: boolean; state: object }): object {
  return {
    name: containerName(facts.workload),
    image: image(facts.workload),
    imageID: `sha256:${sha256(image(facts.workload))}`,
    containerID: containerId(facts),
    lastState: {},
    ready: now.ready,
    started: now.ready,
    restartCount: 0,
    state: now.state,
  };
}

function condition(type: string, status: 'True' | 'False', since: Date): Condition {
  return { type, status, lastTransitionTime: apiTime(since) };
}

function mirrorAnnotations(facts: PodFacts): Record<string, string> {
  const hash = sha256(facts.name).slice(0, 32);
  return {
    'kubernetes.io/config.hash': hash,
    'kubernetes.io/config.mirror': hash,
    'kubernetes.io/config.seen': facts.createdAt.toISOString(),
    'kubernetes.io/config.source': 'file',
  };
}

function containerName(workload: WorkloadSpec): string {
  return workload.namespace === 'shop' && workload.kind === 'Deployment' ? 'server' : workload.name;
}

function image(workload: WorkloadSpec): string {
  return `registry.example/${workload.namespace}/${workload.name}:1.0.${generatedWord(workload.name, 1).charCodeAt(0)}`;
}

function containerId(facts: PodFacts): string {
  return `containerd://${sha256(facts.uid)}`;
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
