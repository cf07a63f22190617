// The churn's Kubernetes objects. Pure: what happened, and when, is the argument. What a kubelet writes is dated by its node's clock, what
// the API server writes by the lab's.
import { anchorOf, NAMESPACE, NODE_NAMES, WORKLOADS } from './churn-world.ts';
import { apiTime, newUid } from './kube-object.ts';
import type { KubeObject } from './kube-object.ts';
import { namespaceObject, nodeObject } from './network-objects.ts';
import type { NodeName } from './world.ts';

/** What a kubelet knows of a pod; unix ms by the lab's clock, null for what has not happened. */
export interface PodStatus {
  readonly phase: 'Pending' | 'Running' | 'Succeeded';
  readonly ip: string | null;
  /** The kubelet began with it. */
  readonly seenAt: number;
  readonly sandboxReadyAt: number | null;
  readonly startedAt: number | null;
  readonly finishedAt: number | null;
  readonly sandboxGoneAt: number | null;
  /** Its run before the last reboot. */
  readonly before: { readonly startedAt: number; readonly finishedAt: number } | null;
}

/** What the API server knows of a pod by itself. */
export interface PodIntent {
  readonly name: string;
  readonly uid: string;
  readonly workload: string;
  readonly node: NodeName;
  readonly createdAt: number;
  /** When somebody asked for its deletion. */
  readonly deletedAt: number | null;
}

export const GRACE_S = 30;

const OWNER_UIDS = new Map<string, string>();

/** Everything but pods and Leases. */
export function surroundings(createdAt: Date): KubeObject[] {
  const workloads = [...WORKLOADS, ...NODE_NAMES.map((node) => anchorOf(node).workload)];
  return [
    namespaceObject(NAMESPACE, createdAt),
    ...NODE_NAMES.map((node) => nodeObject(node, createdAt)),
    ...workloads.map((name) => statefulSet(name, createdAt)),
  ];
}

/** A Node after a reboot: another bootID, and ready since then by its own clock. */
export function rebootedNode(node: KubeObject, readyAt: number): KubeObject {
  const status = node['status'] as { nodeInfo: object; conditions: readonly object[] };
  const since = apiTime(new Date(readyAt));
  return {
    ...node,
    status: {
      ...status,
      nodeInfo: { ...status.nodeInfo, bootID: newUid() },
      conditions: status.conditions.map((each) => ({
        ...each,
        lastHeartbeatTime: since,
        lastTransitionTime: since,
      })),
    },
  };
}

/** `status` is null before the kubelet has said anything; `clockMs` is how far its node's clock is ahead of the lab's. */
export function podObject(intent: PodIntent, status: PodStatus | null, clockMs: number): KubeObject {
  const { name, uid, workload, node, createdAt, deletedAt } = intent;
  const labels = { app: workload };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace: NAMESPACE,
      uid,
      creationTimestamp: apiTime(new Date(createdAt)),
      labels,
      ownerReferences: [
        {
          apiVersion: 'apps/v1',
          kind: 'StatefulSet',
          name: workload,
          uid: ownerUid(workload),
          controller: true,
        },
      ],
      ...(deletedAt === null
        ? {}
        : {
            deletionTimestamp: apiTime(new Date(deletedAt + GRACE_S * 1000)),
            deletionGracePeriodSeconds: GRACE_S,
          }),
    },
    spec: { nodeName: node, containers: [{ name: 'main' }], restartPolicy: 'Always' },
    status: status === null ? { phase: 'Pending' } : statusObject(status, clockMs),
  };
}

function statusObject(status: PodStatus, clockMs: number): object {
  const { phase, ip, seenAt, sandboxReadyAt, startedAt, finishedAt, sandboxGoneAt, before } = status;
  const print = (at: number): string => apiTime(new Date(at + clockMs));
  const sandbox =
    sandboxGoneAt !== null
      ? { status: 'False', lastTransitionTime: print(sandboxGoneAt) }
      : sandboxReadyAt !== null
        ? { status: 'True', lastTransitionTime: print(sandboxReadyAt) }
        : { status: 'False', lastTransitionTime: print(seenAt) };
  const started = startedAt === null ? null : print(startedAt);
  const state =
    started === null
      ? { waiting: { reason: 'ContainerCreating' } }
      : finishedAt === null
        ? { running: { startedAt: started } }
        : { terminated: { exitCode: 0, startedAt: started, finishedAt: print(finishedAt) } };
  const lastState =
    before === null
      ? {}
      : {
          terminated: {
            exitCode: 255,
            startedAt: print(before.startedAt),
            finishedAt: print(before.finishedAt),
          },
        };
  return {
    phase,
    ...(ip === null ? {} : { podIP: ip, podIPs: [{ ip }] }),
    startTime: print(seenAt),
    conditions: [{ type: 'PodReadyToStartContainers', ...sandbox }],
    containerStatuses: [
      { name: 'main', ready: phase === 'Running', restartCount: before === null ? 0 : 1, state, lastState },
    ],
  };
}

function statefulSet(name: string, createdAt: Date): KubeObject {
  const labels = { app: name };
  return {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: {
      name,
      namespace: NAMESPACE,
      uid: ownerUid(name),
      creationTimestamp: apiTime(createdAt),
      labels,
    },
    spec: {
      replicas: 2,
      serviceName: name,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: 'main' }] } },
    },
  };
}

function ownerUid(workload: string): string {
  const uid = OWNER_UIDS.get(workload) ?? newUid();
  OWNER_UIDS.set(workload, uid);
  return uid;
}
