/**
 * A cluster as manifests tell it: namespaces, nodes, and workloads with their pods or, without pods, their templates. It
 * knows nothing that the manifests do not say, and says what they leave open.
 */
import { z } from 'zod';
import { compareText } from '../domain/text-order.ts';
import { workloadKey, workloadTitle } from '../domain/workload.ts';
import type { WorkloadRef } from '../domain/workload.ts';
import type { Controller } from '../kube/controller.ts';
import { nodeInfoOf, nodeObject } from '../kube/node.ts';
import { checked, objectMeta } from '../kube/object.ts';
import type { ObjectMeta } from '../kube/object.ts';
import { OwnerIndex } from '../kube/owners.ts';
import { knownPodOf } from '../kube/pod.ts';
import type { PodObject } from '../kube/pod.ts';
import type { ManifestObject, ManifestProblem } from '../netpol/parse/manifest-text.ts';
import type { PolicyPod, PolicyWorld } from '../netpol/world.ts';
import type { NodeInfo } from '../recommend/cluster.ts';
import { policyWorldOf } from '../recommend/policy-world.ts';
import { completed, problemOf, readController, readPod, templatePods } from './manifest-pods.ts';
import type { Completed } from './manifest-pods.ts';
import { duplicate } from './manifests.ts';

export interface ManifestWorkload {
  readonly ref: WorkloadRef;
  /** `shop/web`; `shop/Deployment/web` where another kind has that name too. */
  readonly title: string;
  /** At least one; without addresses when `isTemplate`. */
  readonly pods: readonly PolicyPod[];
  readonly isTemplate: boolean;
}

export interface ManifestCluster {
  readonly world: PolicyWorld;
  /** By title. */
  readonly workloads: readonly ManifestWorkload[];
  readonly problems: readonly ManifestProblem[];
  /** Objects of kinds that say nothing here, NetworkPolicies too. */
  readonly others: readonly ManifestObject[];
}

const namespaceObject = z.object({ metadata: objectMeta });

/** The API groups of the kinds that are read; `extensions` is what they were called long ago. */
const CLUSTER_KINDS: ReadonlyMap<string, RegExp> = new Map([
  ['Pod', /^v1$/],
  ['Namespace', /^v1$/],
  ['Node', /^v1$/],
  ['ReplicationController', /^v1$/],
  ['Deployment', /^(apps|extensions)\//],
  ['StatefulSet', /^apps\//],
  ['DaemonSet', /^(apps|extensions)\//],
  ['ReplicaSet', /^(apps|extensions)\//],
  ['Job', /^batch\//],
  ['CronJob', /^batch\//],
]);

const WITHOUT_NAMESPACE = new Set(['Namespace', 'Node']);

export function isClusterObject({ apiVersion, kind }: ManifestObject): boolean {
  return CLUSTER_KINDS.get(kind)?.test(apiVersion) === true;
}

/** One string per object of a cluster. `defaultNamespace` is for objects that name none. */
export function clusterKey(object: ManifestObject, defaultNamespace: string): string {
  const { metadata } = completed(object, WITHOUT_NAMESPACE.has(object.kind) ? null : defaultNamespace);
  return `${object.kind} ${[metadata['namespace'], metadata['name']].filter((word) => word !== '').join('/')}`;
}

/** Problems are what is broken and what is given twice; finished pods are left out (NETPOL rule 29). */
export function clusterOf(objects: readonly ManifestObject[], defaultNamespace: string): ManifestCluster {
  const reader = new ClusterReader();
  const others: ManifestObject[] = [];
  const seen = new Map<string, ManifestObject>();
  for (const object of objects) {
    if (!isClusterObject(object)) {
      others.push(object);
      continue;
    }
    const key = clusterKey(object, defaultNamespace);
    const earlier = seen.get(key);
    if (earlier !== undefined) reader.problems.push(problemOf(object, duplicate(earlier.place)));
    else reader.read(object, completed(object, WITHOUT_NAMESPACE.has(object.kind) ? null : defaultNamespace));
    seen.set(key, object);
  }
  return {
    world: policyWorldOf({ namespaces: reader.namespaces, nodes: reader.nodes }),
    workloads: titled(reader.workloads()),
    problems: reader.problems,
    others,
  };
}

interface Owner {
  readonly ref: WorkloadRef;
  readonly pods: PolicyPod[];
  /** The workload's own template, or that of something it owns. */
  template: (() => readonly PolicyPod[]) | null;
}

class ClusterReader {
  readonly problems: ManifestProblem[] = [];
  readonly namespaces = new Map<string, Readonly<Record<string, string>>>();
  readonly nodes: NodeInfo[] = [];
  readonly #owners = new OwnerIndex();
  readonly #pods: PodObject[] = [];
  readonly #controllers: {
    readonly kind: string;
    readonly controller: Controller;
    readonly raw: Completed;
  }[] = [];

  read(object: ManifestObject, raw: Completed): void {
    switch (object.kind) {
      case 'Namespace':
        return this.#keep(readLabels(object, raw), ({ name, labels }) => this.namespaces.set(name, labels));
      case 'Node':
        return this.#keep(readNode(object, raw), (node) => this.nodes.push(node));
      case 'Pod':
        return this.#keep(readPod(object, raw), (pod) => this.#pods.push(pod));
      default:
        return this.#keep(readController(object, raw), (controller) => {
          this.#owners.learn(controller.metadata);
          this.#controllers.push({ kind: object.kind, controller, raw });
        });
    }
  }

  #keep<T extends object>(read: T | ManifestProblem, keep: (value: T) => void): void {
    if (isProblem(read)) this.problems.push(read);
    else keep(read);
  }

  workloads(): Omit<ManifestWorkload, 'title'>[] {
    const found = new Map<string, Owner>();
    const owner = (ref: WorkloadRef): Owner => {
      const known = found.get(workloadKey(ref)) ?? { ref, pods: [], template: null };
      found.set(workloadKey(ref), known);
      return known;
    };
    for (const { kind, controller, raw } of this.#controllers) {
      const { metadata } = controller;
      const isLink = this.#owners.isLink(kind, metadata);
      const top = owner(
        isLink ? this.#topOf(metadata) : { namespace: metadata.namespace, kind, name: metadata.name },
      );
      if (!isLink || top.template === null) top.template = () => templatePods(top.ref, controller, raw);
    }
    for (const pod of this.#pods) {
      const known = knownPodOf(pod, this.#topOf(pod.metadata));
      if (!known.ended) owner(known.workload).pods.push(known);
    }
    return [...found.values()].flatMap(({ ref, pods, template }) => {
      const isTemplate = pods.length === 0;
      const all = isTemplate ? (template?.() ?? []) : pods.toSorted((a, b) => compareText(a.name, b.name));
      return all.length === 0 ? [] : [{ ref, pods: all, isTemplate }];
    });
  }

  /**
   * A ReplicaSet that is not given itself and is named `NAME-HASH` by its pods' label pod-template-hash was made by
   * Deployment NAME: no one else names ReplicaSets so.
   */
  #topOf(meta: ObjectMeta): WorkloadRef {
    const top = this.#owners.workloadOf(meta);
    const hash = meta.labels?.['pod-template-hash'];
    if (top.kind !== 'ReplicaSet' || hash === undefined || !top.name.endsWith(`-${hash}`)) return top;
    if (this.#controllers.some(({ kind, controller }) => kind === 'ReplicaSet' && isNamed(controller, top)))
      return top;
    return { ...top, kind: 'Deployment', name: top.name.slice(0, -hash.length - 1) };
  }
}

function isNamed({ metadata }: Controller, ref: WorkloadRef): boolean {
  return metadata.name === ref.name && metadata.namespace === ref.namespace;
}

function readLabels(
  object: ManifestObject,
  raw: Completed,
): { readonly name: string; readonly labels: Readonly<Record<string, string>> } | ManifestProblem {
  const result = checked(namespaceObject, raw);
  if ('reject' in result) return problemOf(object, result.reject.problem);
  return { name: result.value.metadata.name, labels: result.value.metadata.labels ?? {} };
}

function readNode(object: ManifestObject, raw: Completed): NodeInfo | ManifestProblem {
  const result = checked(nodeObject, raw);
  return 'value' in result ? nodeInfoOf(result.value) : problemOf(object, result.reject.problem);
}

function isProblem(read: object): read is ManifestProblem {
  return 'place' in read && 'message' in read;
}

/** Two kinds may share a name; then both are called with their kind. */
function titled(workloads: readonly Omit<ManifestWorkload, 'title'>[]): ManifestWorkload[] {
  const byTitle = Map.groupBy(workloads, ({ ref }) => workloadTitle(ref));
  return workloads
    .map((workload) => {
      const title = workloadTitle(workload.ref);
      return { ...workload, title: byTitle.get(title)?.length === 1 ? title : workloadKey(workload.ref) };
    })
    .toSorted((a, b) => compareText(a.title, b.title));
}
