// The controllers of the cluster: they keep the history's objects in step with the pods that the lab really runs.
import type { ClusterHistory } from './cluster-history.ts';
import {
  cronJobObject,
  daemonSetObject,
  deploymentObject,
  jobLabels,
  jobObject,
  replicaSetObject,
} from './controller-objects.ts';
import { controlledBy, generatedWord, newUid } from './kube-object.ts';
import type { KubeObject, OwnerReference } from './kube-object.ts';
import { endpointSlices, namespaceObject, nodeObject, serviceObject } from './network-objects.ts';
import type { ReadyPod } from './network-objects.ts';
import { SERVICES } from './services.ts';
import { WORKLOADS, workloadKey } from './workloads.ts';
import { NODES } from './world.ts';
import type { WorkloadSpec } from './workloads.ts';
import type { NodeName } from './world.ts';

/** What a controller gives to the pods it makes. */
export interface PodMould {
  readonly owner?: OwnerReference;
  readonly labels: Readonly<Record<string, string>>;
  /** The pod's name, for the pod with this number (0 for the first) on `node`. */
  readonly nameOf: (number: number, node: NodeName) => string;
}

/** Namespaces, Nodes and Services: what a cluster has before any workload. */
export function createCluster(history: ClusterHistory, at: Date): void {
  const named = WORKLOADS.map((one) => one.namespace);
  for (const name of ['default', 'kube-system', ...named])
    if (history.find('Namespace', '', name) === undefined) history.put(namespaceObject(name, at));
  for (const name of Object.keys(NODES) as NodeName[]) history.put(nodeObject(name, at));
  for (const service of SERVICES) history.put(serviceObject(service, at));
}

/** Puts a workload's controller and says how its pods look. A later call scales it, or tells how many of its pods are ready. */
export function controllerOf(
  history: ClusterHistory,
  workload: WorkloadSpec,
  scale: { replicas: number; ready: number; at: Date },
): PodMould {
  const { namespace, name } = workload;
  const given = { replicas: scale.replicas, ready: scale.ready, createdAt: scale.at };
  switch (workload.kind) {
    case 'Deployment': {
      const deployment = history.put(
        deploymentObject(workload, { ...given, ...previous(history.find('Deployment', namespace, name)) }),
      );
      const fresh = replicaSetObject(workload, deployment, given);
      const before = history.find('ReplicaSet', namespace, fresh.metadata.name);
      const replicaSet = history.put(
        before === undefined ? fresh : replicaSetObject(workload, deployment, { ...given, previous: before }),
      );
      return mould(replicaSet, replicaSet.metadata.labels ?? {});
    }
    case 'DaemonSet': {
      const daemonSet = history.put(daemonSetObject(workload, given));
      const revision = generatedWord(`${name}/revision`, 10);
      return mould(daemonSet, {
        ...workload.labels,
        'controller-revision-hash': revision,
        'pod-template-generation': '1',
      });
    }
    case 'StaticPod': {
      const nameOf = (_number: number, node: NodeName): string => `${name}-${node}`;
      const node = history.find('Node', '', workload.places[0] ?? '');
      return {
        labels: workload.labels,
        nameOf,
        ...(node === undefined ? {} : { owner: controlledBy(node) }),
      };
    }
    case 'Pod':
      return { labels: workload.labels, nameOf: () => name };
    case 'CronJob':
      throw new Error(`${workloadKey(workload)}: a CronJob's pods come from startJob()`);
    default:
      return workload.kind satisfies never;
  }
}

/** A CronJob with nothing running yet. */
export function createCronJob(history: ClusterHistory, workload: WorkloadSpec, at: Date): void {
  history.put(cronJobObject(workload, { replicas: 0, ready: 0, createdAt: at }, {}));
}

/** A Job that a CronJob has made. */
export interface RunningJob {
  readonly mould: PodMould;
  /** Marks the Job complete and the CronJob idle. */
  readonly complete: (at: Date) => void;
}

/** Lets a CronJob make its Job. */
export function startJob(history: ClusterHistory, workload: WorkloadSpec, at: Date): RunningJob {
  const { namespace, name } = workload;
  const cronJob = history.find('CronJob', namespace, name);
  if (cronJob === undefined) throw new Error(`no CronJob ${workloadKey(workload)}`);
  // The CronJob controller names a Job after its scheduled minute (minutes since 1970).
  const facts = { name: `${name}-${Math.floor(at.getTime() / 60_000)}`, uid: newUid(), createdAt: at };
  const job = history.put(jobObject(workload, cronJob, facts));
  const same = { replicas: 0, ready: 0, createdAt: at, previous: cronJob };
  history.put(cronJobObject(workload, same, { active: job, lastScheduledAt: at }));
  return {
    mould: mould(job, { ...workload.labels, ...jobLabels(facts.name, facts.uid) }),
    complete: (completedAt) => {
      history.put(jobObject(workload, cronJob, { ...facts, completedAt }));
      history.put(cronJobObject(workload, same, { lastScheduledAt: at, lastSuccessAt: completedAt }));
    },
  };
}

/** Brings every EndpointSlice up to date and says whether any changed. `podsOf` gives the ready pods of a workload. */
export function syncEndpointSlices(
  history: ClusterHistory,
  podsOf: (workload: string) => readonly ReadyPod[],
  at: Date,
): boolean {
  let changed = false;
  for (const spec of SERVICES) {
    const service = history.find('Service', spec.namespace, spec.name);
    if (service === undefined) continue;
    const find = (name: string): KubeObject | undefined =>
      history.find('EndpointSlice', spec.namespace, name);
    const pods = spec.workload === undefined ? [] : podsOf(spec.workload);
    for (const slice of endpointSlices(service, spec, { pods, at, previous: find })) {
      const before = find(slice.metadata.name);
      if (JSON.stringify(before?.['endpoints']) === JSON.stringify(slice['endpoints'])) continue;
      history.put(slice);
      changed = true;
    }
  }
  return changed;
}

function mould(owner: KubeObject, labels: Readonly<Record<string, string>>): PodMould {
  return {
    owner: controlledBy(owner),
    labels,
    nameOf: (number) =>
      `${owner.metadata.name}-${generatedWord(`${owner.metadata.namespace}/${owner.metadata.name}/${number}`, 5)}`,
  };
}

function previous(object: KubeObject | undefined): { previous?: KubeObject } {
  return object === undefined ? {} : { previous: object };
}
