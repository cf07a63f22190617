// Deployments, ReplicaSets, DaemonSets, CronJobs and Jobs of the world, as the API server would show them.
import { apiTime, controlledBy, generatedWord, newUid } from './kube-object.ts';
import type { KubeObject } from './kube-object.ts';
import { templateSpec } from './pod-object.ts';
import type { WorkloadSpec } from './workloads.ts';

/** How many pods a controller wants and has, and since when it exists. */
export interface Scale {
  readonly replicas: number;
  readonly ready: number;
  readonly createdAt: Date;
  /** The object as it was before, whose uid and creation time stay; absent for a new one. */
  readonly previous?: KubeObject;
}

/** A Deployment with all its pods ready. */
export function deploymentObject(workload: WorkloadSpec, scale: Scale): KubeObject {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: controllerMeta(workload, workload.name, {
      ...scale,
      annotations: { 'deployment.kubernetes.io/revision': '1' },
      labels: workload.labels,
    }),
    spec: {
      replicas: scale.replicas,
      selector: { matchLabels: workload.labels },
      template: { metadata: { labels: workload.labels }, spec: templateSpec(workload, 'Always') },
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' } },
      revisionHistoryLimit: 10,
      progressDeadlineSeconds: 600,
    },
    status: replicaStatus(workload, scale),
  };
}

/** The one ReplicaSet of a Deployment. */
export function replicaSetObject(workload: WorkloadSpec, deployment: KubeObject, scale: Scale): KubeObject {
  const hash = generatedWord(`${workload.namespace}/${workload.name}/template`, 10);
  const labels = { ...workload.labels, 'pod-template-hash': hash };
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      ...controllerMeta(workload, `${workload.name}-${hash}`, { ...scale, labels, annotations: undefined }),
      ownerReferences: [controlledBy(deployment)],
    },
    spec: {
      replicas: scale.replicas,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: templateSpec(workload, 'Always') },
    },
    status: replicaStatus(workload, scale),
  };
}

/** A DaemonSet with a pod on each node. */
export function daemonSetObject(workload: WorkloadSpec, scale: Scale): KubeObject {
  return {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: controllerMeta(workload, workload.name, {
      ...scale,
      annotations: { 'deprecated.daemonset.template.generation': '1' },
      labels: workload.labels,
    }),
    spec: {
      selector: { matchLabels: workload.labels },
      template: { metadata: { labels: workload.labels }, spec: templateSpec(workload, 'Always') },
      updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 0, maxUnavailable: 1 } },
      revisionHistoryLimit: 10,
    },
    status: {
      currentNumberScheduled: scale.replicas,
      desiredNumberScheduled: scale.replicas,
      numberReady: scale.ready,
      numberAvailable: scale.ready,
      numberMisscheduled: 0,
      observedGeneration: 1,
    },
  };
}

/** A CronJob; `active` is the Job it has running, `lastScheduledAt` when it last made one. */
export function cronJobObject(
  workload: WorkloadSpec,
  scale: Scale,
  now: { active?: KubeObject; lastScheduledAt?: Date; lastSuccessAt?: Date },
): KubeObject {
  return {
    apiVersion: 'batch/v1',
    kind: 'CronJob',
    metadata: controllerMeta(workload, workload.name, {
      ...scale,
      labels: workload.labels,
      annotations: undefined,
    }),
    spec: {
      schedule: '*/10 * * * *',
      concurrencyPolicy: 'Forbid',
      suspend: false,
      successfulJobsHistoryLimit: 3,
      failedJobsHistoryLimit: 1,
      jobTemplate: {
        spec: {
          template: { metadata: { labels: workload.labels }, spec: templateSpec(workload, 'Never') },
        },
      },
    },
    status: {
      ...(now.active === undefined ? {} : { active: [jobReference(now.active)] }),
      ...(now.lastScheduledAt === undefined ? {} : { lastScheduleTime: apiTime(now.lastScheduledAt) }),
      ...(now.lastSuccessAt === undefined ? {} : { lastSuccessfulTime: apiTime(now.lastSuccessAt) }),
    },
  };
}

/** The labels that the Job controller puts on its pods. */
export function jobLabels(name: string, uid: string): Record<string, string> {
  return {
    'batch.kubernetes.io/controller-uid': uid,
    'batch.kubernetes.io/job-name': name,
    'controller-uid': uid,
    'job-name': name,
  };
}

/** A Job of a CronJob; without `completedAt` it is still active. */
export function jobObject(
  workload: WorkloadSpec,
  cronJob: KubeObject,
  now: { name: string; uid: string; createdAt: Date; completedAt?: Date },
): KubeObject {
  const labels = { ...workload.labels, ...jobLabels(now.name, now.uid) };
  const startTime = apiTime(now.createdAt);
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      name: now.name,
      namespace: workload.namespace,
      uid: now.uid,
      generation: 1,
      creationTimestamp: startTime,
      labels,
      ownerReferences: [controlledBy(cronJob)],
    },
    spec: {
      parallelism: 1,
      completions: 1,
      completionMode: 'NonIndexed',
      backoffLimit: 6,
      suspend: false,
      selector: { matchLabels: { 'batch.kubernetes.io/controller-uid': now.uid } },
      template: { metadata: { labels }, spec: templateSpec(workload, 'Never') },
    },
    status:
      now.completedAt === undefined
        ? { active: 1, ready: 0, terminating: 0, startTime }
        : {
            succeeded: 1,
            ready: 0,
            terminating: 0,
            startTime,
            completionTime: apiTime(now.completedAt),
            conditions: [
              {
                type: 'Complete',
                status: 'True',
                lastTransitionTime: apiTime(now.completedAt),
                reason: 'CompletionsReached',
              },
            ],
          },
  };
}

function controllerMeta(
  workload: WorkloadSpec,
  name: string,
  given: Scale & {
    labels: Readonly<Record<string, string>>;
    annotations: Readonly<Record<string, string>> | undefined;
  },
): KubeObject['metadata'] {
  const before = given.previous?.metadata;
  return {
    name,
    namespace: workload.namespace,
    uid: before?.uid ?? newUid(),
    generation: generationOf(workload, given),
    creationTimestamp: before?.creationTimestamp ?? apiTime(given.createdAt),
    labels: given.labels,
    ...(given.annotations === undefined ? {} : { annotations: given.annotations }),
  };
}

/** It counts changes of spec, not of status; every controller here starts with the pods its world gives it. */
function generationOf(workload: WorkloadSpec, { replicas }: Scale): number {
  return replicas > workload.places.length ? 2 : 1;
}

function replicaStatus(workload: WorkloadSpec, scale: Scale): object {
  const { replicas, ready } = scale;
  return {
    replicas,
    readyReplicas: ready,
    availableReplicas: ready,
    observedGeneration: generationOf(workload, scale),
  };
}

function jobReference(job: KubeObject): object {
  return {
    apiVersion: job.apiVersion,
    kind: job.kind,
    name: job.metadata.name,
    namespace: job.metadata.namespace,
    uid: job.metadata.uid,
  };
}
